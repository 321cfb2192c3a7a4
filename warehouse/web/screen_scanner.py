"""The scanner on the screen, in the demo shop: what one would scan now, and one wrong thing to try."""

from datetime import datetime
from typing import Any

from flask import Flask

from warehouse.domain.own_labels import make_label
from warehouse.queries import demo as codes_query
from warehouse.web.http import config, read


def furnish(app: Flask) -> None:
    """Put the panel within reach of the work screens."""
    app.jinja_env.globals.update(is_demo=is_demo, demo_codes=demo_codes, moment=datetime.fromisoformat,
                                 own_label=make_label)


def is_demo() -> bool:
    return config().is_demo


def demo_codes(task: dict[str, Any]) -> list[tuple[str, str]]:
    """(what it is, what a gun would send), the right one first. Empty outside the demo."""
    if not is_demo():
        return []
    with read() as session:
        return codes_query.list_codes(session, task)
