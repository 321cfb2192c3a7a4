"""People, their badges and PINs, and their turns at the tablets (USR-1, USR-2).

Hashing a PIN takes a third of a second on purpose, so it never happens inside a transaction: the caller looks
(`queries.people`), judges with `pin_fits`, and writes the outcome with `finish_try`. A wrong PIN is counted
in that write: it comes back as a value, because a refusal would be rolled back and nothing counted.
"""

import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from warehouse import clock
from warehouse.domain.own_labels import make_badge
from warehouse.domain.people import ROLES, Actor, lock_minutes
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.i18n import LANGUAGES
from warehouse.models.people import Device, Person, SignIn
from warehouse.services import journal
from warehouse.vault import Vault

PERSON, DEVICE, TURN = Person.__table__, Device.__table__, SignIn.__table__

PIN = re.compile(r"[0-9]{6}")
BADGE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BADGE_TOKEN_LENGTH = 14
NAME_LIMIT = 60

BADGE, SIGNED_OUT, REVOKED, SWITCHED_OFF = "next_badge", "signed_out", "revoked", "switched_off"

_hasher = PasswordHasher()
# 64 MiB each: many at once would be a way to stop the house.
_hashing = threading.BoundedSemaphore(2)
@cache
def _nobody() -> str:
    """What an unknown badge is compared with, so that it takes as long as a known one. Not made on import: it would
    be a third of a second of every start."""
    return _hasher.hash(secrets.token_hex(16))


def hash_pin(vault: Vault, pin: str) -> str:
    """The hash to keep. Refuses what is not six digits, and six digits that everybody tries first."""
    if not PIN.fullmatch(pin):
        raise Invalid("people.pin_six_digits")
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise Invalid("people.pin_too_plain")
    with _hashing:
        return _hasher.hash(vault.pepper(pin))


def pin_fits(vault: Vault, pin_hash: str | None, pin: str) -> bool:
    """Whether the PIN is the person's. None, for nobody, takes as long and is never right."""
    with _hashing:
        try:
            _hasher.verify(pin_hash or _nobody(), vault.pepper(pin))
        except VerifyMismatchError:
            return False
    return pin_hash is not None


@dataclass(frozen=True)
class Entry:
    """The outcome of one try. `token` only where the door opened; `code` is the sentence where it did not."""

    token: str | None
    code: str = ""
    minutes: int = 0
    person_id: int | None = None


def finish_try(
    session: Session,
    person_id: int | None,
    device_id: int,
    *,
    fits: bool,
    token: str,
    token_hash: str,
    now: datetime,
) -> Entry:
    """Open a turn, or count the wrong PIN on the person and on the device; five lock both, longer each time.
    A lock holds against the right PIN too. The turn before at this device ends."""
    device = session.execute(
        select(DEVICE.c.failed_count, DEVICE.c.locked_until).where(DEVICE.c.id == device_id).with_for_update()
    ).one()
    person = session.execute(
        select(PERSON.c.failed_count, PERSON.c.locked_until, PERSON.c.is_active)
        .where(PERSON.c.id == person_id).with_for_update()
    ).one_or_none()
    if wait := max(
        minutes_locked(device.locked_until, now), minutes_locked(person and person.locked_until, now)
    ):
        return Entry(None, "people.locked", wait)
    if not fits or person is None or not person.is_active or person_id is None:
        waits = _count_wrong(session, DEVICE, device_id, device.failed_count, now)
        if person is not None and person_id is not None:
            waits = max(waits, _count_wrong(session, PERSON, person_id, person.failed_count, now))
        return Entry(None, "people.locked" if waits else "people.wrong_pin", waits)
    for table, thing_id in ((DEVICE, device_id), (PERSON, person_id)):
        session.execute(update(table).where(table.c.id == thing_id).values(failed_count=0, locked_until=None))
    _end(session, TURN.c.device_id == device_id, BADGE, now)
    session.execute(
        insert(TURN),
        {
            "token_hash": token_hash,
            "person_id": person_id,
            "device_id": device_id,
            "started_at": now,
            "seen_at": now,
        },
    )
    return Entry(token, person_id=person_id)


