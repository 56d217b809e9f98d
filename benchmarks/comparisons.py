"""What is compared, and what a run of it gives."""

import math
import statistics
from dataclasses import dataclass, field
from typing import Any, Literal

Measure = Literal["process", "work", "warm"]
Curve = Literal["rows", "columns"]
MEASURES: tuple[Measure, ...] = ("process", "work", "warm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One side of a comparison.

    Attributes:
        name: for people.
        environment: whose interpreter runs it, see ``environments``.
        function: ``module:function`` that gives a Contest, see ``contender``.
        arguments: of the function, as JSON holds them.
        repeats: how often the work is done again in the same process, for the warm figure.
        once: started in the first round only, because it takes long.
        limit_bytes: memory that it promises to need at most; it is stopped when it takes more.
        absent: why it cannot run on this machine, a sentence without its full stop; empty when it can.
    """

    name: str
    environment: str
    function: str
    arguments: dict[str, Any] = field(default_factory=dict)
    repeats: int = 0
    once: bool = False
    limit_bytes: float | None = None
    absent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Figures of a contender that were measured elsewhere; seconds and bytes, None where unknown."""

    name: str
    process_seconds: float
    work_seconds: float
    peak_bytes: float | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """``against`` should take at least ``at_least`` times as long as the first contender."""

    against: str
    measure: Measure
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is compared.

    Attributes:
        name: one word or two, unique.
        title: what is done, for people.
        rows: of the data; 0 where rows do not matter.
        contenders: Slipway's first.
        rounds: how often each is started, in turns.
        goals: what is aimed at.
        tolerance: largest relative difference between two results of the same name that counts as equal.
        note: what a reader must know: what differs between the contenders, and why.
        references: contenders that cannot run here.
        columns: of the data; 0 where they do not matter.
        curve: what grows from one comparison to the next; they are told together, in one table.
    """

    name: str
    title: str
    rows: int
    contenders: tuple[Contender, ...]
    rounds: int = 3
    goals: tuple[Goal, ...] = ()
    tolerance: float = 0.0
    note: str = ""
    references: tuple[Reference, ...] = ()
    columns: int = 0
    curve: Curve | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process.

    Attributes:
        process_seconds: from start to end, interpreter and imports included.
        start_seconds: imports, and whatever else comes before the work.
        work_seconds: the work, first cold, then as often as asked in the same process.
        peak_bytes: most memory of the process and its children together, sampled; see ``tree_bytes``.
        load: one-minute load average of the machine before the start.
        result: what was computed.
    """

    process_seconds: float
    start_seconds: float
    work_seconds: tuple[float, ...]
    peak_bytes: float
    load: float
    result: dict[str, float | str]

    def seconds(self, measure: Measure) -> float:
        """The figure of a measure; NaN when the work was not repeated."""
        if measure == "process":
            return self.process_seconds
        if measure == "work":
            return self.work_seconds[0]
        return statistics.median(self.work_seconds[1:]) if len(self.work_seconds) > 1 else math.nan
