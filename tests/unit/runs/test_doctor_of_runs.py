"""``slipway doctor --run``: what it says of a run, as far as no role's environment is needed."""

import pytest

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.models import Hyperparameters, TuningResult
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.runs.clusters.doctor import Check, State
from slipway.runs.clusters.run_checks import run_checks
from slipway.runs.local.environments import environment_path


def step(name: str, figures: dict[str, float] | None = None, artifacts: dict[str, str] | None = None) -> StepSummary:
    return StepSummary(
        name=name,
        outcome=StepOutcome.SUCCEEDED,
        seconds=1.0,
        role="tensorflow",
        figures=figures or {},
        artifacts=artifacts or {},
    )


@pytest.fixture
def run(tmp_path):
    def write(*steps: StepSummary):
        summary = RunSummary(
            pipeline="p",
            run_id="r",
            outcome="succeeded",
            exit_code=0,
            exit_reason="",
            seconds=1.0,
            started="2026-01-02T03:04:05+00:00",
            steps=steps,
        )
        write_document(summary, tmp_path / "summary.json")
        return tmp_path

    return write


@pytest.mark.parametrize(
    ("waited", "words"),
    [
        (0.02, "compute: 2.0% of the time went into waiting for examples, 70,000 were learned from a second"),
        (0.75, "input: 75.0% of the time went into waiting for examples, 70,000 were learned from a second"),
    ],
)
def test_what_training_waited_for_longest_is_its_bottleneck(run, waited, words):
    figures = {"input_wait_fraction": waited, "examples_per_second": 70_000.0}
    *_, bottleneck = run_checks(run(step("ingest"), step("train", figures)))
    assert bottleneck == Check(name="bottleneck of training", state=State.OK, reason=words)


def test_a_run_without_training_is_skipped_with_the_reason(run):
    found = run_checks(run(step("ingest", {"rows": 3.0})))
    assert [(check.name, check.state) for check in found] == [
        ("training input", State.SKIP),
        ("bottleneck of training", State.SKIP),
    ]
    assert found[0].reason == "this run has no transformed_examples, or they are gone"
    assert found[1].reason == "no step of this run reported input_wait_fraction"


def test_without_its_environment_the_input_is_not_measured(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "nothing"))
    found = run_checks(run(step("transform", artifacts={"transformed_examples": str(tmp_path)})))
    assert found[0].state is State.SKIP
    assert found[0].reason == "needs its environment: slipway environments tensorflow"


def test_examples_that_cannot_be_read_are_a_failed_check(run, tmp_path, monkeypatch):
    """A stand-in for the role's Python: it says what the real one would, without TensorFlow."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    python = environment_path(Role.TENSORFLOW) / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho InputError: no examples >&2\nexit 1\n")
    python.chmod(0o755)
    (environment_path(Role.TENSORFLOW) / ".complete").touch()
    found = run_checks(run(step("transform", artifacts={"transformed_examples": str(tmp_path)})))
    assert found[0].state is State.FAILED
    assert found[0].reason.endswith("cannot be measured: InputError: no examples")


def test_what_the_role_measures_is_told_with_the_batch_size_that_was_found(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    python = environment_path(Role.TENSORFLOW) / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho \'{"training": 900000.0, "limit": 1000000.0, "share": 0.9}\'\n')
    python.chmod(0o755)
    (environment_path(Role.TENSORFLOW) / ".complete").touch()
    write_document(TuningResult(objective="loss", best=Hyperparameters(batch_size=96)), tmp_path / "tuning.json")
    artifacts = {"transformed_examples": str(tmp_path), "best_hyperparameters": str(tmp_path)}
    first, _ = run_checks(run(step("transform", artifacts=artifacts)))
    assert first.reason == "90% of the in-memory limit: 900,000 of 1,000,000 examples a second in batches of 96"


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no run"):
        run_checks(tmp_path)
