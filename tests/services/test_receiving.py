"""A parcel is counted by scan: what came stands in RECEIVING at once, what is unusual is asked, the books hold."""

import uuid

import pytest

from tests.builders import a_tote, an_item, moves_of, stock_at, units_at
from tests.floor import broken_claims
from tests.receiving_builders import Counter, a_notice, a_purchase, a_supplier, incidents_of, line_of
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.catalog import Item
from warehouse.services import incidents, receiving_deliveries, stock
from warehouse.services.stock import Cause

UNKNOWN = "9786699999993"


@pytest.fixture
def delivery(db, actor, dune, emma):
    """Five copies of Dune and two of Emma, announced in two parcels."""
    return a_notice(db, actor, {dune: 5, emma: 2}, parcels=2)


@pytest.fixture
def at_door(db, picker, delivery):
    return Counter(db, picker, delivery)


@pytest.fixture
def blind(db, actor, picker, dune):
    return Counter(db, picker, a_notice(db, actor, {dune: 2}, is_blind=True))


def test_each_copy_stands_in_receiving_at_once(db, at_door, delivery, dune):
    first, second = at_door.scan(dune.isbn), at_door.scan(dune.isbn)

    assert (first.code, first.sound, second.facts["n"]) == ("receiving.taken", "ok", 2)
    assert moves_of(db, dune) == [("receive", 1, "SUPPLIER", "RECEIVING")] * 2
    assert units_at(db, "RECEIVING", dune) == (2, 0)
    assert line_of(db, delivery, dune) == (2, 0)
    assert (second.task["present"]["seen"], second.task["present"]["due"]) == (2, 5)
    assert broken_claims(db) == []


def test_the_number_pad_counts_several_at_once(db, at_door, delivery, dune):
    at_door.scan(dune.isbn, units=4)

    assert line_of(db, delivery, dune) == (4, 0)
    assert at_door.task["units"] == 4


def test_the_same_scan_again_gives_the_same_answer_and_counts_nothing(db, at_door, delivery, dune):
    scan_id = str(uuid.uuid4())

    first, again = (at_door.scan(dune.isbn, scan_id=scan_id) for _ in range(2))

    assert first == again
    assert line_of(db, delivery, dune) == (1, 0)
    with pytest.raises(Invalid, match="key_reused"):
        at_door.scan(dune.isbn, scan_id=scan_id, units=3)


def test_more_than_announced_is_asked_once_and_the_number_of_the_pad_is_kept(db, at_door, delivery, dune):
    at_door.scan(dune.isbn, units=4)

    asked = at_door.scan(dune.isbn, units=3)
    taken = at_door.scan(dune.isbn)
    more = at_door.scan(dune.isbn)

    assert (asked.code, asked.facts["n"]) == ("receiving.over", 2)
    assert (taken.code, taken.facts["over"]) == ("receiving.taken_over", 2)
    assert more.code == "receiving.taken_over"
    assert line_of(db, delivery, dune) == (8, 0)
    assert broken_claims(db) == []


def test_another_book_or_another_number_between_is_no_yes(db, at_door, delivery, dune, emma):
    at_door.scan(dune.isbn, units=5)
    at_door.scan(dune.isbn)
    at_door.scan(emma.isbn)

    assert at_door.scan(dune.isbn).code == "receiving.over"
    assert at_door.scan(dune.isbn, units=50).code == "receiving.over"
    assert line_of(db, delivery, dune) == (5, 0)


def test_a_title_that_no_paper_names_is_taken_in_after_a_second_scan(db, at_door, delivery):
    walden = an_item(db, "Walden", isbn="9780691096124")

    asked = at_door.scan(walden.isbn)
    assert (asked.code, asked.task["asked"]["title"], asked.task["present"]) == (
        "receiving.not_on_order", "Walden", None)
    assert [at_door.scan(walden.isbn).code for _ in range(2)] == ["receiving.taken_extra", "receiving.taken_extra"]
    assert at_door.task["asked"] is None
    assert line_of(db, delivery, walden) == (2, 0)
    assert at_door.task["present"]["is_extra"]


def test_a_set_is_looked_through_once_a_parcel(db, at_door, actor, picker):
    boxed = an_item(db, "红楼梦", isbn="9787020002207", volumes=4)
    delivery = a_notice(db, actor, {boxed: 3}, parcels=2)
    first = Counter(db, picker, delivery)

    codes = [first.scan(boxed.isbn).code for _ in range(3)]
    first.close()
    second = Counter(db, picker, delivery)

    assert codes == ["receiving.check_set", "receiving.taken", "receiving.taken"]
    assert second.scan(boxed.isbn).code == "receiving.check_set"


def test_an_unknown_book_becomes_a_draft_item_and_is_counted(db, at_door, delivery):
    asked = at_door.scan(UNKNOWN, units=2)
    taken = at_door.scan(UNKNOWN)
    more = at_door.scan(UNKNOWN)

    assert [asked.code, taken.code, more.code] == [
        "receiving.unknown_title", "receiving.drafted", "receiving.taken_extra"]
    assert taken.task["present"]["is_draft"]
    with db.read() as session:
        item = session.query(Item).filter_by(isbn13=UNKNOWN).one()
        assert (item.listing, item.sku) == ("draft", UNKNOWN)
        assert UNKNOWN in item.title
    assert line_of(db, delivery, item) == (3, 0)
    assert broken_claims(db) == []


