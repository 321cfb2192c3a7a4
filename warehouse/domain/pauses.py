"""The emergency stop (SEC-3): release or dispatch stands still for all, for one carrier or for one item, with a
reason, until a person ends it. What is on a truck already stays there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

RELEASE, DISPATCH = "release", "dispatch"
WHAT = (RELEASE, DISPATCH)
ALL, CARRIER, ITEM = "all", "carrier", "item"
SCOPES = (ALL, CARRIER, ITEM)
REASON_LENGTH = 200


@dataclass(frozen=True)
class OpenPause:
    """A pause that nobody has ended yet, with what it stops in words. Neither carrier nor item: it stops all."""

    id: int
    what: str
    carrier_code: str | None
    item_id: int | None
    reason: str
    began_at: datetime
    began_by: str
    carrier_en: str = ""
    carrier_zh: str = ""
    item_title: str = ""

    @property
    def scope(self) -> str:
        return CARRIER if self.carrier_code else ITEM if self.item_id else ALL

    def stops(self, what: str, carrier_code: str, item_ids: Collection[int]) -> bool:
        """Whether work of this kind stands still for an order of this carrier with these items."""
        if self.what != what:
            return False
        return self.scope == ALL or self.carrier_code == carrier_code or self.item_id in item_ids


def find_stop(
    pauses: Iterable[OpenPause], what: str, carrier_code: str, item_ids: Collection[int]
) -> OpenPause | None:
    """The first pause that stops this work, or None where it may go on."""
    return next((pause for pause in pauses if pause.stops(what, carrier_code, item_ids)), None)
