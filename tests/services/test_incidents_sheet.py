"""A report from the problem sheet where no task answers it, and what its reporter adds to it."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import a_person, a_tote, an_order, as_actor, moves_of, stock_at, units_at
from tests.packers import at_bench, proves, rows
from tests.walk import release, started
from warehouse.domain.problems import SCREENS, read, write
from warehouse.domain.scans import ScanIn
from warehouse.errors import Conflict, Invalid, NotAllowed
from warehouse.models.counting import CountTask
from warehouse.models.incidents import Incident, Photo
from warehouse.models.journal import Action
from warehouse.models.packing import Parcel
from warehouse.queries import incidents_sheet as queries
from warehouse.services import incidents, incidents_sheet


def send(db, actor, raw, scan_id=None):
    return db.write(incidents_sheet.report, actor, ScanIn(scan_id or str(uuid.uuid4()), raw))


def the_incident(db, answer):
    with db.read() as session:
        return session.get_one(Incident, answer.facts["incident_id"])


def tell(db, actor, incident_id, *, kind="", cause="", units=None, note=""):
    db.write(incidents_sheet.say_more, actor, incident_id, kind=kind, cause=cause, units=units, note=note)


TILES = [(screen.stage, tile.kind) for screen in SCREENS.values() for tile in screen.tiles if tile.kind]


@pytest.mark.parametrize(("stage", "kind"), sorted(set(TILES)))
def test_every_tile_that_reports_opens_an_incident_with_owner_and_time(db, picker, stage, kind):
    found = the_incident(db, send(db, picker, write(kind, stage)))

    assert (found.kind, found.stage, found.state, found.person_id) == (kind, stage, "open", picker.person_id)
    assert found.due_at > picker.at
    assert found.owner_role
    assert found.next_step


def test_who_where_item_and_order_follow_from_what_the_screen_was_about(db, picked, packer):
    _, order, _ = picked
    line = order.line_ids[1]

    found = the_incident(db, send(db, packer, write("address", "pack", line=line)))

    assert (found.order_id, found.order_line_id, found.person_id) == (order.id, line, packer.person_id)
    assert found.item_id is not None


def test_a_parcel_names_its_order(db, picked, packer, dune, emma):
    bench, order, _ = picked
    bench.scan(dune.isbn)
    with db.read() as session:
        parcel = session.execute(select(Parcel.id)).scalar_one()

    found = the_incident(db, send(db, packer, write("damaged", "dock", parcel=parcel)))

    assert (found.parcel_id, found.order_id) == (parcel, order.id)


def test_the_same_report_sent_again_is_one_incident_and_the_same_answer(db, picker):
    scan_id, raw = str(uuid.uuid4()), write("call_lead", "shelf")

    first, again = send(db, picker, raw, scan_id), send(db, picker, raw, scan_id)

    assert first == again
    assert len(rows(db, Incident.id)) == 1
    with pytest.raises(Invalid, match=r"scan\.key_reused"):
        send(db, picker, write("found", "shelf"), scan_id)


@pytest.mark.parametrize("raw", [
    "#problem:damaged", "#problem:damaged:1:", "#problem:damaged:1:@nowhere", "#problem:damaged:x:@dock",
    "#problem:damaged:-1:@dock", "#problem:damaged:1:@dock,parcel=x", "#problem:damaged:1:@dock,person=1",
    "#problem:damaged:1:@dock,parcel=1,parcel=2", "#problem:damaged:1:@dock,parcel", "#damaged:1:@dock",
    "9780441013593", "#problem:damaged:1:2:3@dock", "#problem:damaged:1:@dock,parcel=99999999999"])
def test_what_no_sheet_writes_is_refused(raw):
    with pytest.raises(Invalid, match=r"problem\.not_a_report"):
        read(raw)


@pytest.mark.parametrize(("raw", "code"), [
    (write("damaged", "dock", parcel=4711), r"problem\.no_such_thing"),
    (write("delayed", "shelf"), r"incidents\.not_there"), (write("nonsense", "dock"), r"incidents\.not_there"),
    ("#problem:damaged:1:bad_mood@dock", r"incidents\.unknown_cause")])
def test_what_is_not_there_or_does_not_go_together_is_refused_and_leaves_nothing(db, picker, raw, code):
    with pytest.raises(Invalid, match=code):
        send(db, picker, raw)

    assert rows(db, Incident.id) == []


@pytest.mark.parametrize("kind", ["damaged", "misprint", "missing_pages"])
def test_a_bad_copy_on_a_shelf_goes_to_quarantine(db, picker, dune, kind):
    shelf = stock_at(db, "B-07-3", dune, units=3)

    found = the_incident(db, send(db, picker, write(kind, "shelf", item=dune.id, location=shelf.id)))

    assert found.units == 1
    assert units_at(db, shelf, dune) == (2, 0)
    assert units_at(db, "QUARANTINE", dune, "damaged") == (1, 0)
    assert moves_of(db, dune)[-1] == ("regrade", 1, "B-07-3", "QUARANTINE")
    assert proves(db) == []


def test_a_bad_copy_that_an_order_was_promised_stays_until_its_picker_meets_it(db, actor, picker, dune):
    shelf = stock_at(db, "B-07-3", dune, units=1)
    release(db, actor, an_order(db, {dune: 1}))

    found = the_incident(db, send(db, picker, write("damaged", "shelf", item=dune.id, location=shelf.id)))

    assert (found.units, units_at(db, shelf, dune)) == (1, (1, 1))


def test_a_book_in_the_wrong_place_has_its_shelf_counted(db, picker, dune):
    shelf = stock_at(db, "B-07-3", dune)

    send(db, picker, write("wrong_location", "shelf", location=shelf.id))

    assert rows(db, CountTask.location_id, CountTask.covers_shelf) == [(shelf.id, True)]


def test_from_the_third_time_in_a_week_on_all_copies_want_new_labels(db, picker, dune, emma):
    def fails(item, days):
        at = as_actor_at(picker, days)
        return the_incident(db, send(db, at, write("unscannable", "shelf", item=item.id)))

    assert [fails(dune, days).note for days in (0, 1, 2)][:2] == ["", ""]
    third = fails(dune, 3)
    assert (third.note, third.next_step) == (
        "Will not scan for the 4. time within 7 days: relabel every copy", "relabel")
    assert fails(emma, 3).note == ""
    assert fails(dune, 30).note == ""


def as_actor_at(actor, days):
    return type(actor)(**{**vars(actor), "at": actor.at + timedelta(days=days)})


def test_at_the_shelf_and_at_the_bench_the_third_one_counts_too(db, actor, picker, packer, dune):
    for _ in range(2):
        send(db, picker, write("unscannable", "shelf", item=dune.id))
    shelf = stock_at(db, "C-01-1", dune)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, picker, totes=[a_tote(db, "T-09")])
    walk.scan(shelf.label)
    walk.press("#last4:3593")
    assert rows(db, Incident.note)[-1] == ("Will not scan for the 3. time within 7 days: relabel every copy",)

    bench, _, _ = at_bench(db, actor, picker, packer, {dune: 1})
    assert bench.press("#last4:3593").outcome == "accepted"
    assert rows(db, Incident.note)[-1] == ("Will not scan for the 4. time within 7 days: relabel every copy",)


# --- Afterwards ------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(db, picker):
    """A report of the picker's that names nothing yet; its id."""
    return send(db, picker, write("damaged", "dock")).facts["incident_id"]


