"""Classes by value and by picks."""

from warehouse.domain.abc import Moving, classify


def classes(*values, picks=None, currency="CNY"):
    """The classes of items 1, 2, 3 … that sold these values."""
    found = classify([Moving(n, currency, value, (picks or {}).get(n, 0)) for n, value in enumerate(values, start=1)])
    return "".join(found[n] for n in sorted(found))


def test_a_makes_eighty_percent_of_the_value_b_ninety_five_and_c_the_rest():
    assert classes(50, 30, 10, 5, 5) == "AABBC"


def test_the_title_that_crosses_the_line_still_belongs_above_it():
    assert classes(79, 10, 6, 5) == "AABC"
    assert classes(1) == "A"


def test_what_sold_nothing_is_c():
    assert classes(100, 0, 0) == "ACC"
    assert classes(0, 0) == "CC"


def test_the_order_of_equal_titles_does_not_change_from_night_to_night():
    same = [Moving(n, "CNY", 10, 0) for n in range(1, 11)]

    assert classify(same) == classify(same[::-1])


def test_each_currency_is_cut_for_itself():
    dear_yen = Moving(1, "JPY", 100_000, 0)
    pounds = [Moving(2, "GBP", 900, 0), Moving(3, "GBP", 100, 0)]

    assert classify([dear_yen, *pounds]) == {1: "A", 2: "A", 3: "B"}


def test_cheap_titles_that_are_picked_most_are_a_and_often_are_b():
    values = [1000, *[0] * 99]
    picks = {n: 1000 - n for n in range(2, 101)}

    # A hundred titles: the first by picks is A, the first five are at least B.
    assert classes(*values, picks=picks) == "AABBBB" + "C" * 94


def test_a_title_that_nobody_picked_is_not_raised():
    assert classes(*[0] * 100) == "C" * 100


def test_being_picked_often_never_lowers_a_class():
    values = [100, *[1] * 19]

    assert classes(*values, picks={1: 5})[0] == "A"
