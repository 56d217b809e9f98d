"""Counts of predictions merge: any partition and any order of the batches gives the counts of all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.metrics.prediction_counts import Counts, PredictionCounts

BINARY = Label(name="y", problem=Problem.BINARY, classes=("no", "yes"))
MULTICLASS = Label(name="y", problem=Problem.MULTICLASS, classes=("a", "b", "c"))
REGRESSION = Label(name="y", problem=Problem.REGRESSION)


@pytest.mark.parametrize(
    ("label", "batches", "expected"),
    [
        (
            BINARY,
            [[[0.75, 0.25], [0.5, 0.5]], [[0.0, 1.0]]],
            Counts(
                rows=3,
                without_prediction=0,
                classes={"no": 2, "yes": 1},
                mean=1.75 / 3,
                smallest=0.25,
                largest=1.0,
            ),
        ),
        (
            MULTICLASS,
            [[[0.5, 0.25, 0.25], [0.0, 0.25, 0.75], [np.nan, 0.5, 0.5]]],
            Counts(
                rows=3,
                without_prediction=1,
                classes={"a": 1, "b": 0, "c": 1},
                mean=0.625,
                smallest=0.5,
                largest=0.75,
            ),
        ),
        (
            REGRESSION,
            [[1.0, -2.0, np.inf], [4.0]],
            Counts(rows=4, without_prediction=1, classes={}, mean=1.0, smallest=-2.0, largest=4.0),
        ),
    ],
    ids=["binary", "multiclass", "regression"],
)
def test_batches_add_up(label, batches, expected):
    counts = PredictionCounts(label)
    states = [counts.add(counts.create(), np.array(batch, np.float32)) for batch in batches]
    kept = [counts.deserialize(counts.serialize(state)) for state in states]
    assert counts.extract(counts.merge(states)) == counts.extract(counts.merge(kept[::-1])) == expected
    whole = counts.create()
    for batch in batches:
        whole = counts.add(whole, np.array(batch, np.float32))
    assert counts.extract(whole) == expected
    assert counts.extract(counts.merge([counts.create(), whole])) == expected


@pytest.mark.parametrize("label", [BINARY, MULTICLASS, REGRESSION], ids=lambda label: label.problem.value)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), rows=st.integers(0, 60), parts=st.integers(1, 5))
def test_any_partition_in_any_order_gives_the_counts_of_all_predictions(label, seed, rows, parts):
    """Quarters add up exactly, so that equality is exact too."""
    random, width = np.random.default_rng(seed), len(label.classes)
    predictions = random.integers(0, 5, (rows, width) if width else rows).astype(np.float32) / 4
    predictions[random.random(rows) < 0.2] = np.nan
    counts = PredictionCounts(label)
    states = [
        counts.add(counts.create(), predictions[part]) for part in np.array_split(random.permutation(rows), parts)
    ]
    kept = [counts.deserialize(counts.serialize(state)) for state in states]
    whole = counts.extract(counts.add(counts.create(), predictions))
    assert counts.extract(counts.merge([counts.create(), *states])) == whole
    assert counts.extract(counts.merge([*kept, counts.create()])) == whole


def test_counts_of_other_classes_are_refused():
    two, three = PredictionCounts(BINARY), PredictionCounts(MULTICLASS)
    with pytest.raises(InputError, match="these counts are of 2 classes, not of 3"):
        three.deserialize(two.serialize(two.create()))
    with pytest.raises(InputError, match="these 2 bytes are no counts of predictions"):
        two.deserialize(b"no")


def test_many_small_numbers_are_not_lost_in_a_large_sum():
    """WHY: a float32 sum stops growing at 16,777,216."""
    counts = PredictionCounts(REGRESSION)
    state = counts.add(counts.create(), np.array([2.0**24], np.float32))
    for _ in range(10):
        state = counts.add(state, np.ones(10, np.float32))
    assert counts.extract(state).mean == (2.0**24 + 100) / 101
