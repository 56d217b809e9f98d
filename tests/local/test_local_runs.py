"""Pipelines on this machine: kfp.local orchestrates, tasks run in the environment of their role."""

import json
from pathlib import Path

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import StepOutcome
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.graph import tasks_of
from slipway.runs.local.environments import environment_path
from slipway.runs.local.run import RunPlan, run_pipeline

PIPELINES = Path(__file__).parent / "pipelines"


class Silent:
    """A progress that remembers what it was told."""

    def __init__(self):
        self.told = []

    def started(self, task, log):
        self.told.append(("started", task.name))

    def finished(self, step):
        self.told.append(("finished", step.name))


@pytest.fixture(scope="module")
def ir():
    return compiled_pipeline(str(PIPELINES / "gated.py"))


@pytest.fixture
def run(ir, tmp_path):
    def start(**arguments):
        progress = Silent()
        summary, folder = run_pipeline(RunPlan(ir=ir, arguments=arguments, output=tmp_path), progress)
        return summary, folder, progress

    return start


def outcomes(summary):
    return {step.name: step.outcome for step in summary.steps}


def test_tasks_and_their_dependencies_are_read_from_the_compiled_pipeline(ir):
    assert {task.name: task.depends_on for task in tasks_of(ir)} == {
        "count": (),
        "judge": ("count",),
        "keep": ("count", "judge"),
    }


def test_every_task_runs_in_the_environment_of_its_role(run):
    summary, _, progress = run()
    assert (summary.outcome, summary.exit_code) == ("succeeded", 0)
    kept = next(step for step in summary.steps if step.name == "keep").artifacts["kept"]
    prefix, _, *words = Path(kept).read_text().splitlines()
    assert prefix == str(environment_path(Role.LIGHT))
    assert words == ["a", "b", "c"]
    assert progress.told == [(e, n) for n in ("count", "judge", "keep") for e in ("started", "finished")]


def test_key_figures_and_logs_are_in_the_summary(run):
    summary, _, _ = run()
    count = summary.steps[0]
    assert count.figures == {"words": 3.0}
    assert "Got executor_input" in Path(count.log).read_text()


def test_a_gate_that_refuses_ends_the_run_with_its_own_code(run):
    summary, _, _ = run(text="alone")
    assert (summary.outcome, summary.exit_code) == ("refused", 4)
    assert outcomes(summary) == {
        "count": StepOutcome.SUCCEEDED,
        "judge": StepOutcome.REFUSED,
        "keep": StepOutcome.SKIPPED,
    }


def test_invalid_data_is_told_in_one_sentence_with_its_own_code(run):
    summary, _, _ = run(text="")
    assert (summary.outcome, summary.exit_code) == ("failed", 3)
    assert summary.exit_reason == "count: text is empty; give at least one word"
    assert outcomes(summary)["judge"] is StepOutcome.SKIPPED


def test_an_unforeseen_error_is_internal_and_its_traceback_is_in_the_log(run):
    summary, _, _ = run(text="crash")
    assert summary.exit_code == 1
    assert 'raise RuntimeError("something nobody foresaw")' in Path(summary.steps[0].log).read_text()


def test_a_repeated_run_takes_every_unchanged_step_from_the_cache(run):
    first, _, _ = run()
    again, folder, _ = run()
    assert outcomes(again) == dict.fromkeys(("count", "judge", "keep"), StepOutcome.CACHED)
    old, new = (Path(summary.steps[2].artifacts["kept"]) for summary in (first, again))
    assert old.read_text() == new.read_text()
    assert new.is_relative_to(folder)


def test_what_depends_on_a_change_runs_again(run):
    run()
    summary, _, _ = run(least=3)
    assert outcomes(summary) == {
        "count": StepOutcome.CACHED,
        "judge": StepOutcome.SUCCEEDED,
        "keep": StepOutcome.CACHED,
    }


def test_arguments_that_the_pipeline_does_not_know_are_refused(ir, tmp_path):
    with pytest.raises(InputError, match="pipeline gated has no input 'texts'; did you mean 'text'"):
        run_pipeline(RunPlan(ir=ir, arguments={"texts": "x"}, output=tmp_path), Silent())
    assert list(tmp_path.iterdir()) == []


def test_every_event_of_a_run_is_kept_beside_its_logs(run):
    _, folder, _ = run()
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert [(event["event"], event["task"]) for event in events][:2] == [("started", "count"), ("finished", "count")]


def test_an_importer_is_no_task_and_what_it_names_is_read(tmp_path):
    """WHY: Kubeflow itself registers an imported artifact; there is no image whose environment could run it."""
    imported = compiled_pipeline(str(PIPELINES / "imported.py"))
    assert [(task.name, task.depends_on) for task in tasks_of(imported)] == [("count", ())]
    words = tmp_path / "words"
    words.write_text("a\nb\nc\nd\n")
    summary, _ = run_pipeline(RunPlan(ir=imported, arguments={"words_uri": str(words)}, output=tmp_path), Silent())
    assert (summary.outcome, outcomes(summary)) == ("succeeded", {"count": StepOutcome.SUCCEEDED})
    assert summary.steps[0].figures == {"words": 4.0}
