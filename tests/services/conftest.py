"""What the stories of picking begin with."""

import pytest

from tests.builders import a_tote, an_item


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593")


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587")


@pytest.fixture
def tote(db):
    return a_tote(db, "T-01")
