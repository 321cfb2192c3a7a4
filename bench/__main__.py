"""`python3 run.py bench [--quick] [--write] [names…]` and `python3 run.py soak --minutes N`.

Names: scans, crowd, imports, papers (all four where none is told), growth (also by --growth: it builds databases of
up to a million past orders, which takes many minutes), night and stock (up to five million moves), counts (ten
thousand differences approved) and desks (pages of the desk behind up to a million past orders). --engine measures one
engine only. Figures go to the console and to bench/results; --write puts them into docs/benchmarks.md.
"""

import argparse
import sys
from typing import Any

from bench import counts, desks, growth, imports, night, papers, report, scans, stock_card
from bench.clients import Crew
from bench.server import ENGINES, durable_postgres
from tests import postgres

USUAL = ("scans", "crowd", "imports", "papers")
MOST_CLIENTS = 32


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*",
                        help="scans, crowd, imports, papers, growth, night, stock, counts, desks, or soak alone")
    parser.add_argument("--quick", action="store_true", help="one small round of each: to see that it works")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--minutes", type=int, default=30, help="of soak")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scans", type=int, default=1600, help="of each load in each round")
    given = parser.parse_args(words)
    names = [*given.names, *(["growth"] if given.growth and "growth" not in given.names else [])]
    if wrong := set(names) - {*USUAL, "growth", "night", "stock", "counts", "desks", "soak"}:
        parser.error(f"no such part: {', '.join(sorted(wrong))}")
    crew = Crew(MOST_CLIENTS)
    try:
        with durable_postgres() as server:
            if names == ["soak"]:
                went_well = [growth.soak(crew, engine, server, minutes=given.minutes)
                             for engine in given.engine or ENGINES]
                return 0 if all(went_well) else 1
            results = measure_all(crew, server, names or list(USUAL), given)
    finally:
        crew.close()
    print(f"\n{report.keep(results, words)}")
    if given.write:
        report.write_page(results, words)
        print(report.PAGE)
    return 0 if all(is_right(told) for parts in results.values() for told in parts) else 1


def measure_all(crew: Crew, server: postgres.Server, names: list[str], given: Any) -> dict[str, list[dict[str, Any]]]:
    """Each part on each engine; shown as it comes."""
    engines = given.engine or list(ENGINES)
    rounds, count = (1, 96) if given.quick else (given.rounds, given.scans)
    parts: dict[str, Any] = {
        "scans": lambda engine: scans.compare(crew, engine, server, rounds=rounds, scans=count),
        "crowd": lambda engine: scans.crowd(crew, engine, server, rounds=rounds, scans=count),
        "imports": lambda engine: imports.run(
            engine, server, orders=200 if given.quick else 4000, released=100 if given.quick else 2000),
        "papers": lambda _: papers.run(batch=20 if given.quick else 500, single=20 if given.quick else 200),
        "night": lambda engine: night.run(engine, server, sizes=night.QUICK_SIZES if given.quick else night.SIZES),
        "stock": lambda engine: stock_card.run(
            engine, server, size=stock_card.QUICK if given.quick else stock_card.FULL,
            count=20 if given.quick else 400),
        "counts": lambda engine: counts.run(
            engine, server, sizes=counts.QUICK_SIZES if given.quick else counts.SIZES),
        "desks": lambda engine: desks.run(
            engine, server, pasts=desks.QUICK_PASTS if given.quick else desks.PASTS, count=10 if given.quick else 100),
        "growth": lambda engine: growth.run(
            crew, engine, server, pasts=growth.QUICK_PASTS if given.quick else growth.PASTS, rounds=rounds,
            count=count),
    }
    results: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        print(f"\n## {report.TITLES[name]}\n", flush=True)
        for engine in engines[:1] if name == "papers" else engines:
            told = parts[name](engine)
            results.setdefault(name, []).append(told)
            report.show(name, told)
    return results


def is_right(told: dict[str, Any]) -> bool:
    """Speed is judged by a reader; a wrong book, an error, a lock or one unit too many fails the run."""
    proofs = told.get("proofs", [told])
    return not any((
        any(one.get("broken") for one in proofs), any(figure["errors"] for figure in told.get("figures", ())),
        told.get("locked"), told.get("faults"), told.get("granted", 0) > told.get("stock", 0)))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
