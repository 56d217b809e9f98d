"""In this process, in threads over batches; the memory does not grow with the rows."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from slipway.engines.engine import Engine, Fold, Part

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """Reads one batch at a time, and takes it into the accumulators in threads.

    Attributes:
        threads: at least 1. More than four gain little: what a column needs of the interpreter is done one column after
            the other.
    """

    threads: int = 4

    def fold(self, parts: Sequence[Part], folds: Mapping[str, Fold]) -> dict[str, Any]:
        """Return what each accumulator extracts from all parts; equal folds are computed once."""
        states = {fold: fold.accumulator.create() for fold in folds.values()}

        def extract(fold: Fold) -> Any:
            return fold.accumulator.extract(states[fold])

        with ThreadPoolExecutor(self.threads, thread_name_prefix="fold") as pool:
            for part in parts:
                for batch in part.batches():
                    wanted = [fold for fold in states if fold.reads(batch)]
                    added = pool.map(lambda fold, read=batch: fold.accumulator.add(states[fold], read), wanted)
                    states.update(zip(wanted, added, strict=True))
            results = dict(zip(states, pool.map(extract, states), strict=True))
        return {name: results[fold] for name, fold in folds.items()}

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield each item's result in order; at most two items a thread are under way or waiting to be taken."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="map") as pool:
            waiting: deque[Future[Result]] = deque()
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * self.threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


ENTRY = LocalEngine()

if TYPE_CHECKING:
    _: Engine = ENTRY