def test_the_reporter_adds_number_cause_and_note_without_hurry(db, picker, told):
    tell(db, picker, told, cause="handling", units=3, note="fell off  the belt")

    assert rows(db, Incident.units, Incident.cause) == [(3, "handling")]
    assert rows(db, Action.verb, Action.reason, Action.person_id) == [
        ("change", "", picker.person_id), ("note", "fell off the belt", picker.person_id)]


def test_what_is_left_empty_stays_and_nothing_at_all_is_refused(db, picker, told):
    tell(db, picker, told, cause="handling", units=3)
    tell(db, picker, told, note="two of them wet")

    assert rows(db, Incident.units, Incident.cause) == [(3, "handling")]
    with pytest.raises(Invalid, match=r"problem\.nothing_said"):
        tell(db, picker, told, note="  ")


def test_a_damaged_copy_may_turn_out_to_be_a_misprint_and_drops_a_cause_of_the_other_kind(db, picker, dune):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    told = send(db, picker, write("damaged", "shelf", item=dune.id, location=shelf.id)).facts["incident_id"]
    tell(db, picker, told, cause="handling")

    tell(db, picker, told, kind="misprint")

    assert rows(db, Incident.kind, Incident.cause) == [("misprint", "")]
    with pytest.raises(Conflict, match=r"incidents\.units_are_booked"):
        tell(db, picker, told, units=2)


def test_nobody_adds_to_anothers_report_but_the_desk(db, picker, packer, actor, told):
    with pytest.raises(NotAllowed, match=r"problem\.not_yours"):
        tell(db, packer, told, note="mine")
    with pytest.raises(NotAllowed, match=r"problem\.not_yours"):
        db.write(incidents_sheet.add_photo, packer, told, b"jpeg", 4, 3)

    tell(db, as_actor(a_person(db, "Mei", "service")), told, note="asked the driver")
    db.write(incidents_sheet.add_photo, picker, told, b"jpeg", 4, 3)
    assert rows(db, Photo.incident_id, Photo.person_id) == [(told, picker.person_id)]


def test_nothing_is_added_to_what_is_settled(db, actor, picker, told):
    def settle(session):
        session.get_one(Incident, told).state = "settled"

    db.write(settle)

    with pytest.raises(Conflict, match=r"incidents\.settled_already"):
        tell(db, picker, told, note="late")
    with pytest.raises(Conflict, match=r"incidents\.settled_already"):
        db.write(incidents_sheet.add_photo, picker, told, b"jpeg", 4, 3)


def test_a_person_finds_their_own_open_reports_of_the_last_day_again(db, picker, packer, dune, told):
    send(db, packer, write("found", "shelf"))
    shelf = stock_at(db, "B-07-3", dune)
    second = send(db, picker, write("unscannable", "shelf", item=dune.id, location=shelf.id)).facts["incident_id"]
    db.write(incidents_sheet.add_photo, picker, second, b"jpeg", 4, 3)

    with db.read() as session:
        own = queries.list_own(session, picker.person_id, picker.at)
        later = queries.list_own(session, picker.person_id, picker.at + timedelta(days=2))

    assert [(each.id, each.subject, each.location, len(each.photos)) for each in own] == [
        (second, "Dune", "B-07-3", 1), (told, "", "", 0)]
    assert later == []


def test_a_report_of_an_item_alone_moves_nothing(db, picker, dune):
    stock_at(db, "B-07-3", dune)
    before = moves_of(db, dune)

    send(db, picker, write("damaged", "shelf", item=dune.id))

    assert moves_of(db, dune) == before
    assert db.write(incidents.report, picker, "call_lead", "shelf", units=0) > 0
