"""The same scan with a longer and longer past, and a long shift: nothing may get slower, bigger or wrong."""

import contextlib
import time
from typing import Any

from bench import clients, meter, past, scans, shop
from bench.clients import HTML, Crew
from bench.server import a_house
from tests import postgres
from warehouse import data_folder

SIZES = (1, 8)
# 280,000 past orders are a million moves.
PASTS, QUICK_PASTS = (1_000, 100_000, 280_000, 1_000_000), (100, 1_000)
SHIFT, THINK_S = 30, 0.5
SCANS_A_MINUTE = 90


def run(
    crew: Crew, engine: str, server: postgres.Server, *, pasts: tuple[int, ...], rounds: int, count: int,
) -> dict[str, Any]:
    """Scan figures for each length of the past, taken in turn, and how long the proof of all of it takes."""
    with contextlib.ExitStack() as stack:
        houses, told = {}, []
        for length in pasts:
            house = stack.enter_context(a_house(engine, server))
            with data_folder.opened(house.config) as db:
                made = shop.open_shop(db, items=2000, units=100_000)
                begun = time.perf_counter()
                moves = past.add_past(db, made, length)
                print(f"    {engine}: {length:,} past orders, {moves:,} moves in {time.perf_counter() - begun:.0f} s",
                      flush=True)
                plans = {(size, turn): scans.plan(db, made, size, scans.per_client(count, size))
                         for turn in range(rounds) for size in SIZES}
                scans.start_warm(crew, house, db, made)
            houses[length] = house, plans, moves
        figures = []
        for turn in range(rounds):
            for size in SIZES:
                for length, (house, plans, _) in houses.items():
                    jobs = [(house.process.port, shop.PIN, worker.plan(), HTML, scans.per_client(count, size), 0.0)
                            for worker in plans[size, turn]]
                    figures.append(scans.measure(f"{length:,} past orders", engine, crew, clients.pick, jobs,
                                                 scans.pids_of(house.process, engine, server)))
        for length, (house, _, moves) in houses.items():
            house.process.stop()
            begun = time.perf_counter()
            broken = house.prove()
            told.append({"orders": length, "moves": moves, "prove_s": time.perf_counter() - begun, "broken": broken})
        return {"figures": [figure.as_dict() for figure in scans.by_median(figures)], "proofs": told}


def soak(crew: Crew, engine: str, server: postgres.Server, *, minutes: int) -> bool:
    """Thirty pickers with time to think, minute by minute; True if nothing went wrong to the end."""
    with a_house(engine, server) as house:
        with data_folder.opened(house.config) as db:
            made = shop.open_shop(db, items=2000, units=1_000_000)
        house.process.start()
        pids, is_well = scans.pids_of(house.process, engine, server), True
        print("minute  scans/s  per core  p50 ms  p99 ms  errors  RSS MiB  PSS MiB")
        for minute in range(1, minutes + 1):
            # Planned beside the running server, as a lead releases waves beside the pickers.
            with data_folder.opened(house.config) as db:
                workers = scans.plan(db, made, SHIFT, SCANS_A_MINUTE)
            jobs = [(house.process.port, shop.PIN, worker.plan(), HTML, SCANS_A_MINUTE, THINK_S) for worker in workers]
            figure = scans.measure("shift", engine, crew, clients.pick, jobs, pids)
            rss, pss = meter.memory_mib(pids[:1])
            print(f"{minute:6}  {figure.per_s:7.1f}  {figure.per_core:8.0f}  {figure.p50_ms:6.1f}  {figure.p99_ms:6.1f}"
                  f"  {figure.errors:6}  {rss:7.0f}  {pss:7.0f}", flush=True)
            is_well = is_well and not figure.errors
        house.process.stop()
        broken, locked = house.prove(), house.log.count("database is locked")
        print(f"prove: {broken or 'all well'}; locked: {locked}; faults: {house.log.count('fault ')}")
        return is_well and not broken and not locked
