"""The step from a table and a SavedModel to verdict, evaluation and reports."""

import json
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.evaluations import EvaluationFolder
from slipway.contracts.examples import FeatureKind, Label, Problem, RawFeature
from slipway.steps.evaluate_slices import core
from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
from slipway.steps.evaluate_slices.core import Inputs, Outputs
from slipway.storage.folders import content_digest


@pytest.fixture
def run(tmp_path: Path, examples, make_model):
    """Evaluates and gives what the shell would get, and the evaluation that was written."""

    def run_step(model=None, *, table=examples, baseline_uri="", **settings):
        out = tmp_path / "out"
        inputs = Inputs(examples=table.root, model=(model or make_model()).root)
        evaluated = core.run(inputs, parse(EvaluateSlicesConfig, {**settings, "baseline_uri": str(baseline_uri)}))
        core.write(
            evaluated,
            Outputs(evaluation=out / "evaluation", report=out / "report.html", summary=out / "summary.md"),
        )
        return evaluated, EvaluationFolder(out / "evaluation").evaluation()

    return run_step


def test_a_binary_model_overall_and_by_slice(run, row_table, tmp_path):
    evaluated, found = run(slices=["hours-per-week", ["sex", "race"]])
    hours, truth = np.asarray(row_table["hours-per-week"]), np.asarray(row_table["income"]) == ">50K"
    right = (hours.astype(np.float32) > 40) == truth
    assert evaluated.passed
    assert evaluated.metrics["passed"] is True
    assert found.verdict.passed
    assert found.classes == ("<=50K", ">50K")
    assert found.metrics["accuracy"] == pytest.approx(right.mean())
    women = next(part for part in found.slices if part.name == "sex=Female")
    chosen = np.asarray(row_table["sex"]) == "Female"
    assert women.examples == chosen.sum()
    assert women.metrics["accuracy"] == pytest.approx(right[chosen].mean())
    assert women.worse
    names = {part.name for part in found.slices}
    assert {"sex=Male", "race=A", "sex_X_race=Male_X_A"} < names
    assert sum(name.startswith("hours-per-week=") for name in names) == 4
    assert "race=C" in found.omitted_slices
    assert not any(name.startswith(("income", "grade=", "wage")) for name in names - {"grade=a", "grade=b", "grade=c"})
    assert sum(map(sum, found.confusion)) == 600
    assert sum(point.examples for point in found.calibration) == 600


def test_what_kubeflow_pipelines_shows_is_what_its_own_methods_would_store(run):
    """The core may not import kfp, so it writes the form that ClassificationMetrics keeps in its metadata."""
    evaluated, found = run()
    matrix = evaluated.classification["confusionMatrix"]
    assert matrix["annotationSpecs"] == [{"displayName": "<=50K"}, {"displayName": ">50K"}]
    assert [row["row"] for row in matrix["rows"]] == [list(row) for row in found.confusion]
    points = evaluated.classification["confidenceMetrics"]
    assert len(points) == len(found.roc) <= 200
    assert set(points[0]) == {"confidenceThreshold", "recall", "falsePositiveRate"}
    assert json.loads(json.dumps(evaluated.classification, allow_nan=False)) == evaluated.classification


def test_reports_name_verdict_slices_and_curves_and_escape_values(run, tmp_path):
    run()
    page = (tmp_path / "out" / "report.html").read_text()
    for part in ("Receiver operating characteristic", "Calibration", "Fairness", "sex=Female", "&lt;=50K"):
        assert part in page
    assert "<=50K" not in page
    summary = (tmp_path / "out" / "summary.md").read_text()
    assert "**Passed**" in summary
    assert "Slices furthest behind in accuracy" in summary


def test_the_same_inputs_give_the_same_bytes(run, tmp_path):
    run()
    first = content_digest(tmp_path / "out")
    run()
    assert content_digest(tmp_path / "out") == first


@pytest.mark.parametrize("problem", list(Problem))
def test_slices_that_are_all_too_small_are_named_and_have_no_metrics(run, make_model, problem):
    """WHY: no slice at all ended the evaluation of a small binary table with an IndexError."""
    evaluated, found = run(make_model(problem=problem, slope=1.0), min_slice_examples=601)
    assert found.slices == ()
    assert {"sex=Female", "sex=Male", "race=A"} < set(found.omitted_slices)
    assert evaluated.metrics["slices"] == 0
    assert found.metrics["example_count"] == 600


