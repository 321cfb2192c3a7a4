"""What kinds of place there are, why units move, and in what condition they are (STK-1)."""

SHELF, TOTE, PARCEL, QUARANTINE, STAGING, RETURNS = "shelf", "tote", "parcel", "quarantine", "staging", "returns"
SUPPLIER, CUSTOMER, LOST_FOUND, SCRAP, CONVERTED = "supplier", "customer", "lost_found", "scrap", "converted"

# Inside: the units are ours and a balance is kept. Outside: the far end of a move.
INSIDE = frozenset({SHELF, TOTE, PARCEL, QUARANTINE, STAGING, RETURNS})

# Places that every warehouse has exactly once, by code.
FIXED_PLACES = {
    "SUPPLIER": SUPPLIER, "CUSTOMER": CUSTOMER, "LOST-FOUND": LOST_FOUND, "SCRAP": SCRAP, "QUARANTINE": QUARANTINE,
    # What came in and is not put away yet: ours, and nobody's to sell.
    "RECEIVING": STAGING,
    # What customers sent back and nobody has judged yet (RET-1).
    "RETURNS": RETURNS,
    # The far end where a copy ceases to be one title and begins to be another: new to used.
    "CONVERTED": CONVERTED,
}
# The far ends of moves. What goes there has left the house.
OUTSIDE_CODES = tuple(code for code, kind in FIXED_PLACES.items() if kind not in INSIDE)

GOOD, DAMAGED = "good", "damaged"
CONDITIONS = (GOOD, DAMAGED)

OPENING, PICK, UNPICK, PACK, UNPACK, DISPATCH = "opening", "pick", "unpick", "pack", "unpack", "dispatch"
SHORT, DAMAGE, PUT_BACK, FOUND = "short", "damage", "put_back", "found"
RECEIVE, UNRECEIVE, PUT_AWAY, TRANSFER, REPLENISH, REGRADE, COUNT = (
    "receive", "unreceive", "put_away", "transfer", "replenish", "regrade", "count")
RETURN, UNRETURN, CONVERT, WRITE_OFF, SEND_BACK = "return", "unreturn", "convert", "write_off", "send_back"
REASONS = (OPENING, PICK, UNPICK, PACK, UNPACK, DISPATCH, SHORT, DAMAGE, PUT_BACK, FOUND, RECEIVE, UNRECEIVE, PUT_AWAY,
           TRANSFER, REPLENISH, REGRADE, COUNT, RETURN, UNRETURN, CONVERT, WRITE_OFF, SEND_BACK)
# Why units come into the house or leave it. Under every other reason both ends of a move are inside, so that what lies
# in the house is made from these alone: a third of all moves.
CROSSING = (OPENING, DISPATCH, SHORT, FOUND, RECEIVE, UNRECEIVE, COUNT, RETURN, UNRETURN, CONVERT, WRITE_OFF,
            SEND_BACK)
# These never concern an order.
WITHOUT_ORDER = frozenset({OPENING, RECEIVE, UNRECEIVE, PUT_AWAY, TRANSFER, REPLENISH, REGRADE, COUNT})
