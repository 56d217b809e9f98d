"""What every engine keeps: see ``slipway.engines.engine``. Runs where validate does."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.engines.engine import Engine, Fold
from slipway.statistics.column_batches import ColumnBatch
from slipway.statistics.column_statistics import ColumnStatistics


@dataclass(frozen=True)
class _Numbers:
    """A part of two columns; it can be sent to another process."""

    start: int
    stop: int

    def batches(self) -> Iterator[ColumnBatch]:
        for start in range(self.start, self.stop, 7):
            values = pa.array(np.arange(start, min(start + 7, self.stop), dtype=np.int64))
            yield ColumnBatch(["x", "y"], [values, values])


@dataclass(frozen=True)
class _Broken:
    """A part that cannot be read."""

    def batches(self) -> Iterator[ColumnBatch]:
        for _ in range(1):
            raise DataError("the part is broken")
        yield from ()


_FOLDS = {name: Fold(ColumnStatistics(column=name), frozenset({name})) for name in ("x", "y")}


def check_partition_changes_nothing(name: str, engine: Engine) -> None:
    """Look at the rows in one part and in five."""
    whole = engine.fold([_Numbers(0, 100)], _FOLDS)
    parts = engine.fold([_Numbers(start, start + 20) for start in range(0, 100, 20)], _FOLDS)
    assert set(whole) == set(parts) == set(_FOLDS)
    for column in _FOLDS:
        one, many = whole[column].message.num_stats, parts[column].message.num_stats
        assert (one.min, one.max, one.num_zeros) == (many.min, many.max, many.num_zeros) == (0, 99, 1)
        assert math.isclose(one.mean, many.mean, rel_tol=1e-12)
        assert math.isclose(one.std_dev, many.std_dev, rel_tol=1e-9)


def check_no_part_gives_the_results_of_no_data(name: str, engine: Engine) -> None:
    """Look at an empty split."""
    assert set(engine.fold([], _FOLDS)) == set(_FOLDS)


def check_a_broken_part_is_an_error_of_the_data(name: str, engine: Engine) -> None:
    """Look at what a part raises."""
    try:
        engine.fold([_Numbers(0, 10), _Broken()], _FOLDS)
    except DataError as error:
        told = "the part is broken" in str(error)
    else:
        raise AssertionError(f"{name} passes over a part that cannot be read")
    assert told, f"{name} does not tell what the part said"


def check_maps_in_the_order_of_the_items(name: str, engine: Engine) -> None:
    """Look at the results of a hundred items."""
    assert list(engine.map(math.sqrt, range(100))) == [math.sqrt(item) for item in range(100)]
    assert list(engine.map(math.sqrt, [])) == []
