"""What a stock list is made from beside the ledger: homes with their least, and purchase orders."""

from sqlalchemy import insert

from warehouse import clock
from warehouse.models.receiving import Delivery, DeliveryLine, PurchaseLine, PurchaseOrder, Supplier
from warehouse.models.transfers import ItemHome


def a_home(db, item, shelf, *, least=None, most=None):
    db.write(lambda session: session.execute(insert(ItemHome), {
        "item_id": item.id, "location_id": shelf.id, "min_units": least, "max_units": most}))


def ordered(db, actor, number, item, units, *, came=(), state="open"):
    """A purchase order of one line; `came` are (good, bad) of each of its deliveries."""
    def add(session):
        def made(model, **fields):
            return session.execute(insert(model).returning(model.id), fields).scalar_one()

        by = {"created_at": clock.now(), "created_by": actor.person_id}
        supplier = made(Supplier, code=f"S-{number}", name="Harbour Books", created_at=clock.now())
        order = made(PurchaseOrder, supplier_id=supplier, number=number, state=state, **by)
        made(PurchaseLine, purchase_order_id=order, item_id=item.id, units_ordered=units)
        for turn, (good, bad) in enumerate(came):
            delivery = made(Delivery, number=f"{number}-{turn}", supplier_id=supplier, purchase_order_id=order,
                            state="closed", **by)
            made(DeliveryLine, delivery_id=delivery, item_id=item.id, units_good=good, units_bad=bad)

    db.write(add)
