"""What people are told of predictions."""

import pyarrow as pa
import pytest
from customer_tables import make_rows

from slipway.contracts.examples import Problem
from slipway.reporting.markdown import escape

pytestmark = pytest.mark.any_processor


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
