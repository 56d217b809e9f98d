"""What computes statistics over the parts of a split: an engine folds accumulators and maps functions.

A part describes rows and can be sent to another process; reading it gives batches. Since accumulators merge in any
order and part, an engine may read parts wherever it likes: the result is the same.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry
from slipway.statistics.accumulator import AnyAccumulator

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batch(Protocol):
    """Rows of some columns, in whatever form the accumulators that are given it take."""

    @property
    def columns(self) -> Collection[str]:
        """The names of the columns."""


class Part(Protocol):
    """Some rows of a table, such as a file."""

    def batches(self) -> Iterator[Batch]:
        """Yield the rows, a batch at a time; of a table with many columns some columns at a time."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A statistic to compute; equal ones are computed once.

    Attributes:
        accumulator: takes the batches of the parts.
        columns: it is given each batch that holds one of these.
    """

    accumulator: AnyAccumulator
    columns: frozenset[str]

    def reads(self, batch: Batch) -> bool:
        """Return whether the batch holds one of the columns."""
        return not self.columns.isdisjoint(batch.columns)


class Engine(Protocol):
    """A way to compute statistics: in this process, or on many machines."""

    def fold(self, parts: Sequence[Part], folds: Mapping[str, Fold]) -> dict[str, Any]:
        """Return what the accumulator of each fold extracts from all rows of all parts, by the fold's name.

        Raises:
            DataError: a part cannot be read, or an accumulator refuses what it holds.
        """

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the function's result for each item, in the order of the items; few of them are held at once."""


ENGINES: Registry[Engine] = Registry("engines", PLUG_POINTS["engines"].folder)
"""Every engine, by its name."""


def fold_batches(batches: Iterable[Batch], accumulators: Mapping[Fold, Any]) -> dict[Fold, Any]:
    """Return the states after some batches, in one thread: what an engine does with a part on another machine.

    Args:
        batches: of a part.
        accumulators: the state of each fold before; not to be used again.
    """
    states = dict(accumulators)
    for batch in batches:
        added = {fold: fold.accumulator.add(state, batch) for fold, state in states.items() if fold.reads(batch)}
        states.update(added)
    return states
