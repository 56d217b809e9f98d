"""Every engine computes what one pass in one thread computes, and holds few batches at once."""

import threading
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.errors import DataError
from slipway.engines.engine import ENGINES, Fold, fold_batches
from slipway.engines.entries.local import LocalEngine
from slipway.statistics.column_batches import ColumnBatch
from slipway.statistics.column_statistics import ColumnStatistics
from slipway.statistics.shared_rows import RowSample

ROWS = 3_000
RANDOM = np.random.default_rng(4)
NUMBERS = RANDOM.normal(size=ROWS)
WORDS = [f"w{value}" for value in RANDOM.integers(0, 40, ROWS)]
FOLDS = {
    "number": Fold(ColumnStatistics(column="number", edges=(0.0,)), frozenset(["number"])),
    "the same": Fold(ColumnStatistics(column="number", edges=(0.0,)), frozenset(["number"])),
    "word": Fold(ColumnStatistics(column="word"), frozenset(["word"])),
    "rows": Fold(RowSample(frozenset(["number", "word"])), frozenset(["number", "word"])),
}


@dataclass(frozen=True)
class Rows:
    """A part of the rows above, in batches of so many."""

    start: int
    stop: int
    size: int

    def batches(self):
        for start in range(self.start, self.stop, self.size):
            stop = min(start + self.size, self.stop)
            yield ColumnBatch(["number", "word"], [pa.array(NUMBERS[start:stop]), pa.array(WORDS[start:stop])])


def plain(results):
    number, word, rows = results["number"], results["word"], results["rows"]
    moments = number.message.num_stats
    exact = (moments.min, moments.max, moments.median, number.buckets.tolist())
    return exact, str(word.message), rows.hashes.tolist(), rows.counts.tolist()


@pytest.mark.parametrize("name", ENGINES.names())
@pytest.mark.parametrize("parts", [[Rows(0, ROWS, 700)], [Rows(0, 1000, 300), Rows(1000, ROWS, ROWS)]])
def test_an_engine_gives_what_one_pass_in_one_thread_gives(name, parts):
    states = {fold: fold.accumulator.create() for fold in FOLDS.values()}
    states = fold_batches(Rows(0, ROWS, ROWS).batches(), states)
    expected = {key: fold.accumulator.extract(states[fold]) for key, fold in FOLDS.items()}
    found = ENGINES.get(name).fold(parts, FOLDS)
    assert found.keys() == FOLDS.keys()
    assert plain(found) == plain(expected)
    assert found["number"].message.num_stats.mean == pytest.approx(NUMBERS.mean())


def test_states_of_parts_that_other_machines_folded_merge_to_the_same():
    """WHY: Spark and Beam fold each part where it lies, and send the states as bytes."""
    fold = FOLDS["rows"]
    contents = []
    for part in (Rows(0, 1000, 300), Rows(1000, ROWS, 900)):
        states = fold_batches(part.batches(), {fold: fold.accumulator.create()})
        contents.append(fold.accumulator.serialize(states[fold]))
    merged = fold.accumulator.merge(map(fold.accumulator.deserialize, contents))
    expected = LocalEngine().fold([Rows(0, ROWS, ROWS)], {"rows": fold})["rows"]
    assert fold.accumulator.extract(merged).hashes.tolist() == expected.hashes.tolist()


@pytest.mark.parametrize("name", ENGINES.names())
def test_no_part_gives_the_results_of_no_rows(name):
    found = ENGINES.get(name).fold([], {"rows": FOLDS["rows"]})
    assert found["rows"].counts.tolist() == []


@dataclass(frozen=True)
class Counting:
    """Counts how often a batch is taken in."""

    calls: list[str] = field(default_factory=list, compare=False)

    def create(self):
        return 0

    def add(self, state, batch):
        self.calls.append(threading.current_thread().name)
        return state + batch.rows

    def extract(self, state):
        return state


def test_equal_statistics_are_computed_once():
    first, second = Counting(), Counting()
    folds = {"a": Fold(first, frozenset(["word"])), "b": Fold(second, frozenset(["word"]))}
    assert LocalEngine().fold([Rows(0, 100, 30)], folds) == {"a": 100, "b": 100}
    assert len(first.calls) + len(second.calls) == 4


def test_a_fold_sees_only_the_batches_that_hold_its_columns():
    counting = Counting()
    assert LocalEngine().fold([Rows(0, 100, 50)], {"a": Fold(counting, frozenset(["other"]))}) == {"a": 0}
    assert counting.calls == []


def test_batches_are_read_one_at_a_time():
    """WHY: a split may be larger than memory."""
    alive = set()

    class Watched(ColumnBatch):
        def __init__(self, number):
            super().__init__(["word"], [pa.array(["x"])])
            self.number = number
            alive.add(number)

        __slots__ = ("number",)

        def __del__(self):
            alive.discard(self.number)

    most = []

    class Part:
        def batches(self):
            for number in range(50):
                most.append(len(alive))
                yield Watched(number)

    counting = Counting()
    assert LocalEngine().fold([Part()], {"a": Fold(counting, frozenset(["word"]))}) == {"a": 50}
    assert max(most) <= 2


@pytest.mark.parametrize("name", ENGINES.names())
def test_a_refusal_of_an_accumulator_comes_to_the_caller(name):
    class Mixed:
        def batches(self):
            yield ColumnBatch(["word"], [pa.array(["a"])])
            yield ColumnBatch(["word"], [pa.array([1])])

    message = "column 'word' is string in one file and int64 in another"
    with pytest.raises(DataError, match=message):
        ENGINES.get(name).fold([Mixed()], {"word": FOLDS["word"]})


@pytest.mark.parametrize("name", ENGINES.names())
def test_results_of_a_function_come_in_the_order_of_the_items(name):
    assert list(ENGINES.get(name).map(lambda item: item * item, range(100))) == [item * item for item in range(100)]


def test_few_items_of_a_map_are_held_at_once():
    taken = []

    def items():
        for number in range(1000):
            taken.append(number)
            yield number

    results = LocalEngine(threads=2).map(str, items())
    assert next(results) == "0"
    assert len(taken) <= 4
    results.close()
