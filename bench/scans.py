"""Pick scans over real HTTP, beside the ceiling in the same run: rates, milliseconds, CPU, memory."""

import contextlib
import json
import math
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import text

from bench import clients, imports, meter, shop
from bench.clients import HTML, JSON, Crew, Tally
from bench.meter import Noise, cpu_s, median, percentile
from bench.server import House, Process, a_house
from tests import postgres
from warehouse import data_folder
from warehouse.db import Database
from warehouse.errors import NotEnoughStock

ORM, CORE = "ceiling, ORM", "ceiling, Core"
SIZES = (1, 8, 32)
SCANS_A_RUN = 30  # At least: six orders of three lines are 60 to 70 scans.
CROWD = 8
WARM_SCANS = 20


@dataclass(frozen=True)
class Figure:
    """One measured load. `per_core`: operations for each CPU second of server and database."""

    what: str
    engine: str
    clients: int
    count: int
    per_s: float
    per_core: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    others_cores: float
    calibration_ms: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure(what: str, engine: str, crew: Crew, work: Any, jobs: list[tuple[Any, ...]], pids: list[int]) -> Figure:
    """Run the jobs at once and see what they cost the processes `pids`."""
    calibration = meter.calibration_ms()
    noise, before = Noise.begin(), cpu_s(pids)
    tallies = crew.run(work, jobs)
    spent = cpu_s(pids) - before
    others = noise.others_cores(apart=sum_apart(pids, before))
    times = [one for tally in tallies for one in tally.times_ms]
    for problem in [one for tally in tallies for one in tally.errors][:3]:
        print(f"    {what} {engine}: {problem}", file=sys.stderr)
    return Figure(
        what, engine, len(jobs), len(times), len(times) / _elapsed_s(tallies), len(times) / max(spent, 1e-9),
        percentile(times, 0.5), percentile(times, 0.95), percentile(times, 0.99),
        sum(len(tally.errors) for tally in tallies), others, calibration)


def sum_apart(pids: list[int], before: float) -> float:
    """CPU of a database server, which is no child of ours: all of `pids` but the first."""
    return max(0.0, cpu_s(pids) - before) if len(pids) > 1 else 0.0


def _elapsed_s(tallies: Sequence[Tally]) -> float:
    return max(tally.ended for tally in tallies) - min(tally.began for tally in tallies)


def middle(figures: Sequence[Figure]) -> Figure:
    """The median of each figure over its rounds; errors add up."""
    def of(name: str) -> float:
        return median(getattr(figure, name) for figure in figures)

    return replace(
        figures[0], **{name: of(name) for name in (
            "per_s", "per_core", "p50_ms", "p95_ms", "p99_ms", "others_cores", "calibration_ms")},
        count=sum(figure.count for figure in figures), errors=sum(figure.errors for figure in figures))


# --- The whole comparison on one engine ----------------------------------------------------------------------------


def compare(crew: Crew, engine: str, server: postgres.Server, *, rounds: int, scans: int) -> dict[str, Any]:
    """Scans as HTML and as JSON with 1, 8 and 32 clients, each round followed by the ceiling."""
    with a_house(engine, server) as house, data_folder.opened(house.config) as db:
        made = shop.open_shop(db, items=2000, units=100_000)
        plans = {(size, form, turn): plan(db, made, size, per_client(scans, size))
                 for turn in range(rounds) for size in SIZES for form in (HTML, JSON)}
        shared = plan(db, made, CROWD, WARM_SCANS)
        begun = start_warm(crew, house, db, made)
        with a_ceiling(engine, server) as ceiling:
            warm(crew, ceiling)
            figures = [figure for turn in range(rounds) for size in SIZES
                       for figure in one_round(crew, house, ceiling, size, scans, plans, turn, server)]
        rss, pss = meter.memory_mib([house.process.pid])
        two = None if engine == "sqlite" else pss_of_two(crew, house, shared)
        house.process.stop()
        return {
            "figures": [figure.as_dict() for figure in by_median(figures)], "rss_mib": rss, "pss_mib": pss,
            "two_pss_mib": two, "start_s": begun,
            "locked": house.log.count("database is locked"), "faults": house.log.count("fault "),
            "broken": house.prove()}


def pss_of_two(crew: Crew, house: House, workers: Sequence[shop.Worker]) -> float:
    """Proportional memory of two processes on one database, each with half of the pickers."""
    port = postgres.free_port()
    second = Process([*house.process.command[:-1], str(port)], port, house.home / "second.log",
                     house.process.environment)
    second.start()
    try:
        tallies = crew.run(clients.pick, [
            ((house.process.port, port)[n % 2], shop.PIN, worker.plan(), HTML, WARM_SCANS, 0.0)
            for n, worker in enumerate(workers)])
        assert not any(tally.errors for tally in tallies), tallies[0].errors
        return meter.memory_mib([house.process.pid, second.pid])[1]
    finally:
        second.stop()


def start_warm(crew: Crew, house: House, db: Database, made: shop.Shop) -> float:
    """Serve the house and let eight clients scan a little: a server compiles templates and statements on first use,
    once a day. The seconds until its first answer. The file is the server's alone from here on."""
    plans = {form: plan(db, made, CROWD, WARM_SCANS) for form in (HTML, JSON)}
    db.close()
    seconds = house.process.start()
    for form, workers in plans.items():
        tallies = crew.run(clients.pick, [
            (house.process.port, shop.PIN, worker.plan(), form, WARM_SCANS, 0.0) for worker in workers])
        assert not any(tally.errors for tally in tallies), tallies[0].errors
    return seconds


def warm(crew: Crew, ceiling: Process) -> None:
    for path in ("/orm", "/core"):
        crew.run(clients.post, [(ceiling.port, path, [json.dumps({"raw": f"{1:013d}"})] * WARM_SCANS)] * CROWD)