def test_two_unknown_books_in_turn_are_both_asked_for(db, at_door):
    at_door.scan(UNKNOWN)

    assert at_door.scan("9786650000010").code == "receiving.unknown_title"
    assert at_door.scan(UNKNOWN).code == "receiving.unknown_title"


def test_a_draft_does_not_take_the_number_of_another_item(db, at_door):
    other = an_item(db, "Walden", isbn=None, sku=UNKNOWN)

    at_door.scan(UNKNOWN)
    at_door.scan(UNKNOWN)

    assert units_at(db, "RECEIVING", other) == (0, 0)
    with db.read() as session:
        assert session.query(Item.sku).filter_by(isbn13=UNKNOWN).scalar() == f"D-{UNKNOWN}"


def test_what_is_no_book_is_named(db, at_door, dune):
    shelf, tote = stock_at(db, "B-07-3", dune), a_tote(db, "T-01")

    answers = [at_door.scan(raw) for raw in (shelf.label, tote.label, "HELLO", "97805", make_label("item", 999))]

    assert [answer.code for answer in answers] == [
        "receiving.is_location", "receiving.is_tote", "receiving.unknown_code", "scan.unreadable",
        "receiving.unknown_code"]
    assert "B-07-3" in answers[0].say
    assert at_door.task["units"] == 0


def test_a_code_of_two_titles_asks_which_and_prefers_those_of_the_papers(db, actor, picker):
    upper = an_item(db, "红楼梦（上）", isbn="9787020002207", sku="HLM-1")
    lower = an_item(db, "红楼梦（下）", isbn="9787020002207", sku="HLM-2")
    both = Counter(db, picker, a_notice(db, actor, {upper: 1, lower: 1}))
    one = Counter(db, actor, a_notice(db, actor, {lower: 1}))

    asked = both.scan("9787020002207")
    chosen = both.scan("9787020002207", choice=upper.id)

    assert (asked.outcome, len(asked.options)) == ("choose", 2)
    assert chosen.task["present"]["item_id"] == upper.id
    assert one.scan("9787020002207").task["present"]["item_id"] == lower.id


def test_a_chosen_title_too_many_is_confirmed_by_choosing_it_again(db, actor, picker):
    upper = an_item(db, "红楼梦（上）", isbn="9787020002207", sku="HLM-1")
    lower = an_item(db, "红楼梦（下）", isbn="9787020002207", sku="HLM-2")
    counter = Counter(db, picker, a_notice(db, actor, {upper: 1, lower: 1}))

    for _ in range(2):
        counter.scan("9787020002207")
        answer = counter.scan("9787020002207", choice=upper.id)
    counter.scan("9787020002207")

    assert answer.code == "receiving.over"
    assert counter.scan("9787020002207", choice=upper.id).code == "receiving.taken_over"


# --- Blind -----------------------------------------------------------------------------------------------------------


def test_who_counts_blind_is_told_no_number_and_asked_nothing(db, blind, dune):
    walden = an_item(db, "Walden", isbn="9780691096124")

    answers = [blind.scan(dune.isbn, units=9), blind.scan(walden.isbn)]

    assert [answer.code for answer in answers] == ["receiving.taken", "receiving.taken"]
    for task in (answers[0].task, blind.task):
        shown = [task["present"], *task["lines"]]
        assert not any({"due", "seen", "is_extra"} & set(line) for line in shown)
    assert [line["title"] for line in blind.task["lines"]] == ["Walden", "Dune"]


def test_a_title_still_to_come_is_not_named_to_who_counts_blind(blind):
    assert blind.task["lines"] == []


def test_a_delivery_without_papers_is_counted_blind(db, actor, picker, dune):
    order = a_purchase(db, actor, {dune: 2})
    bare = db.write(receiving_deliveries.open_delivery, picker, supplier_id=a_supplier(db))
    ordered = db.write(receiving_deliveries.open_delivery, picker, purchase_order_id=order)

    assert Counter(db, picker, bare).task["is_blind"]
    assert not Counter(db, picker, ordered).task["is_blind"]


# --- Bad copies ------------------------------------------------------------------------------------------------------


def test_bad_copies_go_to_quarantine_with_an_incident_of_the_delivery(db, at_door, delivery, dune):
    at_door.scan(dune.isbn, units=3)

    answer = at_door.press("#bad:misprint", units=2)

    assert (answer.code, answer.facts["n"]) == ("receiving.bad", 2)
    assert units_at(db, "RECEIVING", dune) == (1, 0)
    assert units_at(db, "QUARANTINE", dune, "damaged") == (2, 0)
    assert line_of(db, delivery, dune) == (1, 2)
    assert incidents_of(db, delivery) == [("misprint", 2, "open")]
    assert answer.task["incident_id"] is not None
    assert (answer.task["present"]["good"], answer.task["present"]["bad"]) == (1, 2)
    assert broken_claims(db) == []


