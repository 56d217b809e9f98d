"""The reference pipeline as a user runs it: real steps, real data, the command line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.published_models import PublishedModel
from slipway.contracts.tables import TableFolder
from slipway.publishing.versions import whole_numbers
from slipway.storage.folders import content_digest
from slipway.storage.object_store import open_store

pytestmark = pytest.mark.slow
ADULT = Path(__file__).parents[3] / "shared" / "data" / "adult.csv"


def slipway(folder, *arguments):
    command = [sys.executable, "-P", "-m", "slipway.cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env={**os.environ}, capture_output=True, text=True, check=False)


def outcomes(summary):
    return {step["name"]: step["outcome"] for step in summary["steps"]}


def artifact(summary, step, name):
    return Path(next(item for item in summary["steps"] if item["name"] == step)["artifacts"][name])


def demo(folder, name, *options):
    """A run on a small table of the demo data, and its summary."""
    arguments = ["demo", "--rows", "6000", "--trials", "2", "--set", "epochs=3", "--json", f"{name}.json", *options]
    done = slipway(folder, *arguments)
    return done, json.loads((folder / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(folder):
    done, summary = demo(folder, "first")
    assert done.returncode == 0, done.stderr
    return summary


@pytest.fixture(scope="module")
def second(folder, first):
    done, summary = demo(folder, "second")
    assert done.returncode == 0, done.stderr
    return summary


def test_a_first_run_pushes_version_1_with_everything_that_belongs_to_it(folder, first):
    assert set(outcomes(first).values()) == {"succeeded"}
    assert list(outcomes(first)) == [
        "ingest",
        "validate",
        "transform",
        "tune",
        "train-distributed",
        "evaluate-slices",
        "compress",
        "push",
    ]
    model = PublishedModel(folder / "slipway-output" / "models" / "loans")
    assert (list(whole_numbers(open_store(str(model.root)))), first["model_version"]) == ([1], 1)
    version = model.version(1)
    assert first["model_uri"] == str(version.root)
    assert version.compressed_path.is_file()
    assert version.statistics.file("train").is_file()
    assert first["float_metrics"]["accuracy"] > 0.75
    assert first["float_metrics"]["accuracy"] - first["compressed_metrics"]["accuracy"] <= 0.005


def test_the_report_is_one_page_that_needs_nothing_else(first):
    page = Path(first["report"]).read_text()
    assert [word for word in ("<script", "@import", 'src="http', "url(http") if word in page] == []
    assert [step for step in outcomes(first) if step not in page] == []


def test_the_doctor_measures_the_training_input_of_a_run_and_names_the_bottleneck(folder, first):
    done = slipway(folder, "doctor", "--run", Path(first["report"]).parent)
    said = " ".join(done.stdout.split())
    assert re.search(r"training input ok \d+% of the in-memory limit: [\d,]+ of [\d,]+ examples a second", said)
    assert re.search(r"bottleneck of training ok (compute|input): \d+\.\d% of the time went into waiting", said)


def test_a_repeated_run_takes_what_has_not_changed_and_pushes_nothing_new(folder, second):
    """The first push is now the baseline and the previous data, so what looks at them runs again."""
    assert outcomes(second) == {
        "ingest": "succeeded",
        "validate": "succeeded",
        "transform": "cached",
        "tune": "cached",
        "train-distributed": "cached",
        "evaluate-slices": "succeeded",
        "compress": "cached",
        "push": "succeeded",
    }
    assert list(whole_numbers(open_store(str(folder / "slipway-output" / "models" / "loans")))) == [1]
    assert second["model_version"] == 1


def test_new_processes_instead_of_warm_ones_give_the_same_bytes(folder, first):
    options = ("--cold", "--no-cache", "--trials", "0", "--output", "cold")
    done, cold = demo(folder, "cold", *options)
    assert done.returncode == 0, done.stderr
    done, warm = demo(folder, "warm", "--no-cache", "--trials", "0", "--output", "warm")
    assert done.returncode == 0, done.stderr
    tables = [TableFolder(artifact(run, "ingest", "examples")).manifest().digest for run in (cold, warm)]
    assert tables[0] == tables[1]
    for step, name in [
        ("validate", "schema"),
        ("validate", "statistics"),
        ("transform", "transform_graph"),
        ("transform", "transformed_examples"),
        ("train-distributed", "model"),
    ]:
        assert content_digest(artifact(cold, step, name)) == content_digest(artifact(warm, step, name)), name


@pytest.mark.parametrize(
    ("setting", "gate", "skipped"),
    [
        ("validate.min_rows=100000", "validate", 6),
        ("evaluate_slices.thresholds={auc: {lower_bound: 0.999}}", "evaluate-slices", 2),
        ("compress.max_bytes=10", "compress", 1),
    ],
)
def test_what_depends_on_a_gate_that_refuses_does_not_run(folder, second, setting, gate, skipped):
    done, summary = demo(folder, "refused", "--set", setting)
    assert done.returncode == summary["exit_code"] == 4
    assert outcomes(summary)[gate] == "refused"
    assert list(outcomes(summary).values())[-skipped:] == ["skipped"] * skipped
    assert summary["exit_reason"].startswith(f"{gate} refused: ")
    assert f"{gate} refused: " in done.stderr
    assert list(whole_numbers(open_store(str(folder / "slipway-output" / "models" / "loans")))) == [1]


def test_the_pushed_model_predicts_a_table_as_it_is(folder, second):
    data = folder / "slipway-output" / "demo-data" / "loans.csv"
    rows = len(data.read_text().splitlines()) - 1
    for name, model, outcome in (("newest", "loans/latest", "succeeded"), ("numbered", "loans/1", "cached")):
        arguments = ["run", "batch_prediction", "--data", data, "--model", f"slipway-output/models/{model}"]
        done = slipway(folder, *arguments, "--json", f"{name}.json")
        assert done.returncode == 0, done.stderr
        summary = json.loads((folder / f"{name}.json").read_text())
        assert outcomes(summary) == {"ingest": "succeeded", "predict": outcome}
        assert summary["parameters"]["model_uri"] == second["model_uri"]
        predictions = artifact(summary, "predict", "predictions")
        assert f"predictions   {predictions}" in done.stdout
        manifest = TableFolder(predictions).manifest()
        assert (list(manifest.splits), manifest.rows("test")) == (["test"], rows)
        read = TableFolder(artifact(summary, "ingest", "examples")).manifest().columns
        added = [column.name for column in manifest.columns[len(read) :]]
        assert manifest.columns[: len(read)] == read
        assert added == ["predicted_defaulted", "probability_yes"]
        figures = summary["steps"][1]["figures"]
        assert figures["predicted_no"] + figures["predicted_yes"] == figures["rows"] == rows


def test_the_step_alone_predicts_what_the_evaluation_judged(folder, first):
    arguments = ["--examples", artifact(first, "ingest", "examples"), "--config", "{splits: [test]}"]
    arguments += ["--model", artifact(first, "train-distributed", "model"), "--output", "alone"]
    done = slipway(folder, "step", "predict", *arguments)
    assert done.returncode == 0, done.stderr
    written = json.loads((folder / "alone" / "executor_output.json").read_text())["artifacts"]
    figures = written["metrics"]["artifacts"][0]["metadata"]
    assert figures["rows"] == first["float_metrics"]["example_count"]
    assert figures["mean_prediction"] == pytest.approx(first["float_metrics"]["mean_prediction"], abs=1e-6)


@pytest.fixture(scope="module")
def census(tmp_path_factory):
    if not ADULT.is_file():
        pytest.skip(f"the census data is not at {ADULT}")
    folder = tmp_path_factory.mktemp("census")
    done = slipway(folder, "run", "--data", ADULT, "--label", "income", "--json", "summary.json")
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "summary.json").read_text())


def test_census_data_with_nothing_else_said_reaches_the_level_of_a_dense_network(census):
    assert census["float_metrics"]["accuracy"] >= 0.84
    assert census["float_metrics"]["auc"] >= 0.90


def test_the_int8_model_of_the_census_data_stays_within_half_a_point(census):
    compression = CompressedFolder(artifact(census, "compress", "compressed_model")).compression()
    accuracy = {variant.name: variant.metrics["accuracy"] for variant in compression.variants}
    assert accuracy["float"] - accuracy["int8"] <= 0.005
