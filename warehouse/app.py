"""Where the rooms are put together: settings and database in, the web application out."""

from collections.abc import MutableMapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import Environment
from htmx_flask import Htmx
from jinja2 import StrictUndefined

from warehouse.config import Config
from warehouse.db import Database
from warehouse.web import access, errors, limits, pages, screen_scanner
from warehouse.web.http import PlainJson

# Each has a blueprint named `bp`.
ROOMS = (
    "up", "home", "people", "picking", "packing", "shipping", "orders", "orders_change", "waves", "board", "papers",
    "putback", "incidents", "incidents_trends", "incidents_sheet", "equipment", "receiving", "purchasing", "stock",
    "transfers", "counting", "accuracy", "stocktakes",
    "returns", "returns_figures", "returns_bench", "refunds", "service", "messages", "customer", "delays", "tracking",
    "pauses",
)
UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
HERE = Path(__file__).parent


def create_app(config: Config, database: Database) -> Flask:
    """The web application over one open database."""
    app = Flask("warehouse", static_folder=_folder("static"), template_folder=_folder("templates"))
    app.jinja_environment = Templates
    app.json = PlainJson(app)
    app.config["MAX_CONTENT_LENGTH"] = UPLOAD_LIMIT_BYTES
    app.extensions.update({
        "warehouse.config": config, "warehouse.database": database,
        "warehouse.templates": frozenset(app.jinja_env.list_templates(["html"])),
    })
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.auto_reload = False
    app.jinja_env.trim_blocks = True
    Htmx(app)
    access.guard(app)
    limits.furnish(app)
    errors.listen(app)
    pages.furnish(app)
    screen_scanner.furnish(app)
    for room in ROOMS:
        if find_spec(f"warehouse.web.{room}"):
            app.register_blueprint(import_module(f"warehouse.web.{room}").bp)
    return app


class Templates(Environment):
    """Every template sees the same functions, in one plain dict. The library's chain of dicts is walked name by
    name at each import and include: a tenth of what a screen costs."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals


def _folder(name: str) -> str:
    """Inside the package when installed, beside it in the source tree."""
    inside = HERE / name
    return str(inside if inside.is_dir() else HERE.parent / name)
