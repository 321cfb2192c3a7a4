"""What a cancelled order left in totes and parcels goes back by scan alone, and then the books balance."""

import uuid

import pytest
from sqlalchemy import select

from tests.builders import a_place, a_tote, an_item, an_order, moves_of, stock_at, units_at
from tests.floor import Picker, a_scan, broken_claims, pack, release
from warehouse.domain.own_labels import make_label
from warehouse.errors import Conflict
from warehouse.models.incidents import Incident
from warehouse.models.packing import Parcel
from warehouse.models.picking import Tote
from warehouse.models.stock import Location, PutBack
from warehouse.queries.putback import list_sources
from warehouse.services import putback
from warehouse.services.cancellation import cancel_order
from warehouse.services.putback_look import draw, look


class Back:
    """One person emptying one tote or parcel."""

    def __init__(self, db, actor, source_id):
        self.db, self.actor, self.source_id = db, actor, source_id

    def scan(self, raw, **more):
        return self.db.write(putback.scan, self.actor, self.source_id, a_scan(raw, **more))

    @property
    def task(self):
        with self.db.read() as session:
            return draw(look(session, self.source_id), self.actor)

    def press(self, command):
        return self.scan(command, step=self.task["step_id"])


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def tote(db):
    return a_tote(db, "T-01")


@pytest.fixture
def shelf(db, dune):
    return stock_at(db, "B-07-3", dune, units=5)


def picked_and_cancelled(db, actor, picker, tote, lines):
    order = an_order(db, lines)
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    db.write(cancel_order, actor, order.id, "Changed their mind")
    return order


@pytest.fixture
def back(db, actor, picker, tote, dune, shelf):
    """Two copies of Dune in T-01, to be put back."""
    picked_and_cancelled(db, actor, picker, tote, {dune: 2})
    return Back(db, picker, tote.place.id)


def tote_states(db):
    with db.read() as session:
        return list(session.execute(select(Tote.state).order_by(Tote.id)).scalars())


def open_units(db):
    with db.read() as session:
        return sum(source.units for source in list_sources(session))


def test_the_book_then_its_shelf_and_the_tote_is_free(db, back, dune, shelf, tote):
    assert back.task["present"]["home"]["code"] == "B-07-3"
    assert back.scan(dune.isbn).code == "putback.taken"
    assert units_at(db, shelf, dune) == (3, 0)
    back.scan(dune.isbn)

    answer = back.scan(shelf.label)

    assert (answer.code, answer.sound, answer.task["step"]) == ("putback.all_back", "done", "done")
    assert units_at(db, shelf, dune) == (5, 0)
    assert units_at(db, tote.place.id, dune) == (0, 0)
    assert moves_of(db, dune)[-1] == ("put_back", 2, "T-01", "B-07-3")
    assert tote_states(db) == ["free"]
    assert open_units(db) == 0
    assert broken_claims(db) == []


def test_one_by_one_is_as_good(db, back, dune, shelf):
    for code in (dune.isbn, shelf.label):
        assert back.scan(code).outcome == "accepted"
    assert open_units(db) == 1
    assert tote_states(db) == ["bound"]
    for code in (dune.isbn, shelf.label):
        back.scan(code)

    assert units_at(db, shelf, dune) == (5, 0)
    assert tote_states(db) == ["free"]


def test_several_at_once_by_the_number_pad_and_never_more_than_lie_there(back, dune):
    assert back.scan(dune.isbn, units=3).code == "putback.too_many"
    assert back.scan(dune.isbn, units=2).facts["n"] == 2
    assert back.scan(dune.isbn).code == "putback.too_many"


def test_another_shelf_is_taken_as_well(db, back, dune, shelf, actor):
    other = stock_at(db, "C-01-1", an_item(db, "Walden", isbn="9780691096124"))
    back.scan(dune.isbn)

    assert back.scan(other.label).code == "putback.put_away"
    assert units_at(db, other, dune) == (1, 0)
    assert broken_claims(db) == []


