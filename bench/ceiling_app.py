"""The ceiling: a bare Flask application under the same server and settings, doing one scan-sized transaction
(2 SELECT, 2 INSERT, 1 UPDATE, durable commit) through the ORM and through Core. No sign-in, no rules, no screen."""

import json
import os
import sys
import threading
import time
import uuid
from contextlib import nullcontext
from typing import Any

import waitress
from flask import Flask, Response, request
from sqlalchemy import BigInteger, Engine, ForeignKey, Integer, create_engine, event, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from warehouse.cli_serve import THREADS
from warehouse.db import sqlite_driver

ITEMS = 2000
PLENTY = 10**9
Key = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]


class Balance(Base):
    __tablename__ = "balance"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"), unique=True)
    on_hand: Mapped[int]


class ScanRow(Base):
    __tablename__ = "scan"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scan_id: Mapped[str] = mapped_column(unique=True)
    raw: Mapped[str]
    at_ms: Mapped[int] = mapped_column(BigInteger)


class Move(Base):
    __tablename__ = "move"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), index=True)
    thing_id: Mapped[int] = mapped_column(ForeignKey("thing.id"), index=True)
    units: Mapped[int]


def make_engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=16, max_overflow=16, connect_args={"prepare_threshold": None})
    engine = create_engine(url, module=sqlite_driver(), pool_size=16, max_overflow=32,
                           connect_args={"check_same_thread": False, "timeout": 15})

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def fill(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.execute(insert(Thing), [
            {"id": n, "code": f"{n:013d}", "title": f"Book {n}"} for n in range(1, ITEMS + 1)])
        session.execute(insert(Balance), [{"thing_id": n, "on_hand": PLENTY} for n in range(1, ITEMS + 1)])


def by_orm(session: Session, raw: str) -> dict[str, Any]:
    thing = session.scalars(select(Thing).where(Thing.code == raw)).one()
    balance = session.scalars(select(Balance).where(Balance.thing_id == thing.id)).one()
    scan = ScanRow(scan_id=str(uuid.uuid4()), raw=raw, at_ms=time.time_ns() // 10**6)
    session.add(scan)
    session.flush()
    session.add(Move(scan_id=scan.id, thing_id=thing.id, units=1))
    balance.on_hand -= 1
    session.flush()
    return {"title": thing.title, "left": balance.on_hand}


def by_core(session: Session, raw: str) -> dict[str, Any]:
    execute = session.connection().execute
    thing = execute(select(Thing.id, Thing.title).where(Thing.code == raw)).one()
    left = execute(select(Balance.on_hand).where(Balance.thing_id == thing.id)).scalar_one()
    made = execute(insert(ScanRow.__table__), {
        "scan_id": str(uuid.uuid4()), "raw": raw, "at_ms": time.time_ns() // 10**6})
    execute(insert(Move.__table__), {"scan_id": made.inserted_primary_key[0], "thing_id": thing.id, "units": 1})
    execute(update(Balance.__table__).where(Balance.__table__.c.thing_id == thing.id)
            .values(on_hand=Balance.__table__.c.on_hand - 1))
    return {"title": thing.title, "left": left - 1}


def make_app(engine: Engine) -> Flask:
    app = Flask("ceiling")
    # SQLite's own wait for the lock is unfair and slow; one lock in the process is the best it can be.
    lock: Any = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def answer(work: Any) -> Response:
        with lock, Session(engine) as session, session.begin():
            told = work(session, request.get_json()["raw"])
        return Response(json.dumps(told), mimetype="application/json")

    app.post("/orm", endpoint="orm")(lambda: answer(by_orm))
    app.post("/core", endpoint="core")(lambda: answer(by_core))
    app.get("/up", endpoint="up")(lambda: {"pid": os.getpid()})
    return app


if __name__ == "__main__":
    engine = make_engine(sys.argv[1])
    fill(engine)
    waitress.serve(make_app(engine), host="127.0.0.1", port=int(sys.argv[2]), threads=THREADS)
