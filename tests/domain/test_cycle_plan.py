"""Whose turn it is to be counted."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse.domain.cycle_plan import Standing, choose, due_by_class

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)


def standing(shelf, abc="C", days=None, *, item=None, right=None):
    """A title on shelf number `shelf`, which is also its place in the walk, counted `days` ago."""
    counted_at = None if days is None else NOW - timedelta(days=days)
    return Standing(item or shelf, shelf, shelf, abc, counted_at, right)


@pytest.mark.parametrize(("abc", "days"), [("A", 30), ("B", 90), ("C", 365)])
def test_a_title_is_due_when_the_days_of_its_class_are_over(abc, days):
    assert choose([standing(1, abc, days - 1)], NOW) == []
    assert choose([standing(1, abc, days)], NOW) == [1]


def test_what_was_never_counted_is_due():
    assert choose([standing(1)], NOW) == [1]


def test_a_comes_before_b_and_c_and_the_longest_uncounted_first():
    titles = [standing(1, "C"), standing(2, "B"), standing(3, "A", 31), standing(4, "A", 99), standing(5, "A")]

    for most, shelves in ((1, [5]), (2, [4, 5]), (3, [3, 4, 5]), (4, [2, 3, 4, 5]), (5, [1, 2, 3, 4, 5])):
        assert choose(titles, NOW, most) == shelves


def test_shelves_come_in_the_order_of_the_walk_each_once():
    titles = [standing(9, "A", item=1), standing(2, "A", item=2), standing(9, "C", item=3)]

    assert choose(titles, NOW) == [2, 9]


def test_no_more_shelves_than_a_day_holds_from_the_beginning_of_the_walk():
    assert choose([standing(n) for n in range(100, 0, -1)], NOW, 60) == list(range(1, 61))


def test_a_title_that_was_wrong_is_counted_again_after_a_fortnight_wherever_it_stands():
    wrong, elsewhere = standing(1, days=20, item=7, right=False), standing(2, days=20, item=7, right=True)

    assert choose([wrong, elsewhere, standing(3, days=20, right=True)], NOW) == [1, 2]
    assert choose([standing(1, days=13, item=7, right=False)], NOW) == []


def test_a_shelf_with_too_many_wrong_titles_is_counted_again_whole():
    titles = [standing(1, days=20, item=n, right=n != 1) for n in range(1, 21)]
    assert choose(titles, NOW) == [1]  # The wrong title itself is due.
    titles = [standing(1, days=20 if n > 2 else 1, item=n, right=n > 2) for n in range(1, 21)]
    assert choose(titles, NOW) == [1]  # Eighteen of twenty are not enough: all its titles are due.


def test_nineteen_right_of_twenty_are_trusted():
    titles = [standing(1, days=20 if n > 1 else 1, item=n, right=n > 1) for n in range(1, 21)]

    assert choose(titles, NOW) == []


def test_found_right_the_next_time_it_is_trusted_again():
    assert choose([standing(1, days=20, right=True)], NOW) == []


def test_the_untrusted_come_with_class_a():
    titles = [standing(1, "B", 300), standing(2, "C", 20, right=False)]

    assert choose(titles, NOW, 1) == [2]


def test_due_and_never_counted_are_told_by_class():
    titles = [standing(1, "A", 31), standing(2, "A", 1), standing(3, "A"), standing(4, "C", 1)]

    assert due_by_class(titles, NOW) == {"A": (3, 2, 1), "B": (0, 0, 0), "C": (1, 0, 0)}
