"""Pictures from a tablet's camera, made anew: small, upright, and silent about place, time and camera (EXC-1).

Whatever comes in is decoded and drawn again, so that nothing of the file itself is ever kept or shown."""

import struct
import threading
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.Image import Transpose

from warehouse.errors import Invalid

MOST_BYTES = 15 * 1024 * 1024
# More than any tablet's camera has; a small file may claim to be a picture of gigabytes.
MOST_PIXELS = 60_000_000
# Of a form that is decoded whole, in four bytes each; a JPEG is decoded at an eighth.
MOST_PIXELS_WHOLE = 24_000_000
LONG_SIDE_PX = 1600
QUALITY = 80
FORMATS = ("JPEG", "PNG", "WEBP")
# Strangers send pictures too: however many come at once, the memory of one is taken.
_one_at_a_time = threading.Lock()
# How a picture is turned upright, by what the camera says of itself. Nothing else that it says is looked at: cameras
# write odd things beside good pictures.
ORIENTATION = 0x0112
TURNS: dict[Any, Transpose] = {
    2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    jpeg: bytes
    width: int
    height: int


def make_jpeg(body: bytes) -> Picture:
    """The picture as a JPEG of at most 1600 px. Refuses what is no picture, or too large to be opened safely."""
    if len(body) > MOST_BYTES:
        raise Invalid("photos.too_large", most=MOST_BYTES // 1024 // 1024)
    with _one_at_a_time, warnings.catch_warnings():
        # A picture is judged by MOST_PIXELS, before it is decoded.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return _draw_again(body)
        except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as problem:
            raise Invalid("photos.no_picture") from problem


def _draw_again(body: bytes) -> Picture:
    with Image.open(BytesIO(body), formats=FORMATS) as given:
        if given.width * given.height > (MOST_PIXELS if given.format == "JPEG" else MOST_PIXELS_WHOLE):
            raise Invalid("photos.too_many_pixels")
        given.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))  # A JPEG is decoded no larger than needed.
        turn = TURNS.get(given.getexif().get(ORIENTATION))
        given.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX))
        upright = given if turn is None else given.transpose(turn)
        plain = Image.new("RGB", upright.size, "white")
        if upright.has_transparency_data:
            shown = upright.convert("RGBA")
            plain.paste(shown, mask=shown)
        else:
            plain.paste(upright)
    out = BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Picture(out.getvalue(), *plain.size)
