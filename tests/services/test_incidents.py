"""An incident from its report to its end: whose it is and until when, who takes it on, what it becomes, and its log."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.builders import a_person, a_tote, an_item, an_order, as_actor, moves_of, stock_at
from tests.packers import proves, rows
from tests.walk import release, started
from warehouse.domain import incidents as rules
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.models.people import Person
from warehouse.queries.incidents import Wanted, list_incidents
from warehouse.services import incidents, incidents_settle, incidents_where, incidents_work, setup


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def operations(db):
    return as_actor(a_person(db, "Ma Lin", "operations"))


def report(db, actor, kind="short", stage="pick", **more):
    return db.write(incidents.report, actor, kind, stage, **{"units": 1, **more})


def seen(db, incident):
    with db.read() as session:
        return session.get(Incident, incident)


def log(db, incident):
    with db.read() as session:
        return [tuple(row) for row in session.execute(
            select(Action.verb, Action.reason, Action.person_id)
            .where(Action.subject == "incident", Action.subject_id == incident).order_by(Action.id))]


# --- Reported and closed ---------------------------------------------------------------------------------------------


def test_a_report_knows_its_team_its_time_and_its_first_step(db, actor, dune):
    row = seen(db, report(db, actor, "damaged", "receive", item_id=dune.id))

    # Ten in the morning: 24 hours of work end tomorrow, four hours after the other ten of a day from 8 to 22 are over.
    assert (row.owner_role, row.next_step, row.escalated_at) == ("purchasing", "contact_supplier", None)
    assert row.due_at == actor.at + timedelta(days=1, hours=10)


def test_what_is_reported_in_the_evening_is_due_in_working_time(db, actor, clock):
    evening = replace(actor, at=clock.forward(hours=11, minutes=30))

    row = seen(db, report(db, evening, "complaint", "customer", units=0))

    # Half past nine: half an hour of today, three and a half of tomorrow from eight.
    assert row.due_at == evening.at + timedelta(hours=14)


@pytest.mark.parametrize(("kind", "stage"), [("meteor", "pick"), ("complaint", "pick"), ("short", "dock")])
def test_what_cannot_be_found_there_is_refused(db, actor, kind, stage):
    with pytest.raises(Invalid, match="not_there"):
        report(db, actor, kind, stage)


def test_a_cause_of_another_kind_is_refused(db, actor):
    with pytest.raises(Invalid, match="unknown_cause"):
        report(db, actor, "short", "pick", cause="weather")


def test_an_incident_is_closed_with_outcome_and_note(db, actor, dune):
    incident = report(db, actor, item_id=dune.id, note="not_enough")

    db.write(incidents.close, actor, incident, "found", "behind the row")

    row = seen(db, incident)
    assert (row.state, row.outcome, row.note) == ("settled", "found", "not_enough · behind the row")
    assert (row.settled_at, row.settled_by) == (actor.at, actor.person_id)
    assert log(db, incident) == [("settle", "behind the row", actor.person_id)]
    with db.read() as session:
        assert list_incidents(session, actor, Wanted()).rows == []


def test_twice_unknown_and_nowhere_are_refused(db, actor):
    incident = report(db, actor)
    for close in (incidents.close, incidents_settle.settle):
        with pytest.raises(Invalid, match="choose_outcome"):
            db.write(close, actor, incident, "whatever")
        with pytest.raises(NotFound):
            db.write(close, actor, 99, "found")
    db.write(incidents_settle.settle, actor, incident, "mistake")
    for close in (incidents.close, incidents_settle.settle):
        with pytest.raises(Conflict, match="settled_already"):
            db.write(close, actor, incident, "mistake")


@pytest.mark.parametrize("close", [incidents.close, incidents_settle.settle])
def test_while_the_packer_still_decides_it_is_left_to_the_bench(db, actor, dune, close):
    order = an_order(db, {dune: 1}, state="packing")
    incident = report(db, actor, "damaged", "pack", item_id=dune.id, order_id=order.id)

    with db.read() as session:
        assert list_incidents(session, actor, Wanted()).rows[0].is_left_to_bench
    with pytest.raises(Conflict, match="decide_at_bench"):
        db.write(close, actor, incident, "confirmed")


def test_the_list_is_narrowed_by_kind_and_stage(db, actor):
    for kind, stage in (("short", "pick"), ("damaged", "pick"), ("damaged", "put_back")):
        report(db, actor, kind, stage)

    with db.read() as session:
        found = list_incidents(session, actor, Wanted(kind="damaged", stage="put_back"))
    assert [(row.kind, row.stage) for row in found.rows] == [("damaged", "put_back")]
    assert (found.total(), found.total("damaged"), found.total(stage="pick")) == (3, 2, 2)


# --- In hand ---------------------------------------------------------------------------------------------------------


def test_who_takes_it_has_it_once(db, actor, operations):
    incident = report(db, actor)

    db.write(incidents_work.take, operations, incident)
    db.write(incidents_work.take, operations, incident)

    assert seen(db, incident).owner_id == operations.person_id
    assert log(db, incident) == [("take", "", operations.person_id)]


def test_it_is_handed_to_a_team_or_a_person_who_may_have_it(db, actor, operations):
    incident = report(db, actor)
    buyer, picker = a_person(db, "Bo", "purchasing"), a_person(db, "Pi", "picker")

    db.write(incidents_work.hand_over, operations, incident, "", buyer.id, "the supplier's")
    assert (seen(db, incident).owner_role, seen(db, incident).owner_id) == ("purchasing", buyer.id)
    db.write(incidents_work.hand_over, operations, incident, "service", None, "the customer calls")
    assert (seen(db, incident).owner_role, seen(db, incident).owner_id) == ("service", None)

    for role, person, reason, code in (("", picker.id, "x", "cannot_have_it"), ("", 999, "x", "cannot_have_it"),
                                       ("picker", None, "x", "choose_team"), ("service", None, " ", "reason_wanted")):
        with pytest.raises(Invalid, match=code):
            db.write(incidents_work.hand_over, operations, incident, role, person, reason)


def test_nobody_who_has_left_gets_it(db, actor, operations):
    incident, gone = report(db, actor), a_person(db, "Gone", "service", is_active=False)

    with pytest.raises(Invalid, match="cannot_have_it"):
        db.write(incidents_work.hand_over, operations, incident, "", gone.id, "x")


def test_the_next_step_has_a_time_that_is_not_past(db, actor, operations):
    incident = report(db, actor)
    later = operations.at + timedelta(hours=3)

    db.write(incidents_work.plan, operations, incident, "contact_carrier", later, "they call back")

    assert (seen(db, incident).next_step, seen(db, incident).due_at) == ("contact_carrier", later)
    for step, due, code in (("fly", later, "choose_step"), ("wait", operations.at, "due_is_past")):
        with pytest.raises(Invalid, match=code):
            db.write(incidents_work.plan, operations, incident, step, due)
    db.write(incidents_work.plan, operations, incident, "recount", None)
    assert seen(db, incident).due_at == operations.at + timedelta(hours=8)


def test_notes_are_kept_with_person_and_order_also_after_the_end(db, actor, operations):
    incident = report(db, actor)
    db.write(incidents_work.write_down, operations, incident, "  asked  the picker ")
    db.write(incidents_settle.settle, actor, incident, "confirmed")
    db.write(incidents_work.write_down, actor, incident, "closed for good")
    with pytest.raises(Invalid, match="note_wanted"):
        db.write(incidents_work.write_down, actor, incident, "  ")

    assert log(db, incident) == [("note", "asked the picker", operations.person_id), ("settle", "", actor.person_id),
                                 ("note", "closed for good", actor.person_id)]


def test_it_is_said_better_while_nothing_was_booked(db, actor, operations, dune):
    incident = report(db, actor, "call_lead", "shelf", item_id=dune.id, units=0)

    db.write(incidents_work.change, operations, incident, kind="misprint", cause="publisher", units=3)

    row = seen(db, incident)
    assert (row.kind, row.cause, row.units) == ("misprint", "publisher", 3)
    with db.read() as session:
        facts = session.execute(select(Action.facts).where(Action.verb == "change")).scalar_one()
    assert facts == {"was": {"kind": "call_lead", "cause": "", "units": 0},
                     "kind": "misprint", "cause": "publisher", "units": 3}
    for change, code in (({"kind": "complaint"}, "not_there"), ({"cause": "weather"}, "unknown_cause"),
                         ({"units": -1}, "units_wrong"), ({}, "nothing_changed")):
        with pytest.raises(Invalid, match=code):
            db.write(incidents_work.change, operations, incident,
                     **{"kind": "misprint", "cause": "publisher", "units": 3, **change})


def test_copies_that_the_report_booked_keep_their_number_and_what_was_done_with_them(
        db, actor, operations, picker, dune):
    shelf = stock_at(db, "B-07-3", dune, units=2)
    stock_at(db, "C-01-1", dune, units=1)
    release(db, actor, an_order(db, {dune: 1}))
    walk = started(db, picker, totes=[a_tote(db, "T-07")])
    walk.scan(shelf.label)
    walk.press("#damaged")
    incident, = rows(db, Incident.id)[0]
    with db.read() as session:
        assert [(each.code, each.units) for each in incidents_where.find_copies(session, incident)] == [
            ("QUARANTINE", 1)]

    with pytest.raises(Conflict, match="units_are_booked"):
        db.write(incidents_work.change, operations, incident, kind="damaged", cause="", units=2)
    with pytest.raises(Conflict, match="kind_is_booked"):
        db.write(incidents_work.change, operations, incident, kind="short", cause="", units=1)
    db.write(incidents_work.change, operations, incident, kind="missing_pages", cause="", units=1)
    assert seen(db, incident).kind == "missing_pages"
    db.write(incidents_settle.settle, actor, incident, "scrap")
    assert moves_of(db, dune)[-1] == ("write_off", 1, "QUARANTINE", "SCRAP")
    assert proves(db) == []


def test_what_the_bench_counted_as_lost_stays_what_the_order_line_says(db, actor, operations, dune):
    order = an_order(db, {dune: 1})
    incident = report(db, actor, "call_lead", "pack", item_id=dune.id, order_id=order.id,
                      order_line_id=order.line_ids[0])

    with pytest.raises(Conflict, match="kind_is_booked"):
        db.write(incidents_work.change, operations, incident, kind="damaged", cause="", units=1)
    assert proves(db) == []


# --- Up to the lead --------------------------------------------------------------------------------------------------


def test_passed_up_it_is_the_leads_until_the_lead_gives_it_back(db, actor, operations):
    incident = report(db, actor)
    db.write(incidents_work.take, operations, incident)
    with pytest.raises(Invalid, match="reason_wanted"):
        db.write(incidents_work.escalate, operations, incident, "")

    db.write(incidents_work.escalate, operations, incident, "beyond me")

    row = seen(db, incident)
    assert (row.owner_role, row.owner_id, row.escalated_at) == ("manager", None, operations.at)
    with pytest.raises(Conflict, match="up_already"):
        db.write(incidents_work.escalate, operations, incident, "still")
    for act in ((incidents_work.take, incident), (incidents_work.hand_over, incident, "service", None, "x"),
                (incidents_settle.settle, incident, "confirmed")):
        with pytest.raises(NotAllowed, match="with_the_lead"):
            db.write(act[0], operations, *act[1:])
    db.write(incidents_work.hand_over, actor, incident, "operations", None, "yours after all")
    db.write(incidents_settle.settle, operations, incident, "confirmed")


def test_what_is_over_its_time_goes_up_once(db, actor, clock):
    late, later = report(db, actor, "call_lead", "pick"), report(db, actor, "unscannable", "pick")
    done = report(db, actor, "call_lead", "pick")
    db.write(incidents_settle.settle, actor, done, "confirmed")
    clock.forward(hours=2)

    def minute(session):
        return incidents_work.escalate_overdue(session, setup.system_actor(session, clock.moment))

    assert db.write(minute) == 1
    assert db.write(minute) == 0

    assert (seen(db, late).owner_role, seen(db, late).escalated_at) == ("manager", clock.moment)
    assert [seen(db, each).escalated_at for each in (later, done)] == [None, None]
    (verb, _, person), = log(db, late)
    with db.read() as session:
        machine = session.execute(select(Person.id).where(Person.id == person, Person.is_active.is_(False))).scalar()
    assert (verb, machine) == ("escalate", person)


def test_what_the_lead_gives_back_has_fresh_time_and_goes_up_again_when_that_is_over(db, actor, clock):
    incident = report(db, actor, "call_lead", "pick")
    clock.forward(hours=2)

    def minute(session):
        return incidents_work.escalate_overdue(session, setup.system_actor(session, clock.moment))

    assert db.write(minute) == 1
    db.write(incidents_work.hand_over, replace(actor, at=clock.moment), incident, "operations", None, "yours")

    row = seen(db, incident)
    assert (row.owner_role, row.escalated_at, row.due_at) == ("operations", None, clock.moment + timedelta(hours=1))
    assert db.write(minute) == 0
    clock.forward(hours=2)
    assert db.write(minute) == 1
    assert seen(db, incident).owner_role == "manager"


def test_opened_again_it_is_its_teams_with_fresh_time_and_may_go_up_anew(db, actor, operations, clock):
    incident = report(db, actor)
    db.write(incidents_work.escalate, operations, incident, "beyond me")
    db.write(incidents_settle.settle, actor, incident, "confirmed")
    with pytest.raises(Conflict, match="settled_already"):
        db.write(incidents_work.plan, actor, incident, "wait", None)
    again = replace(operations, at=clock.forward(hours=1))
    with pytest.raises(Invalid, match="reason_wanted"):
        db.write(incidents_work.reopen, again, incident, " ")

    db.write(incidents_work.reopen, again, incident, "it came again")

    row = seen(db, incident)
    assert (row.state, row.owner_role, row.escalated_at, row.settled_at) == ("open", "operations", None, None)
    assert row.due_at == again.at + timedelta(hours=8)
    with pytest.raises(Conflict, match="is_open"):
        db.write(incidents_work.reopen, again, incident, "twice")


def test_nobody_opens_the_customers_words_without_the_right(db, actor, packer):
    incident = report(db, actor, "complaint", "customer", units=0, customer_text="很失望")
    sealed = seen(db, incident).customer_text

    assert "失望".encode() not in sealed
    with pytest.raises(NotAllowed):
        db.write(incidents_work.open_words, packer, incident)
    assert db.write(incidents_work.open_words, actor, incident) == "很失望"
    with pytest.raises(NotFound, match="no_words"):
        db.write(incidents_work.open_words, actor, report(db, actor))


def test_words_sealed_for_one_incident_do_not_open_as_anothers(db, actor):
    first, second = (report(db, actor, "complaint", "customer", units=0, customer_text=text) for text in "ab")
    sealed = seen(db, first).customer_text

    def swap(session):
        session.execute(update(Incident).where(Incident.id == second).values(customer_text=sealed))

    db.write(swap)
    with pytest.raises(Exception, match=r"seal|place|key"):
        db.write(incidents_work.open_words, actor, second)


def test_every_way_to_end_is_in_the_table_of_some_kind(db):
    named = set().union(*(kind.outcomes for kind in rules.KINDS.values()))
    assert named == set(rules.FOR_COPIES) | set(rules.FOR_ORDER)
