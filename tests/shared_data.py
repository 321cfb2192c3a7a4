"""The larger sample data beside the repository, for tests that also look at real files where they are
present.

A test marked `needs_shared` is not collected without them: every rule has its own small cases that always
run.
"""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
_NAMED = Path(os.environ.get("WAREHOUSE_SAMPLE_DATA") or _BESIDE)
SHARED: Path | None = _NAMED if _NAMED.is_dir() else None


def shared(*parts: str) -> Path | None:
    """The sample file, or None where the data (or just this file) is absent."""
    path = SHARED.joinpath(*parts) if SHARED else None
    return path if path and path.exists() else None


def needs_shared(*parts: str) -> Callable[[Any], Any]:
    """Leave the test out, not skipped, where this sample file is absent."""

    def mark(test: Any) -> Any:
        test.__test__ = shared(*parts) is not None
        return test

    return mark


def shared_rows(*parts: str, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    """The rows of a CSV sample; none where it is absent."""
    path = shared(*parts)
    if path is None:
        return []
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def shared_lines(*parts: str) -> list[Any]:
    """The objects of a JSON-lines sample; none where it is absent."""
    path = shared(*parts)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path else []
