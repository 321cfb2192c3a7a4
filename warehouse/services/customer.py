"""What the customer's own page does (ORD-8): the link to it, a problem reported, a return asked for."""

import secrets

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from warehouse.models.orders import Order

# 16 random bytes: 22 characters that nobody guesses.
LINK_BYTES = 16


def link_of(session: Session, order_id: int) -> str:
    """The unguessable end of the address of an order's page, made at the first call and the same ever after."""
    row = select(Order.link).where(Order.id == order_id)
    if link := session.execute(row).scalar_one():
        return link
    # Whoever comes second keeps what the first one made.
    session.execute(update(Order).where(Order.id == order_id, Order.link.is_(None))
                    .values(link=secrets.token_urlsafe(LINK_BYTES)).execution_options(synchronize_session=False))
    made = session.execute(row).scalar_one()
    assert made is not None, "just made"
    return made
