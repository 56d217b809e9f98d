"""Bad input gets one clear message, its own exit code, no traceback and no half-written output."""

import json
import os
import subprocess
import sys

import pytest

HEADER = "age,job,income\n"
GOOD = HEADER + "".join(f"{20 + i},{'ab'[i % 2]},{'yn'[i % 3 == 0]}\n" for i in range(40))


@pytest.fixture
def slipway(tmp_path):
    def call(*arguments):
        command = [sys.executable, "-P", "-m", "slipway.cli.main", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env={**os.environ}, capture_output=True, text=True, check=False)

    return call


def assert_refused(done, code, *words):
    assert done.returncode == code, done.stderr
    assert [word for word in words if word not in done.stderr] == []
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) <= 4


def run(slipway, tmp_path, text, *options, label="income"):
    (tmp_path / "rows.csv").write_text(text)
    return slipway("run", "--data", "rows.csv", "--label", label, "--cold", "--json", "summary.json", *options)


@pytest.mark.parametrize(
    ("text", "label", "code", "words"),
    [
        ("", "income", 3, ("rows.csv", "empty")),
        (HEADER, "income", 3, ("rows.csv",)),
        (GOOD, "incom", 2, ("'incom'", "income")),
        (HEADER + "1,a,y\n2,b,y\n3,a,y\n", "income", 3, ("income", "y")),
        (GOOD + "1,2\n", "income", 3, ("rows.csv", "42", "3", "2")),
    ],
    ids=["empty", "header only", "label not a column", "label with one value", "ragged rows"],
)
def test_a_table_that_cannot_be_used_is_named_with_what_is_wrong(slipway, tmp_path, text, label, code, words):
    done = run(slipway, tmp_path, text, label=label)
    assert_refused(done, code, *words)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["outcome"], summary["exit_code"]) == ("failed", code)
    assert summary["steps"][0]["outcome"] == "failed"
    assert not (tmp_path / "slipway-output" / "models").exists()
    artifacts = tmp_path / "slipway-output" / "runs" / summary["run_id"] / "artifacts"
    assert list(artifacts.rglob("*.parquet")) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--data", "none.csv", "--label", "y"), ("no file 'none.csv'",)),
        (("run", "--label", "y"), ("--data is missing",)),
        (("run", "--data", "rows.csv"), ("--label is missing",)),
        (("run", "batch_prediction", "--data", "rows.csv"), ("--model is missing", "batch-prediction")),
        (("run", "batch_prediction", "--data", "rows.csv", "--model", "models"), ("no file 'models'",)),
        (
            ("run", "batch_prediction", "--data", "rows.csv", "--model", "models/m/latest"),
            ("models/m/latest: nothing is published there yet",),
        ),
        (
            ("run", "batch_prediction", "--data", "rows.csv", "--model", "."),
            ("should be a pushed version's folder, with saved_model.pb and assets.extra/model.json",),
        ),
        (
            ("run", "batch_prediction", "--data", "rows.csv", "--label", "income", "--model", "s3://bucket/m/1"),
            ("pipeline batch-prediction has no input 'label'",),
        ),
        (("run", "--date", "rows.csv"), ("No such option", "--data")),
        (("run", "contineous_training", "--data", "rows.csv"), ("did you mean 'continuous_training'",)),
        (("run", "--data", "rows.csv", "--label", "income", "--set", "ingest.grup_column=x"), ("'group_column'",)),
        (("run", "--data", "rows.csv", "--label", "income", "--overrides", "none.yaml"), ("none.yaml",)),
        (("run", "--data", "rows.csv", "--label", "income", "--json", "no/such/s.json"), ("there is no folder",)),
        (("step", "ingest", "--output", "out"), ("--data-uri",)),
        (("compile", "--image", "light=slipway/light:latest"), ("must carry a version or digest",)),
        (("frobnicate",), ("No such command",)),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_written(slipway, tmp_path, arguments, words):
    (tmp_path / "rows.csv").write_text(GOOD)
    done = slipway(*arguments)
    assert_refused(done, 2, *words)
    assert [item.name for item in tmp_path.iterdir()] == ["rows.csv"]


def test_an_address_that_cannot_be_read_is_refused(slipway, tmp_path):
    done = slipway("run", "--data", "gopher://host/rows.csv", "--label", "y", "--cold")
    assert_refused(done, 2, "gopher")


def test_a_traceback_is_shown_when_it_is_asked_for(slipway):
    done = slipway("run", "--data", "none.csv", "--label", "y", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_a_step_alone_gives_the_same_exit_codes(slipway, tmp_path):
    (tmp_path / "rows.csv").write_text(HEADER)
    done = slipway("step", "ingest", "--data-uri", tmp_path / "rows.csv", "--label", "income", "--output", "out")
    assert_refused(done, 3, "rows.csv")
    assert not (tmp_path / "out" / "examples").exists()
