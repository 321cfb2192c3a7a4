"""Whether the server is up, for whoever watches it from outside: a monitor, a start script, the crash tests."""

import os

from flask import Blueprint, Response

from warehouse.web.access import PUBLIC, rule
from warehouse.web.http import answer_json, config

bp = Blueprint("up", __name__)


@bp.get("/up")
@rule(PUBLIC)
def up() -> Response:
    """Which process answers, and on which engine it stands. Reads nothing, so it says nothing of the shop."""
    return answer_json({"pid": os.getpid(), "database": "sqlite" if config().is_sqlite else "postgresql"})
