"""Pictures are drawn anew: small, upright, and without anything that the camera wrote beside them."""

import struct
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from warehouse.errors import Invalid
from warehouse.gateways import photos

ORIENTATION, CAMERA, GPS = 0x0112, 0x010F, 0x8825


def a_picture(size=(400, 300), form="JPEG", mode="RGB", colour="red", **more):
    out = BytesIO()
    Image.new(mode, size, colour).save(out, form, **more)
    return out.getvalue()


def opened(picture):
    return Image.open(BytesIO(picture.jpeg))


def test_a_large_picture_is_made_small_and_a_small_one_stays():
    large, small = photos.make_jpeg(a_picture((4000, 3000))), photos.make_jpeg(a_picture((400, 300)))

    assert (large.width, large.height) == opened(large).size == (1600, 1200)
    assert (small.width, small.height) == (400, 300)
    assert opened(large).format == "JPEG"


def test_what_the_camera_wrote_is_gone_and_the_picture_is_upright():
    exif = Image.Exif()
    exif[ORIENTATION], exif[CAMERA] = 6, "Camera of Lin"
    exif.get_ifd(GPS)[2] = (30.0, 15.0, 0.0)

    made = photos.make_jpeg(a_picture((400, 300), exif=exif, icc_profile=b"a profile"))

    assert (made.width, made.height) == (300, 400)
    assert not opened(made).getexif()
    assert "icc_profile" not in opened(made).info
    assert b"Camera of Lin" not in made.jpeg


@pytest.mark.parametrize(("form", "mode", "colour"), [
    ("PNG", "RGBA", (255, 0, 0, 0)), ("PNG", "P", 0), ("PNG", "L", 128), ("PNG", "1", 1),
    ("WEBP", "RGBA", (0, 0, 0, 9)), ("JPEG", "CMYK", (0, 0, 0, 0)),
])
def test_every_usual_picture_becomes_a_jpeg(form, mode, colour):
    assert opened(photos.make_jpeg(a_picture((40, 30), form, mode, colour))).mode == "RGB"


def test_a_good_picture_is_taken_whatever_the_camera_wrote_beside_it():
    head = struct.pack("<2sHIH", b"II", 42, 8, 2)
    width_as_text, turned = b"\0\1\2\0\4\0\0\0abc\0", struct.pack("<HHIHH", ORIENTATION, 3, 1, 6, 0)

    made = photos.make_jpeg(a_picture((400, 300), exif=b"Exif\0\0" + head + width_as_text + turned + bytes(4)))

    assert (made.width, made.height) == (300, 400)


def test_what_shines_through_becomes_white():
    made = photos.make_jpeg(a_picture((8, 8), "PNG", "RGBA", (255, 0, 0, 0)))

    assert opened(made).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("body", [
    b"", b"not a picture", a_picture()[:200], a_picture((40, 30), "BMP"), a_picture((40, 30), "GIF"),
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
])
def test_what_is_no_picture_is_refused_in_words(body):
    with pytest.raises(Invalid, match=r"photos\.no_picture"):
        photos.make_jpeg(body)


def test_a_small_file_that_claims_to_be_huge_is_refused_before_it_is_opened():
    bomb = a_picture((20000, 20000), "PNG", "1", 1)

    assert len(bomb) < 100_000
    with pytest.raises(Invalid, match=r"photos\.(too_many_pixels|no_picture)"):
        photos.make_jpeg(bomb)
    with pytest.raises(Invalid, match=r"photos\.too_many_pixels"):
        photos.make_jpeg(a_picture((9000, 9000), "PNG", "1", 1))


def test_a_form_that_is_decoded_whole_may_have_fewer_pixels_than_a_jpeg():
    with pytest.raises(Invalid, match=r"photos\.too_many_pixels"):
        photos.make_jpeg(a_picture((6000, 5000), "PNG", "1", 1))
    assert photos.make_jpeg(a_picture((6000, 5000), mode="L", colour=9)).width == 1600


def test_many_pictures_at_once_take_the_memory_of_one(monkeypatch):
    inside, most, draw = [], [], photos._draw_again

    def watched(body):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        try:
            return draw(body)
        finally:
            inside.pop()

    monkeypatch.setattr(photos, "_draw_again", watched)
    with ThreadPoolExecutor(8) as many:
        made = list(many.map(photos.make_jpeg, [a_picture()] * 16))

    assert (len(made), max(most)) == (16, 1)


def test_a_file_of_more_than_fifteen_megabytes_is_refused():
    with pytest.raises(Invalid, match=r"photos\.too_large"):
        photos.make_jpeg(bytes(photos.MOST_BYTES + 1))