def one_round(
    crew: Crew, house: House, ceiling: Process, size: int, scans: int, plans: dict[Any, Any], turn: int,
    server: postgres.Server,
) -> Iterator[Figure]:
    each = per_client(scans, size)
    for form in (HTML, JSON):
        jobs = [(house.process.port, shop.PIN, worker.plan(), form, each, 0.0) for worker in plans[size, form, turn]]
        yield measure(f"pick scan, {form}", house.engine, crew, clients.pick, jobs,
                      pids_of(house.process, house.engine, server))
    for what, path in ((ORM, "/orm"), (CORE, "/core")):
        codes = [[f"{1 + (n * each + k) % 2000:013d}" for k in range(each)] for n in range(size)]
        jobs = [(ceiling.port, path, [json.dumps({"raw": code}) for code in mine]) for mine in codes]
        yield measure(what, house.engine, crew, clients.post, jobs, pids_of(ceiling, house.engine, server))


def plan(db: Database, made: shop.Shop, size: int, each: int) -> list[shop.Worker]:
    """Runs enough for `size` new pickers with `each` scans."""
    runs = size * math.ceil(each / SCANS_A_RUN)
    first = next_order()
    orders = shop.take_orders(db, first, shop.baskets_for(made, runs * shop.SLOTS, first=first))
    return shop.load_runs(db, shop.release(db, orders), shop.hire(db, [f"Picker {n}" for n in range(size)]))


_orders_so_far = [0]


def next_order() -> int:
    """A number from which on no order was made yet."""
    _orders_so_far[0] += 100_000
    return _orders_so_far[0]


def per_client(scans: int, size: int) -> int:
    return max(10, scans // size)


def pids_of(process: Process, engine: str, server: postgres.Server) -> list[int]:
    return [process.pid] if engine == "sqlite" else [process.pid, meter.postmaster(server.folder)]


@contextlib.contextmanager
def a_ceiling(engine: str, server: postgres.Server) -> Iterator[Process]:
    """The bare application on a database of its own, on the same disk and server."""
    with a_house(engine, server) as house:
        url = house.url if engine != "sqlite" else f"sqlite:///{house.home / 'ceiling.db'}"
        if engine != "sqlite":
            url = postgres.new_database(server.url).replace("postgresql://", "postgresql+psycopg://", 1)
        port = postgres.free_port()
        process = Process([sys.executable, "-m", "bench.ceiling_app", url, str(port)], port, house.home / "ceiling.log")
        try:
            process.start()
            yield process
        finally:
            process.stop()
            if engine != "sqlite":
                postgres.drop_database(url)


def by_median(figures: Sequence[Figure]) -> list[Figure]:
    keys = dict.fromkeys((figure.what, figure.clients) for figure in figures)
    return [middle([figure for figure in figures if (figure.what, figure.clients) == key]) for key in keys]


# --- Many at one item ----------------------------------------------------------------------------------------------


def crowd(crew: Crew, engine: str, server: postgres.Server, *, rounds: int, scans: int) -> dict[str, Any]:
    """Eight clients on one item and shelf, against eight on items of their own; then eight releases at once of
    more than there is."""
    each = per_client(scans, CROWD)
    with a_house(engine, server) as house, data_folder.opened(house.config) as db:
        made = shop.open_shop(db, items=200, units=1_000_000)
        plans = {(kind, turn): _crowd_plan(db, made, each, shared=kind == "one item")
                 for turn in range(rounds) for kind in ("own items", "one item")}
        start_warm(crew, house, db, made)
        figures = []
        for turn in range(rounds):
            for kind in ("own items", "one item"):
                jobs = [(house.process.port, shop.PIN, worker.plan(), HTML, each, 0.0) for worker in plans[kind, turn]]
                figures.append(measure(f"8 clients, {kind}", engine, crew, clients.pick, jobs,
                                       pids_of(house.process, engine, server)))
        house.process.stop()
        granted, stock = over_reserve(house)
        return {"figures": [figure.as_dict() for figure in by_median(figures)], "granted": granted, "stock": stock,
                "broken": house.prove()}


def _crowd_plan(db: Database, made: shop.Shop, each: int, *, shared: bool) -> list[shop.Worker]:
    items = [made.item_ids[0 if shared else 1 + n] for n in range(CROWD)]
    orders = shop.take_orders(db, next_order(), [[(item, each)] for item in items])
    wave = shop.release(db, orders, grouping="by_order")
    return shop.load_runs(db, wave, shop.hire(db, [f"Picker {n}" for n in range(CROWD)]))


def over_reserve(house: House) -> tuple[int, int]:
    """(units reserved, units there were) after eight releases at once of twice the stock of one item."""
    stock, asked = 40, 10
    with data_folder.opened(house.config) as db:
        item = imports.add_item(db, "SCARCE", stock)
        batches = [shop.take_orders(db, next_order(), [[(item, 1)]] * asked) for _ in range(CROWD)]
        gate = threading.Barrier(CROWD)
        at_once([lambda orders=orders: _release_until_done(db, gate, orders) for orders in batches])
        return _reserved(db, item), stock


def _release_until_done(db: Database, gate: threading.Barrier, orders: list[int]) -> None:
    gate.wait()
    for order in orders:
        with contextlib.suppress(NotEnoughStock):  # Another was faster: this one would be allocated anew.
            shop.release(db, [order])


def at_once(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _reserved(db: Database, item_id: int) -> int:
    with db.read() as session:
        told = session.execute(text("SELECT SUM(reserved) FROM stock_balance WHERE item_id = :item"), {"item": item_id})
        return int(told.scalar_one())