def test_no_more_copies_are_bad_than_were_counted(db, at_door, delivery, dune):
    assert at_door.press("#bad:damaged").code == "receiving.scan_first"
    at_door.scan(dune.isbn)

    assert at_door.press("#bad:damaged", units=2).code == "receiving.too_many_bad"
    assert incidents_of(db, delivery) == []


def test_what_was_put_away_meanwhile_is_not_bad_any_more_and_not_undone(db, actor, at_door, dune):
    at_door.scan(dune.isbn)
    put_away(db, actor, dune)

    assert at_door.press("#bad:damaged").code == "receiving.gone"
    assert at_door.press("#undo").code == "receiving.gone"


def put_away(db, actor, item, units=1):
    shelf = stock_at(db, "B-07-3", an_item(db, "Walden", isbn="9780691096124"))
    db.write(lambda session: stock.move(
        session, actor, item.id, units, source=stock.fixed_place(session, "RECEIVING"), target=shelf.place,
        cause=Cause("put_away")))


# --- Undo, and whose parcel it is ------------------------------------------------------------------------------------


def test_undo_takes_scans_back_one_by_one_the_last_first(db, at_door, delivery, dune, emma):
    at_door.scan(dune.isbn, units=3)
    at_door.scan(emma.isbn)
    at_door.press("#bad:damaged")

    codes = [at_door.scan("#undo").code for _ in range(4)]

    assert codes == ["receiving.good_again", "receiving.undone", "receiving.undone", "receiving.nothing_to_undo"]
    assert line_of(db, delivery, dune) == line_of(db, delivery, emma) == (0, 0)
    assert units_at(db, "RECEIVING", emma) == units_at(db, "QUARANTINE", emma, "damaged") == (0, 0)
    assert incidents_of(db, delivery) == [("damaged", 1, "settled")]
    assert moves_of(db, dune)[-1] == ("unreceive", 3, "RECEIVING", "SUPPLIER")
    assert at_door.task["present"] is None
    assert broken_claims(db) == []


def test_a_settled_incident_is_not_undone(db, actor, at_door, dune):
    at_door.scan(dune.isbn)
    incident = at_door.press("#bad:damaged").task["incident_id"]
    db.write(incidents.close, actor, incident, "confirmed")

    assert at_door.scan("#undo").code == "receiving.gone"


def test_a_button_of_an_old_screen_or_an_unknown_one_is_refused(at_door, dune):
    step = at_door.task["step_id"]
    at_door.scan(dune.isbn)

    with pytest.raises(Conflict, match="stale_step"):
        at_door.scan("#bad:damaged", step=step)
    for command in ("#bad", "#bad:ugly", "#close:now", "#dance"):
        with pytest.raises(Conflict, match="unknown_command"):
            at_door.press(command)


def test_another_person_takes_the_parcel_over_and_goes_on(db, at_door, packer, delivery, dune):
    at_door.scan(dune.isbn)
    other = Counter(db, packer, delivery, at_door.parcel_id)

    refused = other.scan(dune.isbn)
    with_buttons = other.press("#bad:damaged")
    taken = other.press("#take_over")
    other.scan(dune.isbn)

    assert (refused.code, refused.facts["person"]) == ("receiving.not_now_theirs", "Wang Xiaoyu")
    assert with_buttons.code == "receiving.not_now_theirs"
    assert taken.code == "receiving.taken_over_from"
    assert at_door.scan(dune.isbn).code == "receiving.not_now_theirs"
    assert other.task["units"] == 2
    assert line_of(db, delivery, dune) == (2, 0)


def test_a_parcel_given_back_is_opened_again_with_what_was_counted(db, at_door, packer, delivery, dune):
    at_door.scan(dune.isbn)

    given = at_door.press("#give_back")
    other = Counter(db, packer, delivery)

    assert given.go == f"/receive/{delivery}"
    assert at_door.scan(dune.isbn).code == "receiving.not_now_theirs"
    assert (other.parcel_id, other.task["units"]) == (at_door.parcel_id, 1)


def test_a_counted_parcel_takes_no_scan_and_no_undo(db, at_door, delivery, dune):
    at_door.scan(dune.isbn)

    closed = at_door.close()

    assert (closed.code, closed.sound, closed.go) == ("receiving.parcel_counted", "done", f"/receive/{delivery}")
    assert at_door.scan(dune.isbn).code == at_door.scan("#undo").code == "receiving.not_now_done"
    assert line_of(db, delivery, dune) == (1, 0)


def test_a_parcel_that_is_not_there_is_not_found(db, picker, dune):
    with pytest.raises(NotFound):
        Counter(db, picker, 0, 999).scan(dune.isbn)


def test_two_people_count_one_title_in_two_parcels(db, at_door, packer, delivery, dune):
    other = Counter(db, packer, delivery)

    at_door.scan(dune.isbn, units=3)
    answer = other.scan(dune.isbn, units=3)

    assert other.parcel_id != at_door.parcel_id
    assert (answer.code, answer.facts["n"]) == ("receiving.over", 1)
