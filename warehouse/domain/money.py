"""Amounts of money: whole numbers of a currency's smallest unit (fen, pence; yen), and how they are written."""

# ISO 4217: currencies without minor units; all others here have two places.
WITHOUT_MINOR_UNITS = frozenset({"JPY", "KRW"})


def minor_per_major(currency: str) -> int:
    """100 fen are a yuan; a yen is all there is. A currency that nobody names has two places."""
    return 1 if currency in WITHOUT_MINOR_UNITS else 100


def write_amount(minor: int, currency: str) -> str:
    """12.50 of GBP, 1250 of JPY, without the currency's name."""
    if currency in WITHOUT_MINOR_UNITS:
        return str(minor)
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"
