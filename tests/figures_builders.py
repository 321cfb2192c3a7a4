"""Sales of long ago, by the ledger: what figures and count plans are made from."""

from datetime import timedelta

from warehouse import clock
from warehouse.domain import stock as rules
from warehouse.services import setup, stock


def sold(db, shelf, item, units=1, *, days_ago):
    """Units that went from a shelf to a customer some days ago, in one pick."""
    def go(session):
        actor = setup.system_actor(session, clock.now() - timedelta(days=days_ago))
        parcel = stock.fixed_place(session, "RECEIVING")
        way = ((shelf.place, parcel, rules.PICK), (parcel, stock.fixed_place(session, "CUSTOMER"), rules.DISPATCH))
        for source, target, reason in way:
            stock.move(session, actor, item.id, units, source=source, target=target, cause=stock.Cause(reason))

    db.write(go)
