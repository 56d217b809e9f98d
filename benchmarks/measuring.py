"""Measure contenders as whole processes, in turns, with the peak memory of each process and its children."""

import json
import math
import os
import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Measure, Run
from slipway.contracts.errors import SlipwayError

ROOT = Path(__file__).resolve().parents[1]
_SAMPLE_SECONDS = 0.1
_LOG_LINES = 40
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, smallest and largest of some figures."""

    median: float
    low: float
    high: float


def spread(figures: Sequence[float]) -> Spread:
    """Of at least one figure."""
    return Spread(statistics.median(figures), min(figures), max(figures))


def speedup(first: Sequence[Run], other: Sequence[Run], measure: Measure) -> float:
    """How many times as long the other takes, by medians; NaN where it is unknown."""
    ours, theirs = (spread([run.seconds(measure) for run in runs]).median for runs in (first, other))
    return theirs / ours


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two results beside each other.

    Attributes:
        compared: names that both have.
        worst: largest relative difference among numbers.
        different: names whose values differ by more than is allowed.
        missing: names that only one of them has.
    """

    compared: int
    worst: float
    different: tuple[str, ...]
    missing: tuple[str, ...]


def agreement(first: Mapping[str, Any], other: Mapping[str, Any], tolerance: float) -> Agreement:
    """Compare results by name: text must be equal, numbers within ``tolerance`` of the larger, in relation to it."""
    shared = sorted(set(first) & set(other))
    distances = {name: _distance(first[name], other[name]) for name in shared}
    numbers = [distance for distance in distances.values() if math.isfinite(distance)]
    return Agreement(
        compared=len(shared),
        worst=max(numbers, default=0.0),
        different=tuple(name for name, distance in distances.items() if distance > tolerance),
        missing=tuple(sorted(set(first) ^ set(other))),
    )


def _distance(first: Any, other: Any) -> float:
    if isinstance(first, str) or isinstance(other, str):
        return 0.0 if first == other else math.inf
    if first == other or (first != first and other != other):
        return 0.0
    distance = abs(first - other) / max(abs(first), abs(other))
    return math.inf if math.isnan(distance) else distance


def compare(
    comparison: Comparison, pythons: Mapping[str, Path], notify: Callable[[str], None] = lambda line: None
) -> dict[str, list[Run]]:
    """The runs of every contender that can run, by its interpreter in ``pythons``: all once, then all again, and so on.

    Raises:
        SlipwayError: a contender's process failed; the message has the end of its output.
    """
    there = [each for each in comparison.contenders if each.environment in pythons and not each.absent]
    runs: dict[str, list[Run]] = {contender.name: [] for contender in there}
    for number in range(comparison.rounds):
        for contender in there:
            if number and contender.once:
                continue
            run = measure(contender, pythons[contender.environment])
            notify(f"{comparison.name}: {contender.name}: {run.process_seconds:.2f} s, {run.peak_bytes / 1e6:.0f} MB")
            runs[contender.name].append(run)
    return runs


def measure(contender: Contender, python: Path) -> Run:
    """Start the contender's process, watch its memory, and wait for it.

    Raises:
        SlipwayError: the process failed, or took more memory than its limit.
    """
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as name:
        folder = Path(name)
        request = json.dumps({"arguments": dict(contender.arguments), "repeats": contender.repeats})
        command = [str(python), "-m", "benchmarks.contender", contender.function, request, name]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'components'}{os.pathsep}{ROOT}",
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }
        load = os.getloadavg()[0]
        with (folder / "log").open("wb") as log:
            clock = time.monotonic()
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
            peak = _watched(process, contender.limit_bytes or math.inf)
            seconds = time.monotonic() - clock
        if contender.limit_bytes is not None and peak > contender.limit_bytes:
            raise SlipwayError(f"{contender.name} took {peak:,.0f} bytes, over its {contender.limit_bytes:,.0f}")
        if process.returncode:
            lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
            raise SlipwayError(f"{contender.name} ended with {process.returncode}:\n  " + "\n  ".join(lines))
        answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    answer["work_seconds"] = tuple(answer["work_seconds"])
    return Run(process_seconds=seconds, peak_bytes=peak, load=load, **answer)


def _watched(process: subprocess.Popen[bytes], limit: float) -> float:
    """Wait for the end, or end it when it holds more than ``limit`` bytes; the most memory seen until then."""
    peak, ended = 0.0, select.poll()
    descriptor = os.pidfd_open(process.pid)
    ended.register(descriptor, select.POLLIN)
    while not ended.poll(_SAMPLE_SECONDS * 1000):  # wakes at once at the end, where a timed wait would sleep on
        peak = max(peak, tree_bytes(process.pid))
        if peak > limit:
            process.kill()
    os.close(descriptor)
    process.wait()
    return peak


def tree_bytes(pid: int) -> float:
    """Memory of a process and everything below it.

    Resident size of a single process; the sum of proportional sizes of several, since forked children share pages.
    """
    processes = _tree(pid)
    if len(processes) == 1:
        return _resident(pid)
    return sum(map(_proportional, processes))


def _tree(pid: int) -> list[int]:
    """The process and everything below it; asking each thread for its children costs less than looking at everyone."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in _text(str(children)).split()]
    return found


def _resident(pid: int) -> int:
    return int((_text(f"/proc/{pid}/statm").split() or ["", "0"])[1]) * _PAGE


def _proportional(pid: int) -> int:
    line = next((line for line in _text(f"/proc/{pid}/smaps_rollup").splitlines() if line.startswith("Pss:")), "Pss: 0")
    return int(line.split()[1]) * 1024


def _text(path: str) -> str:
    """What a file of /proc says; nothing when the process has ended meanwhile."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
