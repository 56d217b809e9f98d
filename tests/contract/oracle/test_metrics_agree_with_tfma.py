"""The same rows through TensorFlow Model Analysis on Beam, and through Slipway: the same numbers, slice by slice."""

import importlib.util
from collections.abc import Mapping
from typing import Any

import pytest

if importlib.util.find_spec("tensorflow_model_analysis") is None:
    pytest.skip("TFMA is not in this environment", allow_module_level=True)

import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn.metrics
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from slipway.contracts.evaluations import Confidence
from slipway.contracts.examples import ExampleSpec, Label, Problem
from slipway.contracts.tables import Column
from slipway.metrics.computing import defined, evaluate_predictions
from slipway.metrics.intervals import sample_weights
from slipway.metrics.metric import metrics_of
from slipway.metrics.scores import overall_intervals, score
from slipway.metrics.slices import SliceOptions, make_slicings

pytestmark = pytest.mark.slow

ROWS = 5_000
SLICES = (("sex",), ("race",), ("race", "sex"))  # TFMA sorts the columns of a cross
TOLERANCE = 1e-6
JACKKNIFE = "compute_confidence_intervals { value: true } confidence_intervals { method: JACKKNIFE }"
COMPARED = {
    problem: {name: metric.tfma for name, metric in metrics_of(problem).items() if metric.tfma}
    for problem in (Problem.BINARY, Problem.REGRESSION)
}
CASES = [(problem, name) for problem, names in COMPARED.items() for name in names]


def table(problem: Problem) -> pd.DataFrame:
    """Rows with two columns to slice by; probabilities crowd near 0 and 1 and repeat, as a trained model's do."""
    random = np.random.default_rng(20261122)
    frame = pd.DataFrame(
        {
            "sex": random.choice(["Female", "Male"], ROWS, p=[0.4, 0.6]),
            "race": random.choice(["A", "B", "C", "D"], ROWS, p=[0.7, 0.2, 0.07, 0.03]),
        }
    )
    signal = random.normal(size=ROWS) + 0.5 * (frame["sex"] == "Male")
    if problem is Problem.REGRESSION:
        frame["label"] = (40 + 10 * signal).astype(np.float32)
        frame["prediction"] = (40 + 9 * signal + random.normal(size=ROWS)).astype(np.float32)
    else:
        frame["label"] = (signal + random.normal(size=ROWS) > 0.8).astype(np.float32)
        probability = np.round(1 / (1 + np.exp(-4 * signal + 2)), 3).astype(np.float32)
        frame["prediction"] = np.clip(probability, np.float32(0.001), np.float32(0.999))
    return frame


def by_tfma(frame: pd.DataFrame, classes: Mapping[str, str], options: str = "") -> Any:
    """TFMA's result for the table in every slice: metrics of these classes, called by Slipway's names."""
    metrics = "\n".join(
        f'metrics {{ class_name: "{theirs}" config: \'{{"name": "{name}"}}\' }}' for name, theirs in classes.items()
    )
    keys = "\n".join("slicing_specs {" + " ".join(f'feature_keys: "{key}"' for key in s) + "}" for s in ((), *SLICES))
    text = f"""
        model_specs {{ label_key: "label" prediction_key: "prediction" }}
        metrics_specs {{ {metrics} }}
        {keys}
        options {{ {options} }}
    """
    config = text_format.Parse(text, config_pb2.EvalConfig())
    return tfma.analyze_raw_data(frame, eval_config=config)


def tfma_numbers(frame: pd.DataFrame, problem: Problem) -> dict[str, dict[str, float]]:
    """TFMA's numbers by slice and by Slipway's metric names."""
    names = COMPARED[problem]
    result = by_tfma(frame, names)
    found = {}
    for key, outputs in result.slicing_metrics:
        columns, values = "_X_".join(column for column, _ in key), "_X_".join(value for _, value in key)
        numbers = outputs[""][""]
        found[f"{columns}={values}"] = {name: numbers[name]["doubleValue"] for name in names}
    return found


def slipway_numbers(frame: pd.DataFrame, problem: Problem) -> dict[str, dict[str, float]]:
    """Slipway's numbers by slice."""
    rows = pa.Table.from_pandas(frame[["sex", "race"]], preserve_index=False)
    columns = [Column(name="sex", type="string"), Column(name="race", type="string")]
    label = Label(name="label", problem=problem, classes=("0", "1") if problem is Problem.BINARY else ())
    spec = ExampleSpec(features=(), label=label, dense=())
    slicings = make_slicings(rows, columns, spec, SliceOptions(slices=SLICES, min_slice_examples=1))
    prediction = frame["prediction"].to_numpy()
    if problem is Problem.BINARY:
        truth, predictions = frame["label"].to_numpy(np.int32), np.stack([1 - prediction, prediction], axis=1)
    else:
        truth, predictions = frame["label"].to_numpy(), prediction
    scores = score(label, truth, predictions, slicings, sample_weights(ROWS, Confidence(method="none")))
    found = {"=": scores.metrics()}
    for slicing, values in zip(slicings, scores.slices, strict=True):
        for group, value in enumerate(slicing.values):
            found[f"{slicing.feature}={value}"] = defined(values, 0, group)
    return found