def test_a_look_alike_on_the_shelf_warns_and_a_second_scan_confirms(db, back, dune):
    messiah = an_item(db, "Dune Messiah", isbn="9780441172696")
    other = stock_at(db, "C-01-1", messiah)
    third = stock_at(db, "C-01-2", messiah)
    back.scan(dune.isbn)

    warned = back.scan(other.label)
    again = back.scan(third.label)
    confirmed = back.scan(third.label)

    assert (warned.code, warned.sound, warned.facts["title"]) == ("putback.look_alike", "warn", "Dune Messiah")
    assert again.code == "putback.look_alike"
    assert confirmed.code == "putback.put_away"
    assert (units_at(db, other, dune), units_at(db, third, dune)) == ((0, 0), (1, 0))


def test_wrong_things_are_named_and_change_nothing(db, back, dune, emma, shelf, tote):
    quarantine = a_place(db, "QUARANTINE")
    codes = [back.scan(raw).code for raw in (emma.isbn, shelf.label, tote.label, "9780000000002", "NOSUCHTHING")]
    back.scan(dune.isbn)
    codes += [back.scan(raw).code for raw in (quarantine.label, tote.label)]

    assert codes == ["putback.wrong_item", "putback.take_first", "putback.scan_book", "putback.unknown_code",
                     "putback.unknown_code", "putback.not_a_shelf", "putback.scan_shelf"]
    assert open_units(db) == 2


def test_one_title_at_a_time(db, actor, picker, tote, dune, emma, shelf):
    home = stock_at(db, "C-01-1", emma)
    picked_and_cancelled(db, actor, picker, tote, {dune: 1, emma: 1})
    back = Back(db, picker, tote.place.id)
    back.scan(dune.isbn)

    assert back.scan(emma.isbn).code == "putback.other_in_hand"
    back.scan(shelf.label)
    back.scan(emma.isbn)
    assert back.scan(home.label).code == "putback.all_back"


def test_the_same_scan_again_gives_the_same_answer(db, back, dune, shelf):
    back.scan(dune.isbn)
    scan_id = str(uuid.uuid4())

    first, second = (back.scan(shelf.label, scan_id=scan_id) for _ in range(2))

    assert first == second
    assert units_at(db, shelf, dune) == (4, 0)


def test_undo_lets_go_of_the_book_in_hand(back, dune):
    back.scan(dune.isbn)

    assert back.scan("#undo").code == "putback.back_in_source"
    assert back.task["step"] == "item"


def test_undo_takes_the_last_shelf_back_even_when_the_tote_was_freed(db, back, dune, shelf, tote):
    back.scan(dune.isbn, units=2)
    back.scan(shelf.label)

    answer = back.scan("#undo")

    assert (answer.code, answer.task["step"]) == ("putback.undone", "shelf")
    assert units_at(db, shelf, dune) == (3, 0)
    assert units_at(db, tote.place.id, dune) == (2, 0)
    assert tote_states(db) == ["bound"]
    assert broken_claims(db) == []
    back.scan(shelf.label)
    assert tote_states(db) == ["free"]
    assert units_at(db, shelf, dune) == (5, 0)


def test_undo_stops_where_another_order_wants_the_books_already(db, actor, back, dune, shelf):
    back.scan(dune.isbn, units=2)
    back.scan(shelf.label)
    release(db, actor, an_order(db, {dune: 5}))

    assert back.scan("#undo").code == "putback.reserved_meanwhile"
    assert units_at(db, shelf, dune) == (5, 5)
    assert tote_states(db) == ["free"]


def test_nothing_to_undo_is_said(back):
    assert back.scan("#undo").code == "putback.nothing_to_undo"


def test_a_damaged_and_a_missing_copy_become_incidents_and_the_tote_is_free(db, back, dune, shelf):
    back.scan(dune.isbn)

    assert back.press("#damaged").code == "putback.damaged"
    assert back.press("#missing").code == "putback.missing"

    with db.read() as session:
        assert list(session.execute(select(Incident.kind).order_by(Incident.id)).scalars()) == ["damaged", "missing"]
    assert units_at(db, shelf, dune) == (3, 0)
    assert tote_states(db) == ["free"]
    assert broken_claims(db) == []


