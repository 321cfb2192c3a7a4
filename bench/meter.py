"""What a figure is measured with: CPU of a process tree, memory, percentiles, and how quiet the machine was."""

import os
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

CALIBRATION_LOOPS = 300_000


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds of these processes and all below them, those that ended since included."""
    total = 0.0
    for pid in pids:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mib(pids: Iterable[int]) -> tuple[float, float]:
    """(resident, proportional) memory of these processes and all below them."""
    rss = pss = 0
    for pid in pids:
        top = psutil.Process(pid)
        for process in (top, *top.children(recursive=True)):
            told = process.memory_full_info()
            rss, pss = rss + told.rss, pss + told.pss
    return rss / 2**20, pss / 2**20


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def calibration_ms() -> float:
    """A fixed Python loop: the host changes speed, and figures are only compared within one run."""
    begun = time.perf_counter()
    total = 0
    for n in range(CALIBRATION_LOOPS):
        total += n * n % 7
    return (time.perf_counter() - begun) * 1000


@dataclass
class Noise:
    """Cores that others kept busy while we measured: all of the machine's work less that of our own processes."""

    began: float
    busy_s: float
    own_s: float

    @staticmethod
    def begin() -> "Noise":
        return Noise(time.perf_counter(), _busy_s(), cpu_s([os.getpid()]))

    def others_cores(self, apart: float = 0.0) -> float:
        """`apart`: CPU seconds of ours that are not below this process (a database server)."""
        elapsed = time.perf_counter() - self.began
        own = cpu_s([os.getpid()]) - self.own_s + apart
        return max(0.0, (_busy_s() - self.busy_s - own) / elapsed)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice


def postmaster(folder: str) -> int:
    """The pid of a PostgreSQL server of ours, above all its backends."""
    return int((Path(folder) / "data" / "postmaster.pid").read_text().split("\n", 1)[0])


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