@pytest.fixture(scope="module")
def numbers() -> dict[Problem, tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]]:
    found = {}
    for problem in COMPARED:
        frame = table(problem)
        found[problem] = slipway_numbers(frame, problem), tfma_numbers(frame, problem)
    return found


def test_the_slices_are_the_same(numbers):
    for ours, theirs in numbers.values():
        assert set(ours) == set(theirs)
        assert len(ours) == 1 + 2 + 4 + 8


@pytest.mark.parametrize(("problem", "name"), CASES, ids=[f"{problem}-{name}" for problem, name in CASES])
def test_a_metric_is_the_same_in_every_slice(numbers, problem, name):
    ours, theirs = numbers[problem]
    for key, expected in theirs.items():
        assert ours[key][name] == pytest.approx(expected[name], rel=TOLERANCE, abs=TOLERANCE), key


def test_jackknife_and_bootstrap_intervals_are_as_wide_as_tfmas_jackknife():
    """Both resample at random: a standard error from 20 parts is itself uncertain by a sixth, so a factor of two."""
    frame = table(Problem.BINARY)
    names = ("accuracy", "auc")
    result = by_tfma(frame, {name: COMPARED[Problem.BINARY][name] for name in names}, JACKKNIFE)
    overall = next(outputs[""][""] for key, outputs in result.slicing_metrics if key == ())
    label = Label(name="label", problem=Problem.BINARY, classes=("0", "1"))
    prediction = frame["prediction"].to_numpy()
    predictions = np.stack([1 - prediction, prediction], axis=1)
    for method in ("jackknife", "poisson_bootstrap"):
        confidence = Confidence(method=method, samples=20)
        weights = sample_weights(ROWS, confidence)
        ours = overall_intervals(score(label, frame["label"].to_numpy(np.int32), predictions, [], weights), confidence)
        for name in names:
            bounds = overall[name]["boundedValue"]
            width = bounds["upperBound"] - bounds["lowerBound"]
            assert 0.5 < (ours[name].high - ours[name].low) / width < 2, (method, name)


def test_multiclass_metrics_are_scikit_learns():
    """TFMA's CategoricalCrossEntropy divides its input in place, which fails on Arrow's read-only arrays."""
    random = np.random.default_rng(7)
    truth = random.integers(0, 4, ROWS).astype(np.int32)
    scores = random.random((ROWS, 5)) + 0.7 * np.eye(5)[truth]
    probabilities = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
    label = Label(name="label", problem=Problem.MULTICLASS, classes=tuple("abcde"))
    ours = evaluate_predictions(label, truth, probabilities)
    normalized = probabilities.astype(float) / probabilities.sum(axis=1, keepdims=True, dtype=float)
    assert ours["loss"] == pytest.approx(sklearn.metrics.log_loss(truth, normalized, labels=range(5)))
    chosen = probabilities.argmax(axis=1)
    assert ours["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(truth, chosen))
    assert ours["top_k_accuracy"] == pytest.approx(
        sklearn.metrics.top_k_accuracy_score(truth, probabilities, k=3, labels=range(5))
    )
    for average in ("macro", "weighted"):
        precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(
            truth, chosen, average=average, zero_division=0
        )
        expected = {"precision": precision, "recall": recall, "f1": f1}
        for name, value in expected.items():
            assert ours[f"{average}_{name}"] == pytest.approx(value), (average, name)


def test_r2_is_scikit_learns():
    frame = table(Problem.REGRESSION)
    truth, predictions = frame["label"].to_numpy(), frame["prediction"].to_numpy()
    ours = evaluate_predictions(Label(name="label", problem=Problem.REGRESSION), truth, predictions)
    assert ours["r2"] == pytest.approx(sklearn.metrics.r2_score(truth.astype(float), predictions.astype(float)))
    assert ours["rmse"] == pytest.approx(
        sklearn.metrics.root_mean_squared_error(truth.astype(float), predictions.astype(float))
    )


def test_auc_differs_from_the_exact_rank_statistic_by_less_than_a_ten_thousandth():
    """TFMA's 10,000 thresholds merge predictions that lie closer than 0.0001; ours merge the same ones."""
    frame = table(Problem.BINARY)
    prediction = frame["prediction"].to_numpy()
    label = Label(name="label", problem=Problem.BINARY, classes=("0", "1"))
    truth = frame["label"].to_numpy(np.int32)
    ours = evaluate_predictions(label, truth, np.stack([1 - prediction, prediction], axis=1))
    assert ours["auc"] == pytest.approx(sklearn.metrics.roc_auc_score(truth, prediction), abs=1e-4)