def test_a_multiclass_model(run, make_model):
    evaluated, found = run(make_model(problem=Problem.MULTICLASS, slope=1.0))
    assert evaluated.passed, found.verdict
    assert len(found.confusion) == 3
    assert (found.roc, found.calibration, found.fairness) == ((), (), ())
    assert set(evaluated.classification) == {"confusionMatrix"}
    assert found.metrics["accuracy"] > 0.5


def test_a_regression_model_has_no_classification_metrics(run, make_model):
    evaluated, found = run(make_model(problem=Problem.REGRESSION, slope=1.0))
    assert evaluated.passed, found.verdict
    assert evaluated.classification == {}
    assert found.slice_metric == "rmse"
    assert {part.value: part.worse for part in found.slices if part.feature == "sex"} == {"Female": True, "Male": False}


def test_a_bad_model_is_refused_and_everything_is_written_all_the_same(run, make_model, tmp_path):
    evaluated, found = run(make_model(slope=-3.0))
    assert not evaluated.passed
    assert evaluated.metrics["passed"] is False
    assert any(reason.startswith("auc is 0.1") for reason in found.verdict.reasons)
    assert "**Refused**" in (tmp_path / "out" / "summary.md").read_text()


@pytest.mark.parametrize("form", ["version", "model", "remote"])
def test_a_baseline_is_asked_about_the_same_rows(run, make_version, make_model, form):
    """A pushed version, a training's output for who has pushed nothing yet, and a version in an object store."""
    uri = make_model(slope=5.0).root if form == "model" else make_version(slope=5.0)
    if form == "remote":
        store = fsspec.filesystem("memory")
        store.put(str(uri), "/models/income/1", recursive=True)
        uri = "memory://models/income/1"
    evaluated, found = run(baseline_uri=uri)
    assert evaluated.passed, found.verdict
    assert found.baseline_metrics["accuracy"] == pytest.approx(found.metrics["accuracy"])
    assert found.baseline_metrics["loss"] > found.metrics["loss"]
    assert found.slices[0].baseline_metrics["accuracy"] == pytest.approx(found.slices[0].metrics["accuracy"])
    assert evaluated.metrics["baseline_accuracy"] == found.baseline_metrics["accuracy"]


def test_the_latest_version_of_a_model_that_was_never_pushed_is_no_baseline(run, tmp_path):
    """WHY: a recurring run names its predecessor the same way every time, the first time too."""
    _, found = run(baseline_uri=tmp_path / "loans" / "latest")
    assert found.baseline_metrics == {}
    assert found.verdict.passed


def test_a_model_worse_than_the_baseline_is_refused(run, make_model, make_version):
    evaluated, found = run(make_model(slope=0.0), baseline_uri=make_version())
    assert not evaluated.passed
    assert any("the baseline's" in reason for reason in found.verdict.reasons)


def test_classes_of_the_baseline_may_come_in_another_order(run, make_version):
    turned = Label(name="income", problem=Problem.BINARY, classes=(">50K", "<=50K"))
    _, found = run(baseline_uri=make_version(label=turned))
    assert found.baseline_metrics == pytest.approx(found.metrics)


INCOMPARABLE = [
    (
        {
            "features": (
                RawFeature(name="hours-per-week", kind=FeatureKind.NUMERIC),
                RawFeature(name="age", kind=FeatureKind.NUMERIC),
            )
        },
        "it reads column 'age', which these examples do not have",
    ),
    (
        {
            "features": (
                RawFeature(name="hours-per-week", kind=FeatureKind.NUMERIC),
                RawFeature(name="sex", kind=FeatureKind.NUMERIC),
            )
        },
        "column 'sex' of type string cannot be read as numeric",
    ),
    ({"problem": Problem.REGRESSION}, "it predicts 'wage' (regression), not 'income' (binary)"),
    (
        {"label": Label(name="income", problem=Problem.BINARY, classes=("<50000", ">=50000"))},
        "its classes are ['<50000', '>=50000'], not ['<=50K', '>50K']",
    ),
]


