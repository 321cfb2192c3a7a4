"""`warehouse import …`: files in, a report out; every bad row named, the rest loaded."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from warehouse import (
    clock,
    data_folder,
    imports,
    imports_counts,
    imports_purchasing,
    imports_returns,
    imports_stock,
    imports_tracking,
)
from warehouse.config import Config
from warehouse.services import setup

ONE_OR_MORE = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
ONE = click.argument(
    "files", nargs=1, required=True, type=click.Path(path_type=Path), callback=lambda _c, _p, it: (it,))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line on stdout.")


@click.group("import")
def import_files() -> None:
    """Bring in files. The same files again change nothing."""


@import_files.command("catalogue")
@ONE_OR_MORE
@AS_JSON
@click.pass_obj
def import_catalogue(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Items: CSV or XLSX with the columns of any of the known shops, in Chinese or English."""
    _run(config, files, imports_stock.import_catalogue, as_json=as_json)


@import_files.command("layout")
@ONE
@AS_JSON
@click.pass_obj
def import_layout(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Shelves, in the order in which they are walked past."""
    _run(config, files, imports_stock.import_layout, as_json=as_json)


@import_files.command("homes")
@ONE
@AS_JSON
@click.pass_obj
def import_homes(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Fixed shelves: location, ISBN or SKU, min, max."""
    _run(config, files, imports_stock.import_homes, as_json=as_json)


@import_files.command("stock")
@ONE
@AS_JSON
@click.pass_obj
def import_stock(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Opening stock, once: location, ISBN or SKU, quantity, condition."""
    _run(config, files, imports_stock.import_stock, as_json=as_json)


@import_files.command("counts")
@ONE
@AS_JSON
@click.pass_obj
def import_counts(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Counted shelves: location, ISBN or SKU, counted. What differs is for the stocktake desk."""
    _run(config, files, imports_counts.import_counts, as_json=as_json)


@import_files.command("orders")
@ONE_OR_MORE
@AS_JSON
@click.pass_obj
def import_orders(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Orders of any known shop, recognised by content; the two files of Taobao together."""
    def with_time_zone(*args: Any, **kwargs: Any) -> imports.Report:
        return imports.import_orders(*args, time_zone=config.time_zone, **kwargs)

    _run(config, files, with_time_zone, as_json=as_json)


@import_files.command("purchases")
@ONE_OR_MORE
@AS_JSON
@click.pass_obj
def import_purchases(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Purchase orders: supplier, order number, ISBN or SKU, units, price, expected day."""
    _run(config, files, imports_purchasing.import_purchases, as_json=as_json)


@import_files.command("notices")
@ONE_OR_MORE
@AS_JSON
@click.pass_obj
def import_notices(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Delivery notices (ASN): supplier, notice number, order number, parcel, ISBN or SKU, units."""
    _run(config, files, imports_purchasing.import_notices, as_json=as_json)


@import_files.command("returns")
@ONE_OR_MORE
@AS_JSON
@click.pass_obj
def import_returns(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """What customers ask to send back: the shop's number (RMA), order number, ISBN or SKU, quantity, reason."""
    _run(config, files, imports_returns.import_returns, as_json=as_json)


@import_files.command("tracking")
@ONE_OR_MORE
@AS_JSON
@click.pass_obj
def import_tracking(config: Config, files: tuple[Path, ...], *, as_json: bool) -> None:
    """What carriers told of parcels: number, time, status or text, place."""
    def with_time_zone(*args: Any, **kwargs: Any) -> imports_tracking.Report:
        return imports_tracking.import_tracking(*args, time_zone=config.time_zone, **kwargs)

    _run(config, files, with_time_zone, as_json=as_json)


def _run(config: Config, files: tuple[Path, ...], bring_in: Callable[..., Any], *, as_json: bool) -> None:
    """Exit code 0 although rows were rejected; 1 where a file could not be read at all."""
    console = Console(stderr=True)
    contents, unreadable = [], []
    for path in files:
        try:
            contents.append((path.name, path.read_bytes()))
        except OSError as problem:
            unreadable.append(f"{path}: {problem.strerror}")
    with data_folder.opened(config) as database, _bar(console) as bar:
        actor = database.write(setup.system_actor, clock.now())
        task = bar.add_task(", ".join(path.name for path in files), total=None)
        report = bring_in(
            database.write, actor, contents,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    told = report.as_json()
    for reason in unreadable:
        click.echo(f"cannot be read: {reason}", err=True)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
    else:
        _tell(told)
    # Files without a single order speak for themselves: all that they hold is a problem.
    nothing_read = told.get("unreadable") or (told.get("orders") == 0 and told["problems"])
    sys.exit(1 if unreadable or nothing_read else 0)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console,
    )


def _tell(told: dict[str, Any]) -> None:
    for problem in [*told["problems"], *told.get("changes", ())]:
        click.echo(f"{problem['file']} row {problem['row']}: {problem['code']}. {problem['say']}")
    figures = {name: value for name, value in told.items() if isinstance(value, int)}
    click.echo(", ".join(f"{name} {value}" for name, value in figures.items()))
