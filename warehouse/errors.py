"""Refusals: what a person is told when the house says no. A code and facts; the sentences are in `locale/`."""

import traceback
from typing import Any


class Refusal(Exception):
    """The action is not done and everything is rolled back. `code` names the sentence, `facts` fill it.

    A wrong scan is *not* a refusal: that is an answer, recorded and shown. A bug is not one either.
    """

    status = 409

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.code} {self.facts}" if self.facts else self.code


class NotFound(Refusal):
    """There is no such thing, or not for this person."""

    status = 404


class NotAllowed(Refusal):
    """The person's role may not do this (USR-1)."""

    status = 403


class Invalid(Refusal):
    """The form or file says something that cannot be taken; the sentence tells what to change."""

    status = 422


class Conflict(Refusal):
    """Someone else changed it meanwhile; the screen is drawn anew."""

    status = 409


class NotEnoughStock(Refusal):
    """A balance would go below zero or below what is reserved (STK-1)."""

    status = 409

    def __init__(self, *, item_id: int, location_id: int, wanted: int) -> None:
        super().__init__("stock.not_enough_stock", item_id=item_id, location_id=location_id, wanted=wanted)


class Stale(Exception):
    """What a use case had read was changed by another before it could write. `db.write` runs it again; on
    SQLite, where writers stand in line, it cannot happen."""


class SetUpProblem(Exception):
    """The program cannot start as it is set up; the message says what to do. For the console, in English."""


def way_to(fault: BaseException) -> str:
    """The traceback for a log. What a database says of its errors quotes the row, and so a remark or a town: of
    those the kind, the statement and the way there are told, without the values (SEC-1)."""
    if not hasattr(fault, "orig"):
        return "".join(traceback.format_exception(fault))
    state = getattr(fault.orig, "sqlstate", None) or ""
    lines = traceback.format_tb(fault.__traceback__)
    return "".join([*lines, f"{type(fault).__name__} {state} {getattr(fault, 'statement', '')}"])
