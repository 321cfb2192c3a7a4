"""Letters over a real wire: what arrives, and what each of a server's refusals is taken for."""

from datetime import UTC, datetime

import pytest

from tests.mail_server import a_closed_port, a_mail_server, a_silent_server, certificate_for_localhost, knows
from warehouse.gateways import mail

AT = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def server(port, **more):
    given = {"host": "127.0.0.1", "port": port, "tls": mail.OFF, "sender": "books@shop.example", "patience_s": 5.0}
    return mail.Server(**{**given, **more})


def letter(**more):
    given = {"key": "7.1772589600000", "to": "buyer@example.com", "subject": "Your order", "body": "Dear Nora,\n\nhi.",
             "language": "en", "sender_name": "Shelfmark Books", "at": AT, "by_itself": False}
    return mail.Outgoing(**{**given, **more})


def send(by, **more):
    with mail.Post(by) as post:
        post.send(letter(**more))


def trouble(by, **more):
    with pytest.raises(mail.Trouble) as caught:
        send(by, **more)
    return caught.value


@pytest.fixture
def box():
    with a_mail_server() as box:
        yield box


def test_a_chinese_letter_arrives_whole_with_its_headers(box):
    body = "周予安 您好！\n\n您订购的图书已由顺丰速运寄出。\n.\n" + "很长的一行，" * 300
    send(server(box.port, reply_to="desk@shop.example"), subject="您的订单 S1001 已发货", body=body, language="zh-Hans",
         sender_name="书页书店", by_itself=True)

    envelope, got, _ = box.letters[0]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("books@shop.example", ["buyer@example.com"])
    assert got["Subject"] == "您的订单 S1001 已发货"
    assert got["From"].addresses[0].display_name == "书页书店"
    assert (got["To"], got["Reply-To"]) == ("buyer@example.com", "desk@shop.example")
    assert got["Message-ID"] == "<letter.7.1772589600000@shop.example>"
    assert (got["Auto-Submitted"], got["Content-Language"]) == ("auto-generated", "zh-Hans")
    assert got["Date"].datetime == AT
    assert got.get_content_type() == "text/plain"
    assert got.get_content().replace("\r\n", "\n").rstrip("\n") == body
    # What every server on the way takes: lines within the limit, nothing but ASCII.
    assert max(map(len, envelope.content.split(b"\r\n"))) <= 998
    assert envelope.content.isascii()


def test_a_short_letter_in_other_letters_needs_no_server_of_eight_bits(box):
    send(server(box.port), body="您好")
    assert box.letters[0][0].content.isascii()
    assert box.read[0].get_content().strip() == "您好"


def test_a_letter_that_a_person_wrote_does_not_say_it_sent_itself(box):
    send(server(box.port))
    assert box.read[0]["Auto-Submitted"] is None


def test_several_letters_go_over_one_connection_though_one_of_them_is_refused(box):
    with mail.Post(server(box.port)) as post:
        post.send(letter(key="1"))
        box.to_rcpt = ["550 no such user"]
        with pytest.raises(mail.Trouble):
            post.send(letter(key="2"))
        post.send(letter(key="3"))
    assert [got["Message-ID"] for got in box.read] == ["<letter.1@shop.example>", "<letter.3@shop.example>"]
    assert len({id(session) for _, _, session in box.letters}) == 1


@pytest.mark.parametrize(("name", "text"), [
    ("subject", "Your order\r\nBcc: everyone@example.com"), ("to", "buyer@example.com\r\nBcc: everyone@example.com"),
    ("sender_name", "Shelfmark\nBcc: everyone@example.com")])
def test_no_text_becomes_a_header_of_its_own(box, name, text):
    assert trouble(server(box.port), **{name: text}).for_good
    assert box.letters == []


@pytest.mark.parametrize(("said", "for_good", "stops"), [
    ("451 come back later", False, False), ("550 no such user here", True, False), ("421 going away", False, True)])
@pytest.mark.parametrize("at", ["to_rcpt", "to_data"])
def test_what_the_server_says_is_for_now_or_for_good(box, said, for_good, stops, at):
    getattr(box, at).append(said)
    found = trouble(server(box.port))
    assert (found.words, found.for_good, found.stops) == (said, for_good, stops)


def test_the_servers_words_are_kept_without_the_customers_address(box):
    box.to_rcpt.append("550 5.1.1 <buyer@example.com>: user Buyer unknown at mx.example.com")
    assert trouble(server(box.port)).words == "550 5.1.1 <…>: user … unknown at mx.example.com"


@pytest.mark.parametrize("there", ["closed", "silent"])
def test_a_server_that_is_not_there_stops_the_round(there):
    if there == "closed":
        found = trouble(server(a_closed_port()))
    else:
        with a_silent_server() as port:
            found = trouble(server(port, patience_s=0.2))
    assert (found.for_good, found.stops) == (False, True)


def test_a_domain_in_other_letters_is_written_as_mail_knows_it(box):
    send(server(box.port), to="buyer@书店.example")
    assert box.letters[0][0].rcpt_tos == ["buyer@xn--1jqq80b.example"]


def test_an_address_that_servers_do_not_take_is_a_matter_for_a_person(box):
    assert trouble(server(box.port), to="张三@example.com").for_good


def test_starttls_speaks_encrypted_to_a_server_whose_certificate_holds_and_signs_in(tmp_path):
    certificate, context = certificate_for_localhost(tmp_path)
    with a_mail_server(tls_context=context, require_starttls=True, auth_require_tls=True, auth_required=True,
                       authenticator=knows("books", "a long secret")) as box:
        there = {"tls": mail.STARTTLS, "host": "localhost", "user": "books"}
        send(server(box.port, **there, password="a long secret", ca_file=str(certificate)))
        assert box.letters[0][2].ssl is not None

        stranger = trouble(server(box.port, **there, password="a long secret"))
        wrong = trouble(server(box.port, **there, password="another", ca_file=str(certificate)))
    assert "certificate" in stranger.words.lower()
    assert (wrong.words[:3], wrong.for_good, wrong.stops) == ("535", False, True)
    assert len(box.letters) == 1


def test_no_letter_goes_in_the_clear_where_the_server_offers_no_encryption(box):
    assert trouble(server(box.port, tls=mail.STARTTLS)).stops
    assert box.letters == []
