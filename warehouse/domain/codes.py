"""What a scanned code turned out to be, before a task judges it."""

from dataclasses import dataclass, field

ITEM, LOCATION, TOTE, CART, ORDER, PARCEL, MANIFEST, RETURN, BADGE = (
    "item", "location", "tote", "cart", "order", "parcel", "manifest", "return", "badge"
)
UNKNOWN, INVALID, COMMAND = "unknown", "invalid", "command"


@dataclass(frozen=True)
class Thing:
    """`kind`, the ids it may stand for (several items can share one code) and what people call it.
    `text` is the code as it is looked up; `reason` says why an invalid one is invalid."""

    kind: str
    ids: tuple[int, ...] = ()
    name: str = ""
    text: str = ""
    reason: str = ""
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The one id, where the kind has just one."""
        return self.ids[0]
