"""From what tasks left behind to the summary of a run."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.errors import ExitCode, InputError
from slipway.contracts.evaluations import EvaluationFolder
from slipway.contracts.published_models import PushFolder
from slipway.contracts.validations import AnomaliesFolder
from slipway.contracts.verdicts import Verdict
from slipway.runs.graph import Task
from slipway.runs.local.summary import RunSummary, StepOutcome, StepSummary

T = TypeVar("T")

_EXECUTOR_OUTPUT = "executor_output.json"

_VERDICTS: Mapping[str, Callable[[Path], Verdict]] = {
    "anomalies": lambda root: AnomaliesFolder(root).validation().verdict,
    "evaluation": lambda root: EvaluationFolder(root).evaluation().verdict,
    "compressed_model": lambda root: CompressedFolder(root).compression().verdict,
}


def step_summary(task: Task, event: Mapping[str, Any], root: Path, log: Path) -> StepSummary:
    """The summary of a task that has ended.

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
    verdict = _verdict(artifacts) if output.get("parameterValues", {}).get("Output") in (True, False) else None
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
    """The summary of a task that never started."""
    role = task.role.value if task.role else ""
    return StepSummary(name=task.name, outcome=StepOutcome.SKIPPED, seconds=0.0, role=role, depends_on=task.depends_on)


def lost_step(task: Task, log: Path) -> StepSummary:
    """The summary of a task that started and then vanished: its process or container was killed."""
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
    by_output = {name: path for step in steps for name, path in step.artifacts.items()}
    pushed = _read(lambda: PushFolder(Path(by_output["pushed"])).pushed())
    evaluation = _read(lambda: EvaluationFolder(Path(by_output["evaluation"])).evaluation())
    compression = _read(lambda: CompressedFolder(Path(by_output["compressed_model"])).compression())
    chosen = [v.metrics for v in compression.variants if v.name == compression.chosen] if compression else []
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
        float_metrics=evaluation.metrics if evaluation else {},
        compressed_metrics=chosen[0] if chosen else {},
        model_uri=pushed.uri if pushed else None,
        model_version=pushed.version if pushed else None,
    )


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
    """The exit code that a failed step ended with, as its log's error file says."""
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


def _verdict(artifacts: Mapping[str, str]) -> Verdict | None:
    for name in _VERDICTS.keys() & artifacts.keys():
        with contextlib.suppress(InputError):
            return _VERDICTS[name](Path(artifacts[name]))
    return None


def _read(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except (InputError, KeyError):
        return None
