"""`warehouse serve`: the tablets' server, until it is stopped."""

import signal
import sys
from typing import Any

import click
import waitress

from warehouse import data_folder, jobs
from warehouse.app import UPLOAD_LIMIT_BYTES, create_app
from warehouse.config import Config
from warehouse.db import sqlite_driver
from warehouse.errors import SetUpProblem

THREADS = 16
# Above the limit of the pages, which say so in a sentence.
MOST_BYTES = 2 * UPLOAD_LIMIT_BYTES
LOCAL = ("127.0.0.1", "0.0.0.0")  # noqa: S104 - to show an address, not to listen

HOST = click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets the tablets of the house in."
)
PORT = click.option("--port", default=8080, show_default=True, help="0 takes any free one.")


@click.command()
@HOST
@PORT
@click.pass_obj
def serve(config: Config, host: str, port: int) -> None:
    """Serve the tablets until stopped."""
    run(config, host, port)


def run(config: Config, host: str, port: int, *, or_any: bool = False) -> None:
    """`or_any`: where the port is taken, any free one will do."""
    with data_folder.opened(config) as database:
        app = create_app(config, database)
        try:
            server = waitress.create_server(app, host=host, port=port, **server_settings(config))
        except OSError as problem:
            if not or_any:
                raise SetUpProblem(
                    f"Cannot listen on {host}:{port}: {problem.strerror}. Choose another --port.") from None
            server = waitress.create_server(app, host=host, port=0, **server_settings(config))
        # A stopped service ends what it began: the scan in hand is answered, the database closed.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        shown = "localhost" if host in LOCAL else host
        click.echo(f"Serving http://{shown}:{getattr(server, 'effective_port', port)} with {_engine_name(config)}")
        if not config.is_https:
            click.echo("Without https anyone on the same network can read along. Set `is_https = true` in"
                       " warehouse.toml behind a proxy that speaks https.", err=True)
        watch = jobs.Watch(config, database)
        watch.start()
        try:
            server.run()
        finally:
            watch.stop()


def server_settings(config: Config) -> dict[str, Any]:
    """Who asks is told by the proxy that the settings name, and by nobody else. What is larger than any upload is not
    taken onto the disk first."""
    usual: dict[str, Any] = {"threads": THREADS, "max_request_body_size": MOST_BYTES}
    if not config.trusted_proxy:
        return usual
    return {**usual, "trusted_proxy": config.trusted_proxy, "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for"}, "clear_untrusted_proxy_headers": True}


def _engine_name(config: Config) -> str:
    return f"SQLite {sqlite_driver().sqlite_version}" if config.is_sqlite else "PostgreSQL"