@pytest.mark.parametrize(("settings", "told"), INCOMPARABLE, ids=["missing", "type", "problem", "classes"])
def test_a_baseline_that_cannot_be_compared_with_is_a_warning_or_a_reason(run, make_version, settings, told):
    uri = make_version(**settings)
    evaluated, found = run(baseline_uri=uri)
    assert evaluated.passed
    assert found.baseline_metrics == {}
    (warning,) = [text for text in found.verdict.warnings if "baseline" in text]
    assert warning.startswith(f"the baseline {uri} cannot be compared with: {told}")
    evaluated, found = run(baseline_uri=uri, incomparable_baseline="refuse")
    assert not evaluated.passed
    assert found.verdict.reasons == (warning,)


def test_a_baseline_that_is_not_there_is_the_callers_fault(run, tmp_path):
    with pytest.raises(InputError, match="there is no such folder"):
        run(baseline_uri=tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="should be a pushed version's folder, with saved_model.pb and assets.extra"):
        run(baseline_uri=tmp_path / "empty")


def test_rows_without_a_known_label_are_left_out_with_a_warning(run, row_table, write_examples):
    income = pa.array([None, "unheard of", *row_table["income"].to_pylist()[2:]])
    table = row_table.set_column(row_table.schema.get_field_index("income"), "income", income)
    _, found = run(table=write_examples(table))
    assert found.metrics["example_count"] == 598
    assert found.verdict.warnings[0] == ("2 of 600 rows are left out: their label is missing or of an unknown class")


def test_predictions_that_are_no_numbers_are_a_reason(run, row_table, write_examples):
    """The small model lets a missing value through, as a diverged network would."""
    hours = pc.if_else(pa.array([True] * 3 + [False] * 597), pa.scalar(None, pa.float64()), row_table["hours-per-week"])
    evaluated, found = run(table=write_examples(row_table.set_column(0, "hours-per-week", hours)))
    assert not evaluated.passed
    assert found.verdict.reasons == ("the model predicts NaN or infinity for 3 of 600 rows",)
    assert found.metrics["example_count"] == 597


def test_nothing_but_such_predictions_is_an_evaluation_too(run, row_table, write_examples):
    nothing = pa.nulls(600, pa.float64())
    _, found = run(table=write_examples(row_table.set_column(0, "hours-per-week", nothing)))
    assert found.verdict.reasons == ("the model predicts NaN or infinity for 600 of 600 rows",)
    assert found.metrics == {}


def test_an_empty_split_is_refused(run, row_table, write_examples):
    with pytest.raises(DataError, match="the test split is empty, so there is nothing to evaluate on; rows: train 600"):
        run(table=write_examples(row_table, "train"))


def test_another_split_can_be_evaluated(run, row_table, write_examples):
    evaluated, _ = run(table=write_examples(row_table, "train"), split="train")
    assert evaluated.metrics["example_count"] == 600


def test_labels_none_of_which_are_known_are_refused(run, row_table, write_examples):
    table = row_table.set_column(row_table.schema.get_field_index("income"), "income", pa.array(["?"] * 600))
    with pytest.raises(DataError, match="no row of the test split has a known value of label 'income'"):
        run(table=write_examples(table))


def test_a_missing_feature_is_refused_by_name(run, row_table, write_examples):
    with pytest.raises(DataError, match="has no column 'sex'"):
        run(table=write_examples(row_table.drop_columns(["sex"])))


def test_an_unknown_slice_column_and_metric_are_refused_before_anything_is_written(run, tmp_path):
    with pytest.raises(InputError, match="slices names 'gender', which is no column; there are hours-per-week, sex"):
        run(slices=["gender"])
    with pytest.raises(InputError, match="thresholds names 'acc'"):
        run(thresholds={"acc": {"lower_bound": 0.5}})
    assert not (tmp_path / "out").exists()


def test_a_rerun_replaces_what_stood_there(run, tmp_path):
    run()
    (tmp_path / "out" / "evaluation" / "leftover").write_text("old")
    run()
    assert [path.name for path in (tmp_path / "out" / "evaluation").iterdir()] == ["evaluation.json"]
