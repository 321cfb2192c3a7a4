"""Sales and counts of long ago: what figures and count plans are made from."""

from datetime import timedelta

from sqlalchemy import select

from warehouse import clock
from warehouse.domain import stock as rules
from warehouse.domain.people import Actor
from warehouse.models.catalog import Item
from warehouse.models.counting import CountLine, CountResult, CountTask
from warehouse.services import counting_sessions, setup, stock


def sold(db, shelf, item, units=1, *, days_ago):
    """Units that went from a shelf to a customer some days ago, in one pick."""
    def go(session):
        actor = setup.system_actor(session, clock.now() - timedelta(days=days_ago))
        parcel = stock.fixed_place(session, "RECEIVING")
        way = ((shelf.place, parcel, rules.PICK), (parcel, stock.fixed_place(session, "CUSTOMER"), rules.DISPATCH))
        for source, target, reason in way:
            stock.move(session, actor, item.id, units, source=source, target=target, cause=stock.Cause(reason))

    db.write(go)


def counted(db, counter, shelf, item, *, days_ago, units=0, on_record=5, cause="", state="", kind="list"):
    """A finished count of a title on a shelf some days ago that differed by `units`."""
    at = clock.now() - timedelta(days=days_ago)

    def keep(session):
        who = Actor(**{**vars(counter), "at": at})
        session_id = counting_sessions.new_session(session, who, kind, {})
        task = CountTask(session_id=session_id, location_id=shelf.id, state="counted", person_id=who.person_id,
                         counted_at=at)
        session.add(task)
        session.flush()
        line = CountLine(task_id=task.id, item_id=item.id, units_counted=on_record + units, on_record=on_record,
                         counted_at=at)
        session.add(line)
        session.flush()
        price = session.execute(select(Item.price_minor).where(Item.id == item.id)).scalar() or 0
        session.add(CountResult(
            session_id=session_id, location_id=shelf.id, item_id=item.id, line_id=line.id,
            state=state or ("posted" if units else "matched"), on_record=on_record, counted=on_record + units,
            units=units, units_posted=0, value_minor=units * price, cause=cause, decided_at=at))

    db.write(keep)
