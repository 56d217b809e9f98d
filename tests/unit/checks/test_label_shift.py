"""The check of label shift is silent on honest samples and finds what was planted."""

import numpy as np
import pyarrow as pa
import pytest

from slipway.checks.check import Evidence, SplitEvidence
from slipway.checks.entries.label_shift import LabelShift
from slipway.contracts.examples import ColumnKind
from slipway.features.kinds import KindOfColumn
from slipway.statistics.column_batches import ColumnBatch
from slipway.statistics.column_statistics import ColumnStatistics
from slipway.statistics.drift_histograms import histogram_of, keep_histogram, quantile_edges

CLASSES = np.array(["a", "b", "c"])


def feature(labels, edges=None):
    statistics = ColumnStatistics(column="y", edges=edges)
    state = statistics.add(
        statistics.create(), ColumnBatch(["y"], [labels if isinstance(labels, pa.Array) else pa.array(labels)])
    )
    result = statistics.extract(state)
    if edges is not None:
        keep_histogram(result.message, histogram_of(edges, result.buckets))
    return result.message


def findings(train, other, previous=None, **settings):
    edges = None if train.dtype.kind == "U" else quantile_edges(np.sort(train))
    kind = ColumnKind.CATEGORICAL if edges is None else ColumnKind.NUMERIC
    splits = {"train": train, "test": other}
    about = Evidence(
        label="y",
        rows={split: len(labels) for split, labels in splits.items()},
        splits={split: SplitEvidence(features={"y": feature(labels, edges)}) for split, labels in splits.items()},
        kinds={"y": KindOfColumn(kind=kind, why="")},
        previous=None if previous is None else {"y": feature(previous, edges)},
        recounted={"y": feature(train, edges)},
    )
    return list(LabelShift(**settings).findings(about, "label_shift"))


@pytest.mark.parametrize("rows", [30, 1_000, 20_000])
@pytest.mark.parametrize("rare", [0.5, 0.02])
def test_honest_samples_of_one_distribution_are_left_alone(rows, rare):
    """Whatever the size that matters: chance alone never reaches the bound."""
    random = np.random.default_rng(rows)
    for _ in range(60):
        shares = [1 - rare - rare / 2, rare, rare / 2] if rare < 0.5 else [0.4, 0.35, 0.25]
        train, other = random.choice(CLASSES, 5_000, p=shares), random.choice(CLASSES, rows, p=shares)
        assert findings(train, other, max_label_shift=0.0) == []


@pytest.mark.parametrize("rows", [50, 2_000])
def test_honest_samples_of_a_numeric_label_are_left_alone(rows):
    random = np.random.default_rng(rows)
    for _ in range(60):
        train, other = random.lognormal(size=5_000), random.lognormal(size=rows)
        assert findings(train, other, max_label_shift=0.0) == []


def test_a_rare_class_that_became_three_times_as_common_is_found():
    """WHY: the largest difference of a share, which drift is measured by, is 0.02 here and says nothing."""
    random = np.random.default_rng(0)
    train = random.choice(["no", "yes"], 20_000, p=[0.99, 0.01])
    other = random.choice(["no", "yes"], 20_000, p=[0.97, 0.03])
    (finding,) = findings(train, other)
    assert finding.message.startswith("label y is ")
    assert "of split train and in" in finding.message
    assert not finding.refuses
    assert finding.columns == ("y",)
    assert finding.value > finding.bound == 0.1


def test_a_shift_that_is_certain_but_too_small_to_matter_is_left_alone():
    train = np.array(["no"] * 500_000 + ["yes"] * 500_000)
    other = np.array(["no"] * 480_000 + ["yes"] * 520_000)
    assert findings(train, other) == []
    (finding,) = findings(train, other, max_label_shift=0.03)
    assert finding.value == pytest.approx(2 * np.arcsin(np.sqrt(0.52)) - np.pi / 2)


def test_a_class_that_training_never_had_is_found():
    train, other = np.array(["a", "b"] * 2_000), np.array(["a", "b", "z", "z"] * 500)
    (finding,) = findings(train, other)
    assert finding.message.startswith("label y is z in 0.0% of split train and in 50.0% of split test")


def test_a_numeric_label_that_moved_is_found():
    random = np.random.default_rng(1)
    (finding,) = findings(random.normal(size=5_000), random.normal(0.5, 1, 5_000))
    assert finding.message.startswith("label y is below ")
    assert "Cohen's h" in finding.message


def test_the_previous_run_is_compared_too():
    random = np.random.default_rng(2)
    train, other = random.choice(["no", "yes"], 5_000), random.choice(["no", "yes"], 5_000)
    before = random.choice(["no", "yes"], 5_000, p=[0.7, 0.3])
    (finding,) = findings(train, other, before)
    assert "of the previous run" in finding.message


def test_labels_of_another_type_and_missing_ones_are_not_compared():
    text, gone = np.array(["a", "b"] * 500), pa.nulls(500, pa.string())
    assert findings(text, gone) == []
    assert findings(text, np.arange(1_000.0)) == []
