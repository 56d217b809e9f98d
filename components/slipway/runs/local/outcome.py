"""From what tasks left behind to the summary of a run."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from slipway.contracts.errors import ExitCode
from slipway.contracts.run_summaries import RunSummary, StepOutcome, StepSummary
from slipway.contracts.steps import Account, account_of
from slipway.runs.graph import Task

_EXECUTOR_OUTPUT = "executor_output.json"


def step_summary(task: Task, event: Mapping[str, Any], root: Path, log: Path) -> StepSummary:
    """Return the summary of a task that has ended.

    Args:
        task: its place in the pipeline.
        event: what the task's process wrote when it ended.
        root: the folder of its outputs.
        log: its raw output.
    """
    silent = event["exit_code"] == 0 and not (root / _EXECUTOR_OUTPUT).is_file()
    failed = event["exit_code"] != 0 or silent
    output = {} if failed else _executor_output(root)
    artifacts = {
        name: item["uri"] for name, group in output.get("artifacts", {}).items() for item in group["artifacts"]
    }
    judged = output.get("parameterValues", {}).get("Output") in (True, False)
    verdict = account_of({name: Path(uri) for name, uri in artifacts.items()}).verdict if judged else None
    refused = output.get("parameterValues", {}).get("Output") is False
    if failed:
        outcome = StepOutcome.FAILED
    elif refused:
        outcome = StepOutcome.REFUSED
    else:
        outcome = StepOutcome.CACHED if event["cached"] else StepOutcome.SUCCEEDED
    return StepSummary(
        name=task.name,
        outcome=outcome,
        seconds=event["seconds"],
        waited_seconds=event.get("waited_seconds", 0.0),
        role=task.role.value if task.role else "",
        depends_on=task.depends_on,
        figures=_figures(output),
        verdict=verdict,
        message="it said that it succeeded and left no outputs" if silent else event["error"].get("message", ""),
        log=str(log),
        artifacts=artifacts,
    )


def skipped_step(task: Task) -> StepSummary:
    """Return the summary of a task that never started."""
    role = task.role.value if task.role else ""
    return StepSummary(name=task.name, outcome=StepOutcome.SKIPPED, seconds=0.0, role=role, depends_on=task.depends_on)


def lost_step(task: Task, log: Path) -> StepSummary:
    """Return the summary of a task that started and then vanished: its process or container was killed."""
    return replace(
        skipped_step(task),
        outcome=StepOutcome.FAILED,
        message="its process was killed before it ended; it may have run out of memory",
        log=str(log),
    )


def summarize(
    pipeline: str,
    run_id: str,
    started: datetime,
    seconds: float,
    parameters: dict[str, Any],
    steps: tuple[StepSummary, ...],
    failure: str,
) -> RunSummary:
    """Put the steps together; ``failure`` is what the orchestrator said, empty when it ended well."""
    outcome, code, reason = _ending(steps, failure)
    decided = {name: value for step in steps for name, value in account_of_step(step).summary.items()}
    return RunSummary(
        pipeline=pipeline,
        run_id=run_id,
        outcome=outcome,
        exit_code=int(code),
        exit_reason=reason,
        seconds=seconds,
        started=started.isoformat(timespec="seconds"),
        parameters=parameters,
        steps=steps,
        **decided,
    )


def account_of_step(step: StepSummary) -> Account:
    """Return what the step that ran says of the artifacts it left behind."""
    return account_of({name: Path(path) for name, path in step.artifacts.items()})


def _ending(steps: tuple[StepSummary, ...], failure: str) -> tuple[str, ExitCode, str]:
    failed = [step for step in steps if step.outcome is StepOutcome.FAILED]
    if failed:
        return "failed", exit_code_of(failed[0]), f"{failed[0].name}: {failed[0].message}"
    if failure:
        return "failed", ExitCode.INTERNAL, failure
    refused = [step for step in steps if step.outcome is StepOutcome.REFUSED]
    if refused:
        reasons = refused[0].verdict.reasons if refused[0].verdict else ()
        return (
            "refused",
            ExitCode.GATE_REFUSED,
            f"{refused[0].name} refused: {'; '.join(reasons) or 'its verdict is no'}",
        )
    return "succeeded", ExitCode.OK, "every step succeeded"


def exit_code_of(step: StepSummary) -> ExitCode:
    """Return the exit code that a failed step ended with, as its log's error file says."""
    try:
        error = json.loads(Path(step.log).with_suffix(".error.json").read_text())
        return ExitCode(error["exit_code"])
    except (OSError, ValueError, KeyError):
        return ExitCode.INTERNAL


def _executor_output(root: Path) -> dict[str, Any]:
    try:
        output: dict[str, Any] = json.loads((root / _EXECUTOR_OUTPUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return output


def _figures(output: Mapping[str, Any]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for item in output.get("artifacts", {}).get("metrics", {}).get("artifacts", ()):
        for name, value in item.get("metadata", {}).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                figures[name] = float(value)
    return figures
