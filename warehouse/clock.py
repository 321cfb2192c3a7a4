"""What time it is. The one place that asks the machine, so that a test can answer instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_fixed: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _fixed or datetime.now(UTC)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Hold the clock at one moment, for tests and for the demo's own past."""
    global _fixed  # noqa: PLW0603 - the one clock of the process
    before, _fixed = _fixed, moment
    try:
        yield
    finally:
        _fixed = before
