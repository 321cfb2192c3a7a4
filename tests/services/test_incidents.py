"""An incident is settled once, with an outcome, and never over the head of the packer."""

import pytest
from sqlalchemy import select

from tests.builders import an_item, an_order
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.incidents import Incident
from warehouse.models.journal import Action
from warehouse.queries.incidents import list_open
from warehouse.services import incidents


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


def report(db, actor, kind="short", stage="pick", **more):
    return db.write(incidents.report, actor, kind, stage, units=1, **more)


def test_an_incident_is_settled_with_outcome_and_note(db, actor, dune):
    incident = report(db, actor, item_id=dune.id, note="not_enough")

    db.write(incidents.settle, actor, incident, "found", "behind the row")

    with db.read() as session:
        row = session.execute(select(Incident.state, Incident.outcome, Incident.note)).one()
        act = session.execute(select(Action.verb, Action.subject, Action.subject_id, Action.person_id)).one()
        assert list_open(session).rows == []
    assert tuple(row) == ("settled", "found", "not_enough · behind the row")
    assert tuple(act) == ("settle", "incident", incident, actor.person_id)


def test_twice_unknown_and_nowhere_are_refused(db, actor):
    incident = report(db, actor)
    with pytest.raises(Invalid, match="choose_outcome"):
        db.write(incidents.settle, actor, incident, "whatever")
    with pytest.raises(NotFound):
        db.write(incidents.settle, actor, 99, "found")
    db.write(incidents.settle, actor, incident, "mistake")
    with pytest.raises(Conflict, match="settled_already"):
        db.write(incidents.settle, actor, incident, "mistake")


def test_while_the_packer_still_decides_it_is_left_to_the_bench(db, actor, dune):
    order = an_order(db, {dune: 1}, state="packing")
    incident = report(db, actor, "damaged", "pack", item_id=dune.id, order_id=order.id)

    with db.read() as session:
        assert list_open(session).rows[0].is_left_to_bench
    with pytest.raises(Conflict, match="decide_at_bench"):
        db.write(incidents.settle, actor, incident, "confirmed")


def test_the_list_is_narrowed_by_kind_and_stage(db, actor):
    for kind, stage in (("short", "pick"), ("damaged", "pick"), ("damaged", "put_back")):
        report(db, actor, kind, stage)

    with db.read() as session:
        found = list_open(session, kind="damaged", stage="put_back")
    assert [(row.kind, row.stage) for row in found.rows] == [("damaged", "put_back")]
    assert (found.total(), found.total("damaged"), found.total(stage="pick")) == (3, 2, 2)
