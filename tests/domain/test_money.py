"""Amounts are written in their currency's own units."""

import pytest

from warehouse.domain.money import minor_per_major, write_amount


@pytest.mark.parametrize(("minor", "currency", "text"), [
    (1250, "GBP", "12.50"), (5, "CNY", "0.05"), (-1205, "EUR", "-12.05"), (1250, "JPY", "1250"), (-3, "KRW", "-3"),
    (1250, "", "12.50"),
])
def test_an_amount_is_written_in_whole_units_and_what_is_below_them(minor, currency, text):
    assert write_amount(minor, currency) == text


def test_a_yen_has_no_parts():
    assert minor_per_major("JPY") == 1
    assert minor_per_major("CNY") == minor_per_major("XYZ") == 100
