"""Run a compiled pipeline on this machine: kfp.local orchestrates, each task runs in its role's environment."""

import contextlib
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import RunSummary, StepSummary
from slipway.runs.arguments import check_complete
from slipway.runs.binding import SHIM, bind_interpreters
from slipway.runs.containers.container_run import Containers, container_run
from slipway.runs.graph import Task, tasks_of
from slipway.runs.local import environments
from slipway.runs.local.kfp_output import KfpOutput
from slipway.runs.local.outcome import lost_step, skipped_step, step_summary, summarize
from slipway.runs.local.task import KFP_LOG, TaskPlace
from slipway.runs.local.warm_workers import WarmWorkers
from slipway.runs.sdk import import_without_client

_POLL_SECONDS = 0.05


class Progress(Protocol):
    """Is told how a run goes."""

    def started(self, task: Task, log: Path) -> None:
        """Show that a task has started; its raw output goes to ``log``."""

    def finished(self, step: StepSummary) -> None:
        """Show that a task has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """Everything that a run needs to know.

    Attributes:
        ir: the compiled pipeline.
        arguments: values of the pipeline's parameters.
        output: folder for runs and the cache.
        caching: whether unchanged steps may take earlier results.
        workers: warm processes, started already or not; None for a new process for every task.
        containers: set to run each task in a container of its role's image.
    """

    ir: Mapping[str, Any]
    arguments: Mapping[str, Any]
    output: Path
    caching: bool = True
    workers: WarmWorkers | None = None
    containers: Containers | None = None

    @property
    def pipeline(self) -> str:
        """Return the pipeline's name."""
        return str(self.ir["pipelineInfo"]["name"])


def run_pipeline(plan: RunPlan, progress: Progress) -> tuple[RunSummary, Path]:
    """Run it; the summary and the run's folder.

    A gate that refuses and a task that fails are outcomes, told by the summary.

    Raises:
        InputError: the arguments do not fit the pipeline, or a task cannot run without Docker.
        TransientError: an environment could not be set up.
    """
    tasks = tasks_of(plan.ir)
    check_complete(plan.ir, plan.arguments)
    started = datetime.now(UTC)
    folder = _new_run_folder(plan, started)
    clock = time.monotonic()
    with _follow(folder / "events.jsonl", tasks, progress) as follower:
        orchestrate = _in_containers if plan.containers else _in_environments
        failure = orchestrate(plan, tasks, folder)
    steps = tuple(follower.steps.get(task.name) or follower.unfinished(task) for task in tasks)
    summary = summarize(
        plan.pipeline, folder.name, started, time.monotonic() - clock, dict(plan.arguments), steps, failure
    )
    return summary, folder


def _in_environments(plan: RunPlan, tasks: tuple[Task, ...], folder: Path) -> str:
    import_without_client()
    from kfp import local

    pythons = {role: environments.ensure_environment(role) / "bin" / "python" for role in _roles(tasks)}
    packages = _lay_out(folder)
    if plan.workers:
        plan.workers.start(pythons)
    addresses = plan.workers.listening() if plan.workers else {}
    variables = {task.executor: _variables(plan, task, folder, packages, pythons, addresses) for task in tasks}
    bound = bind_interpreters(plan.ir, variables)
    failure = _orchestrate(bound, local.SubprocessRunner(use_venv=False), plan.arguments, folder)
    if plan.workers:
        plan.workers.keep_logs(folder / "logs")
    return failure


def _in_containers(plan: RunPlan, tasks: tuple[Task, ...], folder: Path) -> str:
    import_without_client()
    from kfp import local

    cache = plan.output.absolute() / ".cache" if plan.caching else None
    with container_run(plan.ir, plan.arguments, tasks, folder, cache, plan.containers or Containers()) as run:
        failure = _orchestrate(run.ir, local.DockerRunner(**run.options), plan.arguments, folder)
        return run.unreported_failure() or failure


def _roles(tasks: tuple[Task, ...]) -> list[Role]:
    return sorted({task.role for task in tasks if task.role})


