"""From what the service reports to steps, outcomes and exit codes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from slipway.contracts.errors import ExitCode
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.clusters.run_states import ended_steps, gates_of, outcome_of, running_steps, steps_of
from slipway.runs.clusters.service.service_records import ServiceRun, ServiceTask

START = datetime(2026, 11, 22, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def ir():
    return compiled_pipeline("continuous_training")


def node(name, state="SUCCEEDED", seconds=10, **values):
    finished = START + timedelta(seconds=seconds)
    return ServiceTask(name=name, state=state, started=START, finished=finished, **values)


def run(*tasks, state="SUCCEEDED", message=""):
    return ServiceRun(run_id="r", name="r", state=state, message=message, tasks=tasks)


def outcomes(ir, reported):
    return {step.name: step.outcome.value for step in steps_of(ir, reported)}


def test_the_gates_of_the_reference_pipeline_are_its_verdicts(ir):
    assert [(gate.title, gate.verdict_task) for gate in gates_of(ir)] == [
        ("data-is-valid", "validate"),
        ("model-is-blessed", "evaluate-slices"),
        ("compression-is-good", "compress"),
    ]


def test_a_choice_is_no_gate(tmp_path):
    (tmp_path / "choice.py").write_text(
        "from kfp import dsl\n"
        "@dsl.component\n"
        "def judge() -> bool:\n    return True\n"
        "@dsl.component\n"
        "def say(text: str):\n    print(text)\n"
        "@dsl.pipeline(name='choice')\n"
        "def choice(count: int = 3):\n"
        "    judged = judge()\n"
        "    with dsl.If(judged.output == True):\n        say(text='a')\n"
        "    with dsl.Else():\n        say(text='b')\n"
        "    with dsl.If(count > 2):\n        say(text='c')\n"
    )
    assert gates_of(compiled_pipeline(str(tmp_path / "choice.py"))) == ()


def test_a_gate_that_was_skipped_is_a_refusal(ir):
    reported = run(node("ingest"), node("validate"), node("condition-1-driver"), node("condition-1", "SKIPPED"))
    assert outcome_of(ir, reported)[:2] == ("refused", ExitCode.GATE_REFUSED)
    assert "validate refused: what is behind data-is-valid was skipped" in outcome_of(ir, reported)[2]
    assert outcomes(ir, reported) == {
        "ingest": "succeeded",
        "validate": "refused",
        "compress": "skipped",
        "push": "skipped",
        "evaluate-slices": "skipped",
        "train-distributed": "skipped",
        "transform": "skipped",
        "tune": "skipped",
    }


def test_the_last_gate_is_named_when_it_is_the_one_that_refused(ir):
    reported = run(node("compress"), node("condition-1"), node("condition-2"), node("condition-3", "SKIPPED"))
    assert outcome_of(ir, reported)[2].startswith("compress refused: what is behind compression-is-good")


def test_a_failure_counts_more_than_a_skipped_gate(ir):
    """WHY: tasks behind a failed one are skipped too, and a crash is not a verdict."""
    reported = run(
        node("validate", "FAILED", message="pod ended with 1"), node("condition-1", "SKIPPED"), state="FAILED"
    )
    assert outcome_of(ir, reported) == ("failed", ExitCode.INTERNAL, "validate: pod ended with 1")


def test_a_driver_that_failed_is_its_steps_failure(ir):
    reported = run(node("ingest-driver", "FAILED", message="image cannot be pulled"), state="FAILED")
    assert outcome_of(ir, reported)[2] == "ingest: image cannot be pulled"
    assert outcomes(ir, reported)["ingest"] == "failed"


@pytest.mark.parametrize(
    ("state", "message", "reason"),
    [("FAILED", "quota", "quota"), ("FAILED", "", "the run ended as FAILED"), ("CANCELED", "", "the run was canceled")],
)
def test_a_run_that_says_little_is_still_a_failure(ir, state, message, reason):
    assert outcome_of(ir, run(state=state, message=message)) == ("failed", ExitCode.INTERNAL, reason)


def test_a_task_whose_executor_was_skipped_came_from_the_cache(ir):
    """WHY: so a real service answers; no node names its pod, and only times tell whose executor it is."""
    reported = run(
        node("ingest", seconds=0),
        node("executor", "SKIPPED", seconds=0),
        node("validate", seconds=20),
        node("executor", seconds=20),
        state="RUNNING",
    )
    assert outcomes(ir, reported) == {"ingest": "cached", "validate": "succeeded"}


def test_the_last_start_of_a_task_counts(ir):
    """WHY: Argo tries the whole graph again when a pod is lost, and the service lists both starts in any order."""
    first = node("ingest", "FAILED", seconds=5)
    second = replace(node("ingest", seconds=40), started=START + timedelta(seconds=30))
    for order in ((first, second), (second, first)):
        assert outcomes(ir, run(*order, state="RUNNING")) == {"ingest": "succeeded"}


def test_a_failure_without_a_message_names_the_step(ir):
    """WHY: Kubeflow Pipelines 2.17 tells that a task failed, and not why."""
    reported = run(node("root", "FAILED"), node("ingest"), node("validate", "FAILED"), state="FAILED")
    assert outcome_of(ir, reported)[2] == "validate failed; its log in the UI says why"


def test_a_run_whose_own_driver_failed_names_it(ir):
    reported = run(node("root-driver(0)", "FAILED"), node("root-driver", "FAILED"), state="FAILED")
    assert outcome_of(ir, reported)[2] == "root-driver failed; its log in the UI says why"


def test_what_runs_and_what_has_ended_in_order(ir):
    reported = run(
        node("tune", seconds=90),
        node("transform", seconds=60),
        node("train-distributed", "RUNNING"),
        node("condition-1", "RUNNING"),
        state="RUNNING",
    )
    assert running_steps(ir, reported) == ["train-distributed"]
    assert [(step.name, step.seconds) for step in ended_steps(ir, reported)] == [("transform", 60.0), ("tune", 90.0)]
