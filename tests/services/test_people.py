"""People, badges, PINs and turns (USR-1, USR-2)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import builders
from warehouse import clock
from warehouse.domain.own_labels import is_whole
from warehouse.domain.people import Actor, lock_minutes
from warehouse.errors import Conflict, Invalid, NotFound
from warehouse.models.journal import Action
from warehouse.models.people import Person, SignIn
from warehouse.queries import people as queries
from warehouse.services import people


@pytest.fixture
def manager(db):
    return builders.as_actor(builders.a_person(db, "Lin Yue", "manager"))


def enter(db, person, device, *, fits=True, token="t"):
    return db.write(people.finish_try, person.id if person else None, device, fits=fits, token=token,
                    token_hash=token, now=clock.now())


def acts(db):
    with db.read() as session:
        return session.execute(
            select(Action.verb, Action.subject, Action.subject_id).order_by(Action.id)
        ).all()


def test_the_wait_doubles_with_every_fifth_wrong_pin_up_to_a_day():
    assert [lock_minutes(count) for count in (1, 4, 5, 6, 9, 10, 15, 20)] == [0, 0, 15, 0, 0, 30, 60, 120]
    assert lock_minutes(500) == 24 * 60


def test_a_pin_is_six_digits_and_none_that_everybody_tries_first(vault):
    for pin in ("", "12345", "1234567", "12a456", "１２３４５７"):
        with pytest.raises(Invalid, match="pin_six_digits"):
            people.hash_pin(vault, pin)
    for pin in ("000000", "123456", "987654", "012345"):
        with pytest.raises(Invalid, match="pin_too_plain"):
            people.hash_pin(vault, pin)


def test_a_pin_fits_only_its_own_hash_under_its_own_pepper(vault):
    kept = people.hash_pin(vault, "204816")
    assert kept.startswith("$argon2id$") and "204816" not in kept
    assert people.pin_fits(vault, kept, "204816")
    assert not people.pin_fits(vault, kept, "204817")
    assert not people.pin_fits(vault, None, "204816")
    other = type(vault)(vault.sealing_key, vault.index_key, b"another pepper" * 3, vault.cookie_key)
    assert not people.pin_fits(other, kept, "204816")


def test_a_new_person_has_a_badge_of_their_own_and_is_in_the_journal(db, manager, vault):
    pin_hash = people.hash_pin(vault, "204816")
    one, two = (
        db.write(people.add_person, manager, name=name, role="picker", language="zh-Hans", pin_hash=pin_hash)
        for name in (" 王小雨 ", "Anna")
    )
    assert one.badge != two.badge and is_whole(one.badge) and is_whole(two.badge)
    with db.read() as session:
        assert queries.find_by_badge(session, one.badge).name == "王小雨"
    assert acts(db) == [("add", "person", one.person_id), ("add", "person", two.person_id)]


@pytest.mark.parametrize(("change", "code"), [
    ({"name": "  "}, "people.name_wanted"), ({"name": "x" * 61}, "people.name_wanted"),
    ({"role": "captain"}, "people.no_such_role"), ({"language": "fr"}, "people.no_such_language"),
])
def test_a_person_without_name_role_or_language_is_refused(db, manager, change, code):
    given = {"name": "Anna", "role": "picker", "language": "en", "pin_hash": "h", **change}
    with pytest.raises(Invalid, match=code):
        db.write(people.add_person, manager, **given)
    assert acts(db) == []


def test_wrong_pins_are_counted_on_person_and_device_and_forgotten_after_the_right_one(db, clock):
    person, device = builders.a_person(db), builders.a_device(db)
    for _ in range(4):
        assert enter(db, person, device, fits=False).code == "people.wrong_pin"
    assert enter(db, person, device).token == "t"
    assert enter(db, person, device, fits=False).code == "people.wrong_pin"


def test_a_lock_holds_against_the_right_pin_and_tries_meanwhile_do_not_lengthen_it(db, clock):
    person, device = builders.a_person(db), builders.a_device(db)
    for _ in range(5):
        entry = enter(db, person, device, fits=False)
    assert (entry.code, entry.minutes) == ("people.locked", 15)
    clock.forward(minutes=5)
    assert enter(db, person, device, fits=False).minutes == 11
    assert enter(db, person, device).token is None
    clock.forward(minutes=11)
    assert enter(db, person, device).token == "t"


def test_unknown_badges_lock_the_device(db, clock):
    device = builders.a_device(db)
    codes = [enter(db, None, device, fits=False).code for _ in range(5)]
    assert codes[-1] == "people.locked"
    assert enter(db, builders.a_person(db), device).code == "people.locked"


def test_tries_sent_all_at_once_are_no_more_than_tries_sent_in_turn(db, clock):
    """Each was judged before any was counted; the sixth right one is still refused."""
    person, device = builders.a_person(db), builders.a_device(db)
    entries = [enter(db, person, device, fits=number == 5) for number in range(6)]
    assert entries[-1].token is None


def test_a_person_who_was_switched_off_cannot_come_in(db, manager):
    person, device = builders.a_person(db), builders.a_device(db)
    db.write(people.switch_off, manager, person.id)
    with db.read() as session:
        assert queries.find_by_badge(session, person.badge) is None
    assert enter(db, person, device).token is None
    db.write(people.switch_on, manager, person.id)
    assert enter(db, person, device).token == "t"
    assert [act.verb for act in acts(db)] == ["switch_off", "switch_on"]


def test_a_manager_changes_a_role_but_not_their_own(db, manager):
    person = builders.a_person(db)
    db.write(people.change_role, manager, person.id, "service")
    with db.read() as session:
        assert [each.role for each in queries.list_members(session, clock.now()) if each.id == person.id] == ["service"]
    assert [act.verb for act in acts(db)] == ["change_role"]
    with pytest.raises(Invalid):
        db.write(people.change_role, manager, person.id, "king")
    with pytest.raises(Conflict):
        db.write(people.change_role, manager, manager.person_id, "picker")


def test_a_new_badge_makes_the_old_one_worthless_and_ends_turns(db, manager):
    person, device = builders.a_person(db), builders.a_device(db)
    enter(db, person, device)
    fresh = db.write(people.give_new_badge, manager, person.id)
    with db.read() as session:
        assert queries.find_by_badge(session, person.badge) is None
        assert queries.find_by_badge(session, fresh.badge).person_id == person.id
        assert queries.find_turn(session, "t") is None
        assert session.execute(select(SignIn.end_reason)).scalar_one() == "revoked"


def test_the_own_pin_changes_only_with_the_old_one_and_ends_other_turns(db, vault, clock):
    person = builders.a_person(db)
    here, there = builders.a_device(db, "here"), builders.a_device(db, "there")
    enter(db, person, there, token="there")
    enter(db, person, here, token="here")
    with db.read() as session:
        turn = queries.find_turn(session, "here")
    me = Actor(person.id, here, clock.moment, "picker",
               sign_in_id=turn.id)
    assert db.write(people.change_own_pin, me, fits=False, pin_hash="new").code == "people.wrong_pin"
    assert db.write(people.change_own_pin, me, fits=True, pin_hash="new").code == "people.pin_changed"
    with db.read() as session:
        assert session.execute(select(Person.pin_hash).where(Person.id == person.id)).scalar_one() == "new"
        assert queries.find_turn(session, "here") and not queries.find_turn(session, "there")


def test_the_console_has_no_pin_and_never_gets_one(db, manager):
    with db.read() as session:
        console = session.execute(select(Person.id).where(Person.pin_hash == "")).scalar_one()
        listed = queries.list_members(session, clock.now())
    assert console not in [member.id for member in listed]
    for use_case, more in ((people.switch_on, ()), (people.set_pin, ("h",)), (people.give_new_badge, ())):
        with pytest.raises(NotFound):
            db.write(use_case, manager, console, *more)


def test_a_manager_cannot_switch_off_themselves(db, manager):
    with pytest.raises(Conflict, match="not_oneself"):
        db.write(people.switch_off, manager, manager.person_id)


def test_the_managers_list_shows_open_turns_and_not_idle_ones(db, clock):
    person, device = builders.a_person(db), builders.a_device(db, "Pack station 4")
    enter(db, person, device)
    with db.read() as session:
        busy, = [member for member in queries.list_members(session, clock.moment - timedelta(minutes=20))
                 if member.id == person.id]
        idle, = [member for member in queries.list_members(session, clock.moment + timedelta(minutes=1))
                 if member.id == person.id]
    assert [turn.device for turn in busy.turns] == ["Pack station 4"] and idle.turns == ()
