"""Who is asking, and what the manager sees of people and tablets."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.orm import Session

from warehouse.models.people import Device, Person, SignIn

PERSON, DEVICE, TURN = Person.__table__, Device.__table__, SignIn.__table__

# Once a request: one statement, built once.
_TURNS = (
    select(
        TURN.c.id, TURN.c.person_id, TURN.c.device_id, TURN.c.seen_at,
        PERSON.c.name, PERSON.c.role, PERSON.c.language, DEVICE.c.token_hash.label("device_hash"),
    )
    .join_from(TURN, PERSON, PERSON.c.id == TURN.c.person_id)
    .join(DEVICE, DEVICE.c.id == TURN.c.device_id)
)
_TURN = _TURNS.where(TURN.c.token_hash == bindparam("hash"), TURN.c.ended_at.is_(None), PERSON.c.is_active)
_SOMEONES_LAST = _TURNS.where(
    TURN.c.person_id == bindparam("person"), TURN.c.device_id == bindparam("device"),
    TURN.c.seen_at >= bindparam("since", type_=TURN.c.seen_at.type), PERSON.c.is_active,
).order_by(TURN.c.id.desc()).limit(1)


@dataclass(frozen=True)
class Turn:
    """One person's open turn at one device, as a request needs it."""

    id: int
    person_id: int
    device_id: int
    seen_at: datetime
    name: str
    role: str
    language: str
    device_hash: str


def find_turn(door: Session | Connection, token_hash: str) -> Turn | None:
    """The open turn of an active person behind a cookie's hash."""
    row = door.execute(_TURN, {"hash": token_hash}).one_or_none()
    return None if row is None else Turn(*row)


def find_late_turn(session: Session, person_id: int, device_id: int | None, *, since: datetime) -> Turn | None:
    """The last turn of an active person at a device, ended or not, if it was seen since then."""
    row = session.execute(_SOMEONES_LAST, {"person": person_id, "device": device_id, "since": since}).one_or_none()
    return None if row is None else Turn(*row)


@dataclass(frozen=True)
class Known:
    """What is needed to judge one PIN."""

    person_id: int
    name: str
    language: str
    pin_hash: str
    locked_until: datetime | None


def find_by_badge(session: Session, badge: str) -> Known | None:
    return _find(session, PERSON.c.badge == badge)


def find_by_id(session: Session, person_id: int) -> Known | None:
    return _find(session, PERSON.c.id == person_id)


def _find(session: Session, condition: object) -> Known | None:
    row = session.execute(
        select(PERSON.c.id, PERSON.c.name, PERSON.c.language, PERSON.c.pin_hash, PERSON.c.locked_until)
        .where(condition, PERSON.c.is_active)  # type: ignore[arg-type]
    ).one_or_none()
    return None if row is None else Known(*row)


@dataclass(frozen=True)
class KnownDevice:
    id: int
    name: str
    locked_until: datetime | None


def find_device(session: Session, token_hash: str) -> KnownDevice | None:
    row = session.execute(
        select(DEVICE.c.id, DEVICE.c.name, DEVICE.c.locked_until).where(DEVICE.c.token_hash == token_hash)
    ).one_or_none()
    return None if row is None else KnownDevice(*row)


@dataclass(frozen=True)
class Name:
    """A face on the sign-in screen."""

    id: int
    name: str


def list_names(session: Session) -> list[Name]:
    """Who may sign in, those who were here last first: they are most likely to come again."""
    last = func.max(TURN.c.started_at)
    rows = session.execute(
        select(PERSON.c.id, PERSON.c.name)
        .outerjoin_from(PERSON, TURN, TURN.c.person_id == PERSON.c.id)
        .where(PERSON.c.is_active).group_by(PERSON.c.id, PERSON.c.name)
        .order_by(last.desc().nulls_last(), PERSON.c.name)
    )
    return [Name(*row) for row in rows]


@dataclass(frozen=True)
class Place:
    """An open turn, for the manager's list."""

    sign_in_id: int
    device: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Member:
    """A person as the manager sees them."""

    id: int
    name: str
    role: str
    language: str
    is_active: bool
    locked_until: datetime | None
    badge_end: str
    turns: tuple[Place, ...]


def list_members(session: Session, since: datetime) -> list[Member]:
    """Everybody with their open turns; turns not seen since `since` have ended by idleness. Without the
    person behind the console, who has no PIN and cannot come in."""
    open_turns: dict[int, list[Place]] = {}
    turns = session.execute(
        select(TURN.c.person_id, TURN.c.id, DEVICE.c.name, TURN.c.started_at, TURN.c.seen_at)
        .join_from(TURN, DEVICE, DEVICE.c.id == TURN.c.device_id)
        .where(TURN.c.ended_at.is_(None), TURN.c.seen_at >= since).order_by(TURN.c.id)
    )
    for person_id, *place in turns:
        open_turns.setdefault(person_id, []).append(Place(*place))
    people = session.execute(
        select(PERSON.c.id, PERSON.c.name, PERSON.c.role, PERSON.c.language, PERSON.c.is_active,
               PERSON.c.locked_until, PERSON.c.badge)
        .where(PERSON.c.pin_hash != "").order_by(PERSON.c.is_active.desc(), PERSON.c.name)
    )
    return [Member(*row[:6], row.badge[-4:], tuple(open_turns.get(row.id, ()))) for row in people]
