"""What the stories of picking and packing begin with."""

import pytest

from tests.builders import a_tote, an_item
from tests.packers import at_bench


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500, length_mm=210, width_mm=140, height_mm=30)


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", weight_g=300, length_mm=198, width_mm=129, height_mm=25)


@pytest.fixture
def tote(db):
    return a_tote(db, "T-01")


@pytest.fixture
def picked(db, actor, picker, packer, dune, emma):
    """Two copies of Dune and one Emma in tote T-01, and who will pack them: (bench, order, tote)."""
    return at_bench(db, actor, picker, packer, {dune: 2, emma: 1})
