"""What was measured: as a table on the console, as JSON for later, and as docs/benchmarks.md."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.scans import CORE, ORM
from bench.server import ROOT
from warehouse.db import sqlite_driver

RESULTS = ROOT / "bench" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
BY_HAND = "## Read against the aims"
HEADS = ("what", "engine", "clients", "/s", "per core", "p50 ms", "p95 ms", "p99 ms", "errors", "of ORM", "of Core",
         "others' cores", "loop ms")


def rows_of(figures: list[dict[str, Any]]) -> list[list[str]]:
    """A row a figure; the share of both ceilings per core where they were measured beside it."""
    def share(figure: dict[str, Any], ceiling: str) -> str:
        beside = [one for one in figures if one["what"] == ceiling and one["clients"] == figure["clients"]
                  and one["engine"] == figure["engine"]]
        return f"{figure['per_core'] / beside[0]['per_core']:.0%}" if beside else ""

    return [[
        one["what"], one["engine"], str(one["clients"]), f"{one['per_s']:.0f}", f"{one['per_core']:.0f}",
        f"{one['p50_ms']:.1f}", f"{one['p95_ms']:.1f}", f"{one['p99_ms']:.1f}", str(one["errors"]), share(one, ORM),
        share(one, CORE), f"{one['others_cores']:.1f}", f"{one['calibration_ms']:.0f}"] for one in figures]


def table(heads: tuple[str, ...], rows: list[list[str]]) -> Iterator[str]:
    """Lines of a table that reads well on a console and is Markdown."""
    widths = [max(len(line[at]) for line in [list(heads), *rows]) for at in range(len(heads))]
    for line in (list(heads), ["-" * width for width in widths], *rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"


def lines_of(name: str, told: dict[str, Any]) -> Iterator[str]:
    """One part of the report: its figures, then its other facts in sentences."""
    if "figures" in told:
        yield from table(HEADS, rows_of(told["figures"]))
    yield ""
    yield from SENTENCES[name](told)


def _say_scans(told: dict[str, Any]) -> Iterator[str]:
    two = f" Two processes: {told['two_pss_mib']:.0f} MiB PSS." if told["two_pss_mib"] else ""
    yield (f"Server up {told['start_s']:.1f} s after its start. Memory after all of it: {told['rss_mib']:.0f} MiB RSS,"
           f" {told['pss_mib']:.0f} MiB PSS."
           f"{two} \"Locked\": {told['locked']}. Faults: {told['faults']}. Prove: {_broken(told)}.")


def _say_crowd(told: dict[str, Any]) -> Iterator[str]:
    own, one = told["figures"]
    yield f"One item against items of their own: {one['per_s'] / own['per_s']:.0%} of the rate."
    yield (f"Eight releases at once of {told['stock']} units for twice as many orders reserved {told['granted']}."
           f" Prove: {_broken(told)}.")


def _say_imports(told: dict[str, Any]) -> Iterator[str]:
    yield (f"- {told['engine']}: catalogue of {told['catalogue_rows']:,} rows in {told['catalogue_s']:.1f} s,"
           f" {told['catalogue_rows_per_s']:,.0f} rows/s")
    yield (f"- {told['engine']}: {told['orders']:,} orders in {told['orders_s']:.1f} s, {told['orders_per_s']:,.0f}"
           f" orders/s; the same file again {told['again_per_s']:,.0f} orders/s, {told['again_created']} created")
    yield (f"- {told['engine']}: release of {told['released']:,} orders of three lines in {told['release_s']:.1f} s."
           f" Prove: {_broken(told)}.")


def _say_papers(told: dict[str, Any]) -> Iterator[str]:
    for name in ("slip", "label"):
        yield (f"- {name}: {told[f'{name}_p50_ms']:.1f} ms (p99 {told[f'{name}_p99_ms']:.1f}), {told['batch']} in one"
               f" PDF {told[f'{name}s_s']:.2f} s, {told[f'{name}_bytes']:,} bytes each")
    yield f"- slip + label: {told['slip_p50_ms'] + told['label_p50_ms']:.1f} ms"


def _say_growth(told: dict[str, Any]) -> Iterator[str]:
    first = {one["clients"]: one for one in told["figures"] if one["what"] == told["figures"][0]["what"]}
    for one in told["figures"]:
        yield (f"- {one['what']}, {one['clients']} clients: p50 {one['p50_ms'] / first[one['clients']]['p50_ms']:.2f} ×"
               " the first")
    for proof in told["proofs"]:
        yield f"- prove over {proof['moves']:,} moves: {proof['prove_s']:.1f} s, {_broken(proof)}"


def _say_night(told: dict[str, Any]) -> Iterator[str]:
    for one in told["nights"]:
        yield (f"- {told['engine']}: {one['items']:,} items, {one['moves']:,} moves: {one['total_s']:.1f} s (figures"
               f" read {one['read_s']:.1f}, written {one['write_s']:.1f}, longest write"
               f" {one['longest_write_ms']:.0f} ms; plan of {one['shelves']} shelves {one['plan_s']:.1f}). Bare"
               " SELECT over the moves:"
               f" {one['ceiling_s']:.1f} s, {one['read_s'] / one['ceiling_s']:.1f} × that for the figures."
               f" Prove: {_broken(one)}.")


def _say_counts(told: dict[str, Any]) -> Iterator[str]:
    for one in told["counts"]:
        yield (f"- {told['engine']}: {one['lines']:,} differences approved in one transaction: {one['whole_s']:.2f} s,"
               f" {one['whole_s'] / one['ceiling_s']:.1f} × the bare rows; in lots, {one['promised']} promises taken"
               " back:"
               f" {one['lots_s']:.2f} s, longest lot {one['longest_lot_ms']:.0f} ms. Prove: {_broken(one)}.")


def _say_stock(told: dict[str, Any]) -> Iterator[str]:
    yield (f"- {told['engine']}: {told['moves']:,} moves of {told['items']:,} items, {told['hot']:,} of them the"
           " bestseller's within the 90 days of its chart")
    for name, what in (("card", "the bestseller's card"), ("any_card", "any card"), ("shelf", "a shelf's card"),
                       ("low", "low stock"), ("turnover", "turnover"), ("slow", "slow movers"), ("dead", "dead stock")):
        yield f"- {what}: p50 {told[f'{name}_p50_ms']:.1f} ms, p99 {told[f'{name}_p99_ms']:.1f} ms"
    yield (f"- the bare SELECT over the bestseller's moves: p50 {told['ceiling_p50_ms']:.1f} ms; its card is"
           f" {told['card_p50_ms'] / told['ceiling_p50_ms']:.1f} × that. Others' cores: {told['others_cores']:.1f}")


def _say_desks(told: dict[str, Any]) -> Iterator[str]:
    pasts = told["pasts"]
    heads = ("what", *(f"{one['orders']:,} past orders: p50 ms" for one in pasts), "p99 ms", "last p50 to first",
             "to the ceiling")
    last = pasts[-1]["figures"]
    rows = [
        [name, *(f"{one['figures'][name]['p50_ms']:.1f}" for one in pasts), f"{last[name]['p99_ms']:.1f}",
         f"{last[name]['p50_ms'] / pasts[0]['figures'][name]['p50_ms']:.2f} ×",
         f"{last[name]['p50_ms'] / last['ceiling']['p50_ms']:.0f} ×"]
        for name in last]
    yield f"{told['engine']}:\n"
    yield from table(heads, rows)
    yield ""
    for one in pasts:
        steps = ", ".join(f"{name} {spent:.1f}" for name, spent in one["minute"].items())
        yield (f"- {one['orders']:,} past orders: the first minute after all of them {one['first_minute_ms']:.0f} ms,"
               f" each one after it {sum(one['minute'].values()):.0f} ms ({steps}). Others' cores:"
               f" {one['others_cores']:.1f}")


def _broken(told: dict[str, Any]) -> str:
    return "; ".join(told["broken"]) or "all well"


SENTENCES = {"scans": _say_scans, "crowd": _say_crowd, "imports": _say_imports, "papers": _say_papers,
             "growth": _say_growth, "night": _say_night, "stock": _say_stock, "counts": _say_counts,
             "desks": _say_desks}
TITLES = {
    "scans": "Pick scans over HTTP, beside the ceiling", "crowd": "Eight pickers at one item",
    "imports": "Files in, orders released", "papers": "Paper", "growth": "With a longer past",
    "night": "The night's figures and count plan", "stock": "Stock cards and lists", "counts": "A stocktake approved",
    "desks": "Desks, the customer's page and the minute's work",
}

HEAD = """# Benchmarks

