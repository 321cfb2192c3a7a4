"""When a pick face is filled, with how much, and from where."""

from dataclasses import replace
from datetime import UTC, datetime

from warehouse.domain.replenishment import Face, Need, Reserve, Wanted, need_of, share

DUE = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
FACE = Face(item_id=1, location_id=2, sequence=50, on_hand=4, reserved=0, least=5, most=20, pick_free=4)


def told(face, wanted=None):
    need = need_of(face, wanted)
    return need and (need.units, need.why, need.due_at)


def test_a_face_under_its_least_is_filled_up_to_its_most():
    assert told(FACE) == (16, "min", None)
    assert told(replace(FACE, on_hand=5)) is None
    assert told(replace(FACE, least=None, most=None, on_hand=0)) is None


def test_a_face_that_is_being_filled_is_filled_whole():
    assert told(replace(FACE, on_hand=12, is_begun=True)) == (8, "min", None)
    assert told(replace(FACE, on_hand=20, is_begun=True)) is None


def test_reserved_units_do_not_count_towards_the_least_but_take_room():
    assert told(replace(FACE, on_hand=8, reserved=4)) == (12, "min", None)


def test_orders_that_want_more_than_all_pick_faces_have_come_first_with_their_time():
    assert told(FACE, Wanted(10, DUE)) == (16, "orders", DUE)
    assert told(replace(FACE, on_hand=10, pick_free=10), Wanted(13, DUE)) == (3, "orders", DUE)
    assert told(replace(FACE, on_hand=10, pick_free=10), Wanted(10, DUE)) is None


def test_what_is_on_its_way_is_not_brought_twice():
    assert told(replace(FACE, on_hand=10, pick_free=10, coming=2), Wanted(13, DUE)) == (1, "orders", DUE)
    assert told(replace(FACE, coming=1)) is None
    assert told(replace(FACE, on_hand=0, coming=2), Wanted(1, DUE)) == (18, "min", None)


def test_the_smallest_rests_are_emptied_first_and_among_equals_the_nearest():
    need = Need(FACE, 9, "min", None)
    reserves = [Reserve(10, 500, 8), Reserve(11, 400, 3), Reserve(12, 60, 3)]

    assert share(need, reserves) == [(12, 3), (11, 3), (10, 3)]
    assert share(replace(need, units=2), reserves) == [(12, 2)]
    assert share(replace(need, units=99), reserves) == [(12, 3), (11, 3), (10, 8)]
