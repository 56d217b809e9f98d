"""What a run on a cluster has come to: the service's many nodes as the pipeline's steps, and the run's outcome.

A run whose gate says no ends as SUCCEEDED, with the gate's node SKIPPED. A gate is a ``dsl.If`` on a task's boolean
``Output`` being true; ``dsl.If`` with ``dsl.Else`` is a choice and no gate, and neither is a condition on anything
else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.contracts.errors import ExitCode
from slipway.contracts.roles import role_of_image
from slipway.contracts.run_summaries import StepOutcome, StepSummary
from slipway.runs.clusters.service.service_records import ServiceRun, ServiceTask

ENDED = {"SUCCEEDED", "FAILED", "CANCELED", "SKIPPED"}
_VERDICT = re.compile(r"inputs\.parameter_values\['pipelinechannel--(.+)-Output'\] == true")
_BRANCHES = "condition-branches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A condition that lets a run go on only when a task's verdict is yes.

    Attributes:
        task: name of its node.
        title: what the pipeline calls it.
        verdict_task: the task that gives the verdict.
    """

    task: str
    title: str
    verdict_task: str


def gates_of(ir: Mapping[str, Any]) -> tuple[Gate, ...]:
    """Return the gates of a compiled pipeline, outer ones first."""
    return tuple(_gates(ir, ir["root"]["dag"]))


def step_names_of(ir: Mapping[str, Any]) -> dict[str, str]:
    """Return every container task by name, with its image role (empty for a foreign image), outer ones first."""
    return dict(_steps(ir, ir["root"]["dag"]))


def steps_of(ir: Mapping[str, Any], run: ServiceRun) -> tuple[StepSummary, ...]:
    """Return the steps that have started or, when the run has ended, all of them."""
    tasks = _last_starts(run)
    refusing = {gate.verdict_task for gate in _refusing(ir, tasks)}
    found = []
    for name, role in step_names_of(ir).items():
        task = tasks.get(name) or _failed_driver(tasks, name)
        if task is None and run.state not in ENDED:
            continue
        outcome = _outcome(task, run, name in refusing)
        message = task.message if task and outcome is StepOutcome.FAILED else ""
        found.append(StepSummary(name=name, outcome=outcome, seconds=_seconds(task), role=role, message=message))
    return tuple(found)


def running_steps(ir: Mapping[str, Any], run: ServiceRun) -> list[str]:
    """Return the names of the steps that run now."""
    names = step_names_of(ir)
    return [task.name for task in run.tasks if task.name in names and task.state in ("RUNNING", "PENDING")]


def ended_steps(ir: Mapping[str, Any], run: ServiceRun) -> list[StepSummary]:
    """Return the steps that have ended, in the order in which they did."""
    ends = {task.name: task.finished for task in run.tasks if task.state in ENDED}
    found = [step for step in steps_of(ir, run) if step.name in ends]
    return sorted(found, key=lambda step: (ends[step.name] is None, str(ends[step.name])))


def outcome_of(ir: Mapping[str, Any], run: ServiceRun) -> tuple[str, ExitCode, str]:
    """Return how an ended run ended: ``succeeded``, ``refused`` or ``failed``, the exit code and one sentence."""
    if run.state == "CANCELED":
        return "failed", ExitCode.INTERNAL, "the run was canceled"
    if run.state != "SUCCEEDED":
        return "failed", ExitCode.INTERNAL, _reason_of_failure(ir, run)
    refusing = _refusing(ir, _last_starts(run))
    if refusing:
        gate = refusing[0]
        reason = f"{gate.verdict_task} refused: what is behind {gate.title} was skipped; its report says why"
        return "refused", ExitCode.GATE_REFUSED, reason
    return "succeeded", ExitCode.OK, "every step succeeded"


def _last_starts(run: ServiceRun) -> dict[str, ServiceTask]:
    """Return each task's last start: Argo starts a graph again when a pod is lost, and lists both starts."""
    known = sorted(run.tasks, key=lambda task: (task.started is not None, str(task.started)))
    return {task.name: task for task in known}


def _reason_of_failure(ir: Mapping[str, Any], run: ServiceRun) -> str:
    """Return the service's own words where it has some: Kubeflow Pipelines 2.17 says that a task failed, not why."""
    failed = [task for task in _last_starts(run).values() if task.state == "FAILED"]
    for task in failed:
        if task.message:
            return f"{task.name.removesuffix('-driver')}: {task.message}"
    if run.message:
        return run.message
    steps = [step.name for step in steps_of(ir, run) if step.outcome is StepOutcome.FAILED]
    names = steps or [task.name for task in failed if task.name.endswith("-driver")]
    return f"{names[0]} failed; its log in the UI says why" if names else f"the run ended as {run.state}"


def _refusing(ir: Mapping[str, Any], tasks: Mapping[str, ServiceTask]) -> list[Gate]:
    def state(gate: Gate) -> str:
        task = tasks.get(gate.task) or tasks.get(gate.title)
        return task.state if task else ""

    return [gate for gate in gates_of(ir) if state(gate) == "SKIPPED"]


def _outcome(task: ServiceTask | None, run: ServiceRun, refused: bool) -> StepOutcome:
    if task is None or task.state == "SKIPPED":
        return StepOutcome.SKIPPED
    if task.state in ("FAILED", "CANCELED"):
        return StepOutcome.FAILED
    if refused:
        return StepOutcome.REFUSED
    return StepOutcome.CACHED if _was_cached(task, run) else StepOutcome.SUCCEEDED


def _was_cached(task: ServiceTask, run: ServiceRun) -> bool:
    """Whether the task's executor was skipped.

    Nothing in the service's answer says whose executor a node is (children are named by pods, and nodes do not name
    theirs), but an executor starts and ends with its task, and the task of a skipped one takes no time.
    """
    span = (task.started, task.finished)
    return any(
        node.name == "executor" and node.state == "SKIPPED" and (node.started, node.finished) == span
        for node in run.tasks
    )


def _failed_driver(tasks: Mapping[str, ServiceTask], name: str) -> ServiceTask | None:
    """Return the failed driver of a step, after which there is no node of the step itself."""
    driver = tasks.get(f"{name}-driver")
    return driver if driver and driver.state == "FAILED" else None


def _seconds(task: ServiceTask | None) -> float:
    if task is None or task.started is None or task.finished is None:
        return 0.0
    return max(0.0, (task.finished - task.started).total_seconds())


def _gates(ir: Mapping[str, Any], dag: Mapping[str, Any]) -> Iterator[Gate]:
    for name, task in dag["tasks"].items():
        component = ir["components"][task["componentRef"]["name"]]
        if "dag" not in component or name.startswith(_BRANCHES):
            continue
        if match := _VERDICT.fullmatch(task.get("triggerPolicy", {}).get("condition", "")):
            yield Gate(task=name, title=task.get("taskInfo", {}).get("name", name), verdict_task=match[1])
        yield from _gates(ir, component["dag"])


def _steps(ir: Mapping[str, Any], dag: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    inner = []
    for name, task in dag["tasks"].items():
        component = ir["components"][task["componentRef"]["name"]]
        if "dag" in component:
            inner.append(component["dag"])
        else:
            image = ir["deploymentSpec"]["executors"][component["executorLabel"]].get("container", {}).get("image", "")
            role = role_of_image(image)
            yield name, role.value if role else ""
    for dag in inner:
        yield from _steps(ir, dag)
