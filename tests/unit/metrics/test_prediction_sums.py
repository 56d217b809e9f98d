"""Sums behind metrics merge: any partition and any order of the examples gives the metrics of all."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.metrics.computing import derive_metrics, metrics_of_groups
from slipway.metrics.grouping import Groups, groups_of_codes
from slipway.metrics.metric import METRICS, Direction, default_metric, metrics_of
from slipway.metrics.sums import Batch, PredictionSums

GROUPS, WEIGHTINGS = 3, 2
CLASSES = {Problem.BINARY: 2, Problem.MULTICLASS: 4, Problem.REGRESSION: 0}


def examples(problem: Problem, rows: int, seed: int):
    random = np.random.default_rng(seed)
    if problem is Problem.REGRESSION:
        truth, predictions = random.normal(1e6, 3, rows), random.normal(1e6, 3, rows)
    else:
        truth = random.integers(0, CLASSES[problem], rows)
        predictions = random.dirichlet(np.ones(CLASSES[problem]), rows)
    codes = random.integers(-1, GROUPS, rows)
    return truth, predictions, codes, random.integers(0, 3, (WEIGHTINGS, rows)).astype(np.uint8)


def state_of(sums: PredictionSums, rows: np.ndarray, truth, predictions, codes, weights):
    present, groups = groups_of_codes(codes[rows], GROUPS)
    batch = Batch(truth[rows], predictions[rows], groups, present, weights[:, rows])
    return sums.add(sums.create(), batch)


def metrics(sums: PredictionSums, state) -> dict[str, np.ndarray]:
    return derive_metrics(sums.problem, sums.extract(state))


@pytest.mark.parametrize("problem", list(Problem))
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 120), parts=st.integers(1, 6), shuffled=st.booleans())
def test_any_partition_in_any_order_gives_the_metrics_of_all_examples(problem, seed, rows, parts, shuffled):
    data = examples(problem, rows, seed)
    sums = PredictionSums(problem, GROUPS, WEIGHTINGS, CLASSES[problem])
    order = np.random.default_rng(seed).permutation(rows) if shuffled else np.arange(rows)
    states = [state_of(sums, part, *data) for part in np.array_split(order, parts)]
    states = [sums.deserialize(sums.serialize(state)) for state in states]
    merged = metrics(sums, sums.merge([sums.create(), *states, sums.create()]))
    whole = metrics(sums, state_of(sums, np.arange(rows), *data))
    assert list(merged) == list(whole) == list(metrics_of(problem))
    for name, values in whole.items():
        np.testing.assert_allclose(merged[name], values, rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("content", [b"", b"nope", b"PK\x03\x04", b"[1, 2]"])
def test_bytes_of_something_else_are_refused(content):
    with pytest.raises(InputError, match=f"these {len(content)} bytes are no sums of predictions"):
        PredictionSums(Problem.BINARY, 1, 1, 2).deserialize(content)


@pytest.mark.parametrize(
    "other",
    [
        PredictionSums(Problem.REGRESSION, GROUPS, WEIGHTINGS),
        PredictionSums(Problem.BINARY, GROUPS + 1, WEIGHTINGS, 2),
        PredictionSums(Problem.BINARY, GROUPS, WEIGHTINGS + 1, 2),
    ],
    ids=["problem", "groups", "weightings"],
)
def test_sums_of_something_else_are_refused_before_they_are_merged(other):
    """WHY: arrays of one group or one weighting would be added to every other without an error."""
    sums = PredictionSums(Problem.BINARY, GROUPS, WEIGHTINGS, 2)
    content = sums.serialize(state_of(sums, np.arange(20), *examples(Problem.BINARY, 20, 1)))
    with pytest.raises(InputError, match="these sums have the shapes"):
        other.deserialize(content)


@pytest.mark.parametrize("problem", list(Problem))
def test_without_an_example_every_metric_is_undefined_and_the_count_is_zero(problem):
    sums = PredictionSums(problem, GROUPS, WEIGHTINGS, CLASSES[problem])
    for state in (sums.create(), sums.merge([]), sums.deserialize(sums.serialize(sums.create()))):
        found = metrics(sums, state)
        assert (found.pop("example_count") == 0).all()
        assert all(np.isnan(values).all() and values.shape == (WEIGHTINGS, GROUPS) for values in found.values())


@pytest.mark.parametrize("problem", list(Problem))
def test_without_a_group_there_are_no_metrics_and_no_error(make_label, problem):
    """WHY: every slice of a small table may be too small, which must not end the evaluation."""
    truth, predictions, _, weights = examples(problem, 20, 1)
    none = Groups(np.zeros(0, np.int64), np.zeros(0, np.int64))
    found = metrics_of_groups(make_label(problem), truth, predictions, none, weights)
    assert {name: values.shape for name, values in found.items()} == dict.fromkeys(metrics_of(problem), (WEIGHTINGS, 0))


@pytest.fixture
def make_label():
    from slipway.contracts.examples import Label

    classes = {Problem.BINARY: ("a", "b"), Problem.MULTICLASS: tuple("abcd"), Problem.REGRESSION: ()}
    return lambda problem: Label(name="y", problem=problem, classes=classes[problem])


def test_the_precision_recall_curve_is_interpolated_as_davis_and_goadrich_say(make_label):
    """One positive alone, then one of each: between the points precision follows (1 + t) / (1 + 2 t), so a log."""
    truth = np.array([1, 1, 0])
    predictions = np.array([[0.1, 0.9], [0.5, 0.5], [0.5, 0.5]])
    one = Groups(np.arange(3), np.zeros(1, np.int64))
    found = metrics_of_groups(make_label(Problem.BINARY), truth, predictions, one)
    assert found["auc_precision_recall"][0, 0] == pytest.approx(0.75 + math.log(3) / 8, abs=1e-12)
    assert found["auc"][0, 0] == pytest.approx(0.75)


def test_every_metric_is_one_entry_that_describes_itself():
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.low < metric.high


@pytest.mark.parametrize("name", METRICS.names())
def test_a_metric_reads_what_it_needs_and_stays_in_its_range(name):
    metric = METRICS.get(name)
    for problem in metric.problems:
        sums = PredictionSums(problem, GROUPS, WEIGHTINGS, CLASSES[problem])
        read = _Read(sums.extract(state_of(sums, np.arange(90), *examples(problem, 90, 5))))
        values = metric.derive(read)
        assert read.names == set(metric.needs)
        assert (values >= metric.low).all()
        assert (values <= metric.high + 1e-12).all()


class _Read(dict[str, np.ndarray]):
    """Sums that remember which of them were read."""

    def __init__(self, sums: dict[str, np.ndarray]) -> None:
        super().__init__(sums)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> np.ndarray:
        self.names.add(name)
        return super().__getitem__(name)


def test_a_sum_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(InputError, match="needs the sum 'count'; there are loss"):
        derive_metrics(Problem.BINARY, {"loss": np.ones((1, 1))})


@pytest.mark.parametrize("problem", list(Problem))
def test_one_metric_of_each_problem_decides_by_default(problem):
    assert [name for name, metric in metrics_of(problem).items() if metric.default] == [default_metric(problem).name]


def test_a_metric_is_worse_by_its_own_direction():
    assert METRICS.get("brier").worsening(0.1, 0.3) == pytest.approx(0.2)
    assert METRICS.get("accuracy").worsening(0.9, 0.7) == pytest.approx(0.2)
    assert METRICS.get("loss").direction is Direction.LOWER_IS_BETTER
    assert METRICS.get("mean_label").worsening(0.1, 0.3) == 0