Each part says by which command, when, on which commit and machine it was measured. Clients, server and database shared
the machine.

Medians of the rounds. *Per core*: operations for each CPU second of server and database. *of ORM*, *of Core*: that
figure against the ceiling with as many clients, a bare Flask application under the same server that does one scan-sized
transaction (2 SELECT, 2 INSERT, 1 UPDATE, durable commit), measured in turn with ours. *Others' cores* and the fixed
Python *loop* say how quiet the machine was: figures of different runs compare only where these do.
"""


def machine() -> str:
    versions = f"Python {platform.python_version()}, SQLite {sqlite_driver().sqlite_version}"
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores ({cpu}), {versions}, {platform.system()} {platform.release()}"


def keep(results: dict[str, list[dict[str, Any]]], words: list[str]) -> Path:
    """The raw figures, for comparing runs later."""
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    path = RESULTS / f"{at:%Y%m%dT%H%M%S}.json"
    path.write_text(json.dumps({"at": at.isoformat(), "command": words, "machine": machine(), "commit": _commit(),
                                "results": results}, indent=1), encoding="utf-8")
    return path


def write_page(results: dict[str, list[dict[str, Any]]], words: list[str]) -> None:
    """docs/benchmarks.md: the parts that were measured are written anew, each with its run; the others stay, and so
    does what somebody wrote below the figures."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    figures, mark, by_hand = old.partition(BY_HAND)
    parts = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in figures.split("\n## ")[1:]}
    command = f"`python3 run.py bench {' '.join(words)}`"
    stamp = f"{command} on {datetime.now(UTC):%Y-%m-%d}, commit {_commit()}; {machine()}."
    for name, told in results.items():
        lines = [line for one in told for line in (*lines_of(name, one), "")]
        parts[TITLES[name]] = "\n".join([stamp, "", *lines]).strip()
    written = [f"## {title}\n\n{parts[title]}\n" for title in TITLES.values() if title in parts]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join([HEAD, *written, mark + by_hand]).rstrip() + "\n", encoding="utf-8")


def _commit() -> str:
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "unknown"


def show(name: str, told: dict[str, Any]) -> None:
    for line in lines_of(name, told):
        print(line)
    sys.stdout.flush()