def test_a_command_from_an_old_screen_is_refused(back):
    with pytest.raises(Conflict, match="stale_step"):
        back.scan("#missing", step="0:old")


def test_a_parcel_is_emptied_the_same_way(db, actor, picker, packer, tote, dune, shelf):
    order = an_order(db, {dune: 2})
    run, = release(db, actor, order)
    Picker(db, picker, run, totes=[tote]).go_on()
    pack(db, packer, order, weight_g=500)
    db.write(cancel_order, actor, order.id, "Changed their mind")
    with db.read() as session:
        parcel = session.execute(select(Parcel.id, Parcel.location_id)).one()

    opened = db.write(putback.open_source, packer, a_scan(make_label("parcel", parcel.id)))
    back = Back(db, packer, parcel.location_id)
    back.scan(dune.isbn, units=2)
    back.scan(shelf.label)

    assert opened.go == f"/putback/{parcel.location_id}"
    assert units_at(db, shelf, dune) == (5, 0)
    assert open_units(db) == 0
    assert broken_claims(db) == []


def test_a_tote_shared_with_other_orders_stays_theirs(db, actor, picker, packer, tote, dune, shelf):
    gone, stays = an_order(db, {dune: 1}), an_order(db, {dune: 1})
    run, = release(db, actor, gone, stays)
    Picker(db, picker, run, totes=[tote]).go_on()
    db.write(cancel_order, actor, gone.id, "Changed their mind")
    back = Back(db, picker, tote.place.id)
    for code in (dune.isbn, shelf.label):
        back.scan(code)

    assert tote_states(db) == ["bound"]
    pack(db, packer, stays, weight_g=300)
    assert tote_states(db) == ["free"]
    assert broken_claims(db) == []


def test_a_shared_tote_packed_first_is_free_after_the_put_back(db, actor, picker, packer, tote, dune, shelf):
    gone, stays = an_order(db, {dune: 1}), an_order(db, {dune: 1})
    run, = release(db, actor, gone, stays)
    Picker(db, picker, run, totes=[tote]).go_on()
    db.write(cancel_order, actor, gone.id, "Changed their mind")
    pack(db, packer, stays, weight_g=300)
    assert tote_states(db) == ["at_bench"]

    back = Back(db, picker, tote.place.id)
    for code in (dune.isbn, shelf.label):
        back.scan(code)
    assert tote_states(db) == ["free"]
    assert broken_claims(db) == []


def test_two_titles_with_one_code_ask_which(db, actor, picker, tote):
    upper = an_item(db, "红楼梦（上）", isbn="9787020002207", sku="HLM-1")
    lower = an_item(db, "红楼梦（下）", isbn="9787020002207", sku="HLM-2")
    shelf = stock_at(db, "B-07-3", upper)
    stock_at(db, "B-08-3", lower)
    picked_and_cancelled(db, actor, picker, tote, {upper: 1, lower: 1})
    back = Back(db, picker, tote.place.id)

    asked = back.scan("9787020002207")
    chosen = back.scan("9787020002207", choice=upper.id)

    assert (asked.outcome, len(asked.options)) == ("choose", 2)
    assert chosen.code == "putback.taken"
    assert back.scan(shelf.label).outcome == "accepted"


def test_only_totes_and_parcels_that_wait_are_opened(db, actor, picker, back, tote, shelf):
    empty = a_tote(db, "T-02")
    codes = [db.write(putback.open_source, picker, a_scan(raw)).code for raw in (
        tote.label, empty.label, shelf.label)]

    assert codes == ["putback.opened", "putback.nothing_in_it", "putback.scan_tote"]


def test_every_row_says_where_its_units_came_from(db, back):
    with db.read() as session:
        home = session.execute(
            select(Location.code).join(PutBack, PutBack.home_id == Location.id)).scalar_one()
    assert home == "B-07-3"