def minutes_locked(until: datetime | None, now: datetime) -> int:
    """Whole minutes still to wait, 0 for none."""
    return 0 if until is None or until <= now else int((until - now).total_seconds() // 60) + 1


def add_device(session: Session, token_hash: str, name: str, now: datetime) -> int:
    """A tablet or desk that opened the sign-in screen for the first time."""
    made = session.execute(insert(DEVICE).returning(DEVICE.c.id), {
        "token_hash": token_hash, "name": name, "created_at": now,
    })
    return int(made.scalar_one())


def see(session: Session, sign_in_id: int, now: datetime) -> None:
    """Someone is still at work here."""
    session.execute(update(TURN).where(TURN.c.id == sign_in_id, TURN.c.seen_at < now).values(seen_at=now))


def sign_out(session: Session, actor: Actor) -> None:
    _end(session, TURN.c.id == actor.sign_in_id, SIGNED_OUT, actor.at)


def end_by_next_badge(session: Session, actor: Actor, badge: str) -> int | None:
    """End the present turn because another badge was scanned; who is to type the PIN now. One's own badge
    ends nothing (None), a badge that nobody has is refused."""
    owner = session.execute(select(PERSON.c.id).where(PERSON.c.badge == badge, PERSON.c.is_active)).scalar()
    if owner is None:
        raise Invalid("people.unknown_badge")
    if owner == actor.person_id:
        return None
    _end(session, TURN.c.id == actor.sign_in_id, BADGE, actor.at)
    return int(owner)


def revoke(session: Session, actor: Actor, sign_in_id: int) -> None:
    """End someone's turn from afar. A turn that has ended already is no fault."""
    if _end(session, TURN.c.id == sign_in_id, REVOKED, actor.at):
        journal.note(session, actor, "revoke", "sign_in", sign_in_id)


@dataclass(frozen=True)
class Joined:
    """A new badge: its text is told here once, to be printed, and is on no screen afterwards."""

    person_id: int
    badge: str


def add_person(
    session: Session, actor: Actor | None, *, name: str, role: str, language: str, pin_hash: str
) -> Joined:
    """A person with a fresh badge. `pin_hash` from `hash_pin`. `actor` is empty for the very first one."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT:
        raise Invalid("people.name_wanted", most=NAME_LIMIT)
    if role not in ROLES:
        raise Invalid("people.no_such_role")
    badge = _new_badge()
    made = session.execute(insert(PERSON).returning(PERSON.c.id), {
        "name": name, "role": role, "language": _language(language), "badge": badge, "pin_hash": pin_hash,
        "created_at": actor.at if actor else clock.now(),
    })
    person_id = int(made.scalar_one())
    if actor:
        journal.note(session, actor, "add", "person", person_id, role=role)
    return Joined(person_id, badge)


def give_new_badge(session: Session, actor: Actor, person_id: int) -> Joined:
    """The old badge is worth nothing from now on, and open turns end."""
    badge = _new_badge()
    _change(session, person_id, badge=badge)
    _end(session, TURN.c.person_id == person_id, REVOKED, actor.at)
    journal.note(session, actor, "new_badge", "person", person_id)
    return Joined(person_id, badge)


def set_pin(session: Session, actor: Actor, person_id: int, pin_hash: str) -> None:
    """A manager gives a new PIN, which also lifts a lock; open turns end."""
    _change(session, person_id, pin_hash=pin_hash, failed_count=0, locked_until=None)
    _end(session, TURN.c.person_id == person_id, REVOKED, actor.at)
    journal.note(session, actor, "new_pin", "person", person_id)


def change_own_pin(session: Session, actor: Actor, *, fits: bool, pin_hash: str) -> Entry:
    """`fits`: whether the old PIN was right, judged before. A wrong one counts like one at the door."""
    person = session.execute(
        select(PERSON.c.failed_count, PERSON.c.locked_until)
        .where(PERSON.c.id == actor.person_id)
        .with_for_update()
    ).one()
    if wait := minutes_locked(person.locked_until, actor.at):
        return Entry(None, "people.locked", wait)
    if not fits:
        wait = _count_wrong(session, PERSON, actor.person_id, person.failed_count, actor.at)
        return Entry(None, "people.locked" if wait else "people.wrong_pin", wait)
    _change(session, actor.person_id, pin_hash=pin_hash, failed_count=0)
    _end(session, (TURN.c.person_id == actor.person_id) & (TURN.c.id != actor.sign_in_id), REVOKED, actor.at)
    journal.note(session, actor, "change_pin", "person", actor.person_id)
    return Entry(None, "people.pin_changed", person_id=actor.person_id)


def switch_off(session: Session, actor: Actor, person_id: int) -> None:
    """The person may not come in any more; what they did stays. Refuses oneself: one manager is left."""
    if person_id == actor.person_id:
        raise Conflict("people.not_oneself")
    _change(session, person_id, is_active=False)
    _end(session, TURN.c.person_id == person_id, SWITCHED_OFF, actor.at)
    journal.note(session, actor, "switch_off", "person", person_id)


def switch_on(session: Session, actor: Actor, person_id: int) -> None:
    _change(session, person_id, is_active=True, failed_count=0, locked_until=None)
    journal.note(session, actor, "switch_on", "person", person_id)


def change_role(session: Session, actor: Actor, person_id: int, role: str) -> None:
    """Another job from the next request on. Refused: an unknown role, one's own (one manager is left)."""
    if role not in ROLES:
        raise Invalid("people.no_such_role")
    if person_id == actor.person_id:
        raise Conflict("people.not_own_role")
    _change(session, person_id, role=role)
    journal.note(session, actor, "change_role", "person", person_id, role=role)


def choose_language(session: Session, actor: Actor, language: str) -> None:
    _change(session, actor.person_id, language=_language(language))
    journal.note(session, actor, "choose_language", "person", actor.person_id, language=language)


def rename_device(session: Session, actor: Actor, name: str) -> None:
    """What this tablet is called in the manager's list: "Pack station 4"."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT:
        raise Invalid("people.name_wanted", most=NAME_LIMIT)
    session.execute(update(DEVICE).where(DEVICE.c.id == actor.device_id).values(name=name))
    journal.note(session, actor, "rename", "device", actor.device_id, name=name)


def _count_wrong(session: Session, table: object, thing_id: int, before: int, now: datetime) -> int:
    """Minutes to wait from now on, 0 while there are tries left."""
    assert table in (PERSON, DEVICE)
    wait = lock_minutes(before + 1)
    values: dict[str, object] = {"failed_count": before + 1}
    if wait:
        values["locked_until"] = now + timedelta(minutes=wait)
    session.execute(update(table).where(table.c.id == thing_id).values(**values))
    return wait


def _end(session: Session, which: object, reason: str, now: datetime) -> int:
    ended = session.execute(
        update(TURN).where(which, TURN.c.ended_at.is_(None))  # type: ignore[arg-type]
        .values(ended_at=now, end_reason=reason)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _change(session: Session, person_id: int, **values: object) -> None:
    # The person behind the console has no PIN, and never gets one.
    changed = session.execute(
        update(PERSON).where(PERSON.c.id == person_id, PERSON.c.pin_hash != "").values(**values)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound("errors.not_found")


def _new_badge() -> str:
    token = "".join(secrets.choice(BADGE_LETTERS) for _ in range(BADGE_TOKEN_LENGTH))
    # A badge needs a digit to be told from a word.
    return make_badge(token) if any(letter.isdigit() for letter in token) else _new_badge()


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise Invalid("people.no_such_language")
    return language
