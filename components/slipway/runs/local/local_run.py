"""A run as the command line does it: settings in, a run on this machine, the summary and the report out."""

import contextlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from slipway.contracts.documents import write_document
from slipway.contracts.errors import ExitCode, InputError
from slipway.contracts.latest import LATEST
from slipway.contracts.published_models import VersionFolder, latest_pushed, served_model
from slipway.contracts.roles import Role
from slipway.contracts.tables import TRAIN
from slipway.runs.arguments import INPUT_ADDRESSES, absolute_uri, check_given, model_name_of, pipeline_arguments
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.containers.container_run import Containers
from slipway.runs.graph import tasks_of
from slipway.runs.local.environments import ensure_environment, environment_path, is_ready
from slipway.runs.local.progress import TerminalProgress, installing, summary_table
from slipway.runs.local.run import RunPlan, run_pipeline
from slipway.runs.local.summary import RunSummary, StepOutcome
from slipway.runs.local.warm_workers import WarmWorkers
from slipway.runs.report.page import REPORT, write_run_report
from slipway.runs.signatures import roles_of_reference

_LOG_LINES_SHOWN = 40
_PREDICTIONS = "predictions"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """What a user asks for.

    Attributes:
        pipeline: name, file or package.
        settings: parameters by name, and a mapping per step.
        output: folder for runs, the cache and, unless ``destination`` is set, the models.
        json_file: where the summary goes; None for nowhere but the run's folder.
        containers: set to run each task in a container of its role's image.
    """

    pipeline: str
    settings: Mapping[str, Any]
    output: Path
    json_file: Path | None = None
    caching: bool = True
    warm: bool = True
    containers: Containers | None = None


def run_and_report(request: LocalRun, console: Console) -> int:
    """Run it, print how it goes, write summary and report; the exit code."""
    with contextlib.ExitStack() as stack:
        workers = stack.enter_context(WarmWorkers()) if request.warm and request.containers is None else None
        if workers:
            workers.start(_interpreters(roles_of_reference(request.pipeline)))
        return _run_and_report(request, console, workers)


def _run_and_report(request: LocalRun, console: Console, workers: WarmWorkers | None) -> int:
    if request.json_file and not request.json_file.absolute().parent.is_dir():
        raise InputError(f"--json {request.json_file}: there is no folder {request.json_file.absolute().parent}")
    ir = compiled_pipeline(request.pipeline)
    arguments = pipeline_arguments(ir, _completed(ir, request))
    if request.containers is None:
        _set_up(ir, console)
    plan = RunPlan(
        ir=ir,
        arguments=arguments,
        output=request.output,
        caching=request.caching,
        workers=workers,
        containers=request.containers,
    )
    console.print(f"[bold]{plan.pipeline}[/] on {arguments.get('data_uri', 'its own data')}", highlight=False)
    progress = TerminalProgress(console)
    try:
        summary, folder = run_pipeline(plan, progress)
    finally:
        progress.close()
    summary = replace(summary, report=str(folder / REPORT))
    write_document(summary, folder / "summary.json")
    write_run_report(summary, folder)
    if request.json_file:
        write_document(summary, request.json_file)
    _print_ending(summary, console)
    return summary.exit_code


def _completed(ir: Mapping[str, Any], request: LocalRun) -> dict[str, Any]:
    """The settings, with what follows from them: absolute paths, a destination, what was pushed there before."""
    known = ir["root"].get("inputDefinitions", {}).get("parameters", {})
    settings = dict(request.settings)
    check_given(ir, settings)
    for name in INPUT_ADDRESSES:
        if settings.get(name) and name in known:
            settings[name] = absolute_uri(str(settings[name]))
    if "model_uri" in known and settings.get("model_uri"):
        settings["model_uri"] = _existing_model(str(settings["model_uri"]))
    if "destination" not in known:
        return settings
    destination = str(settings.get("destination") or request.output / "models")
    settings["destination"] = destination if "://" in destination else str(Path(destination).absolute())
    settings.setdefault("model_name", model_name_of(str(settings.get("data_uri", "model"))))
    predecessor = _predecessor(settings["destination"], str(settings["model_name"]))
    return {name: uri for name, uri in predecessor.items() if name in known} | settings


def _existing_model(uri: str) -> str:
    """A model's address; of a local MODEL/latest that of the newest version, which the cache and a container can see.

    Raises:
        InputError: there is no model in a local folder.
    """
    if "://" in uri:
        return uri
    path = Path(uri)
    if path.name != LATEST:
        return served_model(path, uri).uri
    newest = latest_pushed(path.parent.parent, path.parent.name)
    if newest is None:
        raise InputError(f"--model {uri}: nothing is published there yet")
    return newest.uri


def _predecessor(destination: str, model_name: str) -> dict[str, str]:
    """What the run is compared with: the version that is the newest now, or, in a store, when the steps look there."""
    if "://" in destination:
        newest = f"{destination.rstrip('/')}/{model_name}/{LATEST}"
        return {"baseline_uri": newest, "previous_statistics_uri": newest}
    latest = latest_pushed(destination, model_name)
    if latest is None:
        return {}
    statistics = VersionFolder(Path(latest.uri)).statistics.file(TRAIN)
    paths = {"baseline_uri": Path(latest.uri), "previous_statistics_uri": statistics}
    return {name: str(path) for name, path in paths.items() if path.exists()}


def _interpreters(roles: Iterable[Role]) -> dict[Role, Path]:
    """Of the roles whose environment is there already."""
    return {role: environment_path(role) / "bin" / "python" for role in roles if is_ready(role)}


def _set_up(ir: Mapping[str, Any], console: Console) -> None:
    for role in sorted({task.role for task in tasks_of(ir) if task.role}):
        if not is_ready(role):
            console.print(f"setting up the environment of role [bold]{role.value}[/] (once)", highlight=False)
            ensure_environment(role, installing(console, role.value))


def _print_ending(summary: RunSummary, console: Console) -> None:
    failed = next((step for step in summary.steps if step.outcome is StepOutcome.FAILED), None)
    if failed and summary.exit_code == int(ExitCode.INTERNAL):
        _print_log(Path(failed.log))
    console.print()
    console.print(summary_table(summary))
    console.print()
    for title, metrics in (("test metrics", summary.float_metrics), ("compressed", summary.compressed_metrics)):
        if metrics:
            shown = "  ".join(f"{n}={v:.4f}" for n, v in metrics.items() if n in _SHOWN_METRICS)
            console.print(f"{title:<14}{shown}", highlight=False)
    if summary.model_uri:
        console.print(f"{'pushed model':<14}{summary.model_uri}", highlight=False)
    for path in (step.artifacts.get(_PREDICTIONS) for step in summary.steps):
        if path:
            console.print(f"{_PREDICTIONS:<14}{path}", highlight=False)
    console.print(f"{'report':<14}{summary.report}", highlight=False)
    console.print(f"{'took':<14}{summary.seconds:.1f} s", highlight=False)
    if summary.exit_code:
        Console(file=sys.stderr, soft_wrap=True).print(f"slipway: {summary.exit_reason}", highlight=False, markup=False)


_SHOWN_METRICS = ("accuracy", "auc", "loss", "f1", "rmse", "mae", "r2")


def _print_log(log: Path) -> None:
    """Show the end of a failed step's log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    error = Console(file=sys.stderr, soft_wrap=True)
    error.print(f"--- the last lines of {log}", markup=False, highlight=False)
    for line in lines[-_LOG_LINES_SHOWN:]:
        error.print(line, markup=False, highlight=False)
