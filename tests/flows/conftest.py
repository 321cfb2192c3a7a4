"""A warehouse of one's own on either engine, made by the program's own commands."""

import pytest

from bench.server import a_house
from tests.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request):
    """Made and empty, not yet served."""
    server = Server(request.getfixturevalue("postgres_server")) if request.param == "postgresql" else None
    with a_house(request.param, server) as made:
        yield made