def _new_run_folder(plan: RunPlan, started: datetime) -> Path:
    name = f"{plan.pipeline}-{started:%Y%m%d-%H%M%S}"
    for attempt in range(1, 1000):
        folder = plan.output.absolute() / "runs" / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"cannot write to {plan.output}: {error.strerror}") from error
        return folder
    raise InputError(f"{plan.output / 'runs'} has too many runs named {name}")


def _lay_out(folder: Path) -> Path:
    """Put the shim and a folder with nothing but ``slipway`` into the run's folder; the latter is returned."""
    shim = folder / "bin" / SHIM
    shim.parent.mkdir()
    packages = folder / "bin" / "packages"
    packages.mkdir()
    (packages / "slipway").symlink_to(Path(__file__).resolve().parents[2])
    line = f'PYTHONPATH="{packages}" exec "{sys.executable}" -P -m slipway.runs.local.task "$@"'
    shim.write_text(f"#!/bin/sh\n{line}\n")
    shim.chmod(0o755)
    return packages


def _variables(
    plan: RunPlan,
    task: Task,
    folder: Path,
    packages: Path,
    pythons: Mapping[Role, Path],
    addresses: Mapping[Role, str],
) -> dict[str, str]:
    if task.role:
        python, identity = pythons[task.role], environments.lock_digest(task.role)
    else:
        identity = environments.foreign_key(task.image, plan.ir["deploymentSpec"]["executors"][task.executor])
        python = environments.ensure_foreign_environment(identity) / "bin" / "python"
    place = TaskPlace(
        run=str(folder),
        python=str(python),
        packages=str(packages),
        environment=identity,
        cache=str(plan.output.absolute() / ".cache") if plan.caching and task.caching else "",
        worker=addresses.get(task.role, "") if task.role else "",
        retries=str(task.retries),
    )
    return {**place.variables(), "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _orchestrate(ir: Mapping[str, Any], runner: Any, arguments: Mapping[str, Any], folder: Path) -> str:
    """Let kfp.local run the pipeline; what it says about a failure, or an empty text."""
    from kfp import components, local

    artifacts, workspace = folder / "artifacts", folder / "workspace"
    for path in (artifacts, workspace):
        path.mkdir()  # or Docker's daemon makes them, as root
    with (
        KfpOutput(folder / KFP_LOG) as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        pipeline = components.load_component_from_text(json.dumps(ir))
        local.init(
            runner,
            pipeline_root=str(artifacts),
            workspace_root=str(workspace),
        )
        try:
            pipeline(**arguments)
        except (RuntimeError, OSError) as error:  # what the Docker engine answers in error is an OSError
            return str(error) or "kfp.local stopped without saying why"
    return ""


class _Follower:
    """Turns the events that tasks write into calls of ``progress``."""

    def __init__(self, events: Path, tasks: tuple[Task, ...], progress: Progress) -> None:
        self.steps: dict[str, StepSummary] = {}
        self._events, self._tasks, self._progress = events, {task.name: task for task in tasks}, progress
        self._roots: dict[str, tuple[Path, Path]] = {}
        self._position = 0

    def unfinished(self, task: Task) -> StepSummary:
        """Return the summary of a task that never ended, or never started."""
        if task.name not in self._roots:
            return skipped_step(task)
        _, log = self._roots[task.name]
        return lost_step(task, log)

    def read(self) -> None:
        """Take in what was written since the last call."""
        if not self._events.exists():
            return
        with self._events.open() as file:
            file.seek(self._position)
            while (line := file.readline()).endswith("\n"):
                self._position = file.tell()
                self._take(json.loads(line))

    def _take(self, event: dict[str, Any]) -> None:
        task = self._tasks.get(event["task"])
        if task is None:
            return
        if event["event"] == "started":
            self._roots[task.name] = Path(event["root"]), Path(event["log"])
            self._progress.started(task, Path(event["log"]))
            return
        root, log = self._roots[task.name]
        self.steps[task.name] = step_summary(task, event, root, log)
        self._progress.finished(self.steps[task.name])


@contextlib.contextmanager
def _follow(events: Path, tasks: tuple[Task, ...], progress: Progress) -> Iterator[_Follower]:
    follower, done = _Follower(events, tasks, progress), threading.Event()

    def watch() -> None:
        while not done.wait(_POLL_SECONDS):
            follower.read()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield follower
    finally:
        done.set()
        thread.join()
        follower.read()
