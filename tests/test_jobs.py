"""What the clock starts: once a night, by one of all who look, and cleanly stopped."""

import logging
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from tests.builders import an_item, stock_at
from warehouse import clock as warehouse_clock
from warehouse import data_folder, jobs
from warehouse.cli import main
from warehouse.config import Config
from warehouse.db import open_database
from warehouse.models.catalog import ItemFigure
from warehouse.models.counting import CountSession, CountTask
from warehouse.models.journal import NightRun
from warehouse.services import cycle_plan, figures

DAY = "2026-03-04"


@pytest.fixture
def config(tmp_path):
    return Config(home=tmp_path, database_url="as given")


@pytest.fixture
def shelf(db):
    return stock_at(db, "A-01-1", an_item(db, "Dune", isbn="9780441013593"), 3)


def count(db, model):
    with db.read() as session:
        return session.execute(select(func.count()).select_from(model)).scalar()


def is_done(db, day=DAY):
    with db.read() as session:
        return session.execute(select(NightRun.done_at).where(NightRun.day == day)).scalar() is not None


@pytest.mark.parametrize(("utc", "day"), [
    ("2026-03-03T17:59:00", None), ("2026-03-03T18:00:00", "2026-03-04"), ("2026-03-04T15:00:00", "2026-03-04"),
    ("2026-03-04T16:00:00", None)])
def test_the_night_begins_at_its_hour_by_the_shops_own_clock(config, utc, day):
    assert jobs.day_due(config, datetime.fromisoformat(utc).replace(tzinfo=UTC)) == day


def test_a_night_reckons_figures_and_plans_the_count(db, config, shelf):
    night = jobs.run_night(config, db, DAY)

    assert (night.day, night.items, night.shelves) == (DAY, 1, 1)
    assert count(db, ItemFigure) == 1
    with db.read() as session:
        assert session.execute(select(CountSession.kind)).scalars().all() == ["cycle"]
    assert is_done(db)


def test_the_same_night_is_done_once(db, config, shelf):
    jobs.run_night(config, db, DAY)

    assert jobs.run_night(config, db, DAY) is None
    assert count(db, CountTask) == 1


def test_of_many_who_look_at_once_one_does_it(db, config, shelf, database_url, vault):
    others = [open_database(database_url, vault) for _ in range(3)]
    found = []
    threads = [threading.Thread(target=lambda own=own: found.append(jobs.run_night(config, own, DAY)))
               for own in [db, *others]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()

    assert len(found) == 4
    assert sum(night is not None for night in found) == 1
    assert count(db, CountSession) == 1


def test_a_night_that_was_broken_off_is_begun_again_after_an_hour(db, config, clock, shelf):
    stop = threading.Event()
    stop.set()
    with pytest.raises(jobs.BrokenOff):
        jobs.run_night(config, db, DAY, stop=stop)
    assert not is_done(db)

    clock.forward(minutes=59)
    assert jobs.run_night(config, db, DAY) is None
    clock.forward(minutes=1)

    assert jobs.run_night(config, db, DAY).shelves == 1
    assert is_done(db)


def test_a_broken_night_that_is_begun_again_plans_the_count_once(db, config, clock, shelf, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(jobs.replenishment, "plan_replenishment", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            jobs.run_night(config, db, DAY)
    clock.forward(hours=2)

    jobs.run_night(config, db, DAY)

    assert count(db, CountSession) == 1


def test_no_more_shelves_are_planned_than_the_setting_says(db, tmp_path):
    for n in range(3):
        stock_at(db, f"A-01-{n}", an_item(db, f"Book {n}", isbn=None, sku=f"B{n}"))

    assert jobs.run_night(Config(tmp_path, "as given", count_shelves_a_day=2), db, DAY).shelves == 2


def test_the_watch_does_the_work_when_the_hour_has_come(db, config, clock, shelf):
    watch = jobs.Watch(config, db)
    with warehouse_clock.standing_at(clock.moment - timedelta(hours=9)):
        assert watch.look() is None

    assert watch.look().day == DAY
    assert watch.look() is None


def test_a_fault_is_logged_and_the_watch_goes_on(db, config, shelf, monkeypatch, caplog):
    watch = jobs.Watch(config, db)
    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "warehouse.jobs"):
        patch.setattr(figures, "look", lambda *_: 1 / 0)
        assert watch.look() is None
    assert "ZeroDivisionError" in caplog.text

    with warehouse_clock.standing_at(warehouse_clock.now() + timedelta(hours=1)):
        assert watch.look() is not None


def test_a_stopped_watch_ends_at_once_and_between_two_steps(db, config, shelf, monkeypatch):
    watch = jobs.Watch(config, db)
    watch.start()
    watch.stop()
    assert not watch._thread.is_alive()

    # Stopped while the figures are written: what comes after is left to the next who looks.
    assert watch.look() is None
    assert count(db, CountSession) == 0
    assert not is_done(db)


def test_the_watch_looks_every_minute(db, config, shelf, monkeypatch):
    looked = threading.Event()
    monkeypatch.setattr(jobs, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(cycle_plan, "open_day", lambda *_: looked.set())
    watch = jobs.Watch(config, db)
    watch.start()

    assert looked.wait(timeout=10)
    watch.stop()


def test_the_console_starts_it_for_cron(db, shelf, monkeypatch, tmp_path):
    @contextmanager
    def opened(_):
        yield db

    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setattr(data_folder, "opened", opened)

    first, again = (CliRunner().invoke(main, ["night"]) for _ in range(2))
    wrong = CliRunner().invoke(main, ["night", "--day", "tomorrow"])

    assert "figures of 1 items, 1 shelves" in first.stdout
    assert "done already" in again.stdout
    assert (wrong.exit_code, "no day like" in wrong.output) == (2, True)
