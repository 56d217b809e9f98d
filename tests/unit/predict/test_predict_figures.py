"""What is counted, and what people are told."""

import numpy as np
import pyarrow as pa
import pytest
from customer_tables import make_rows

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.metrics.prediction_counts import Counts, PredictionCounts
from slipway.reporting.markdown import escape

pytestmark = pytest.mark.any_processor

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


def test_the_figures_of_each_problem(run):
    found = {problem: run(problem)[0].metrics for problem in Problem}
    assert set(found[Problem.BINARY]) == {
        "rows", "rows_without_prediction", "mean_prediction", "predicted_no", "predicted_yes",
    }  # fmt: skip
    assert set(found[Problem.MULTICLASS]) == {
        "rows", "rows_without_prediction", "mean_confidence", "predicted_a", "predicted_b", "predicted_<c>",
    }  # fmt: skip
    assert set(found[Problem.REGRESSION]) == {"rows", "rows_without_prediction", "mean_prediction"}
    assert {each["rows"] for each in found.values()} == {330.0}
    assert found[Problem.BINARY]["predicted_no"] + found[Problem.BINARY]["predicted_yes"] == 330.0


def test_the_summary_says_who_predicted_what_and_where_it_stands(run, tmp_path):
    predicted, _ = run(Problem.MULTICLASS)
    text = (tmp_path / "predictions.md").read_text()
    for part in (
        "## Predictions of plan",
        f"| Model | {escape(predicted.model_uri)} |",
        "| Rows | 330 |",
        "| train | 230 |",
        r"| probability\_\<c\> | probability of \<c\> |",
        "Beside 6 columns of the table:",
        "| Probability of the predicted class, mean |",
    ):
        assert part in text, part
    assert "no finite number" not in text


def test_the_summary_of_a_regression_speaks_of_its_unit_and_of_missing_predictions(run, write_examples, tmp_path):
    table = make_rows(4)
    hours = pa.array([None, *table["hours"].to_pylist()[1:]])
    run(Problem.REGRESSION, table=write_examples(table.set_column(2, "hours", hours)), keep_columns=[])
    text = (tmp_path / "predictions.md").read_text()
    assert "value of bill, in its own unit" in text
    assert "The model gave no finite number for 1 rows; their predictions are null." in text
    assert "Beside" not in text
    assert "Predicted class" not in text
