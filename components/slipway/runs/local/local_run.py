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
from slipway.contracts.examples import Problem
from slipway.contracts.latest import LATEST
from slipway.contracts.published_models import VersionFolder
from slipway.contracts.roles import Role
from slipway.contracts.run_summaries import RunSummary, StepOutcome
from slipway.contracts.steps import Purpose
from slipway.contracts.tables import TRAIN
from slipway.metrics.metric import headline_metrics
from slipway.publishing.versions import newest_pushed
from slipway.runs.arguments import (
    absolute_uri,
    check_given,
    default_model_name,
    parameters_for,
    pipeline_arguments,
    read_addresses,
)
from slipway.runs.catalogue import compiled_pipeline
from slipway.runs.containers.container_run import Containers
from slipway.runs.graph import tasks_of
from slipway.runs.local.environments import ensure_environment, environment_path, is_ready
from slipway.runs.local.outcome import account_of_step
from slipway.runs.local.progress import TerminalProgress, installing, summary_table
from slipway.runs.local.run import RunPlan, run_pipeline
from slipway.runs.local.warm_workers import WarmWorkers
from slipway.runs.report.page import REPORT, write_run_report
from slipway.runs.signatures import roles_of_reference
from slipway.serving.served_models import served_model

_LOG_LINES_SHOWN = 40


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
    arguments = pipeline_arguments(ir, _complete_settings(ir, request))
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
    console.print(f"[bold]{plan.pipeline}[/] on {_data_of(ir, arguments)}", highlight=False)
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


def _complete_settings(ir: Mapping[str, Any], request: LocalRun) -> dict[str, Any]:
    """Return the settings with absolute paths, a destination, and what was published there before."""
    known = ir["root"].get("inputDefinitions", {}).get("parameters", {})
    settings = dict(request.settings)
    check_given(ir, settings)
    for name in read_addresses():
        if settings.get(name) and name in known:
            settings[name] = absolute_uri(str(settings[name]))
    for name in parameters_for(Purpose.MODEL, ir):
        if settings.get(name):
            settings[name] = _existing_model(str(settings[name]))
    for name in parameters_for(Purpose.DESTINATION, ir):
        destination = str(settings.get(name) or request.output / "models")
        settings[name] = destination if "://" in destination else str(Path(destination).absolute())
    settings = default_model_name(ir, settings) | settings
    return _predecessor(ir, settings) | settings


def _data_of(ir: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    given = (arguments.get(name) for name in parameters_for(Purpose.ADDRESS, ir))
    return next((str(value) for value in given if value), "its own data")


def _existing_model(uri: str) -> str:
    """Return a model's address; of a local MODEL/latest that of the newest version, which cache and containers can see.

    Raises:
        InputError: there is no model in a local folder.
    """
    if "://" in uri:
        return uri
    path = Path(uri)
    if path.name != LATEST:
        return served_model(path, uri).uri
    newest = newest_pushed(str(path.parent.parent), path.parent.name)
    if newest is None:
        raise InputError(f"--model {uri}: nothing is published there yet")
    return newest.uri


def _predecessor(ir: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what the run is compared with: the newest version now, or, in a store, when the steps look there."""
    models, statistics = (
        parameters_for(purpose, ir) for purpose in (Purpose.PREDECESSOR, Purpose.PREDECESSOR_STATISTICS)
    )
    places = zip(parameters_for(Purpose.DESTINATION, ir), parameters_for(Purpose.MODEL_NAME, ir), strict=False)
    for destination, model_name in ((str(settings[place]), str(settings[name])) for place, name in places):
        if "://" in destination:
            newest = f"{destination.rstrip('/')}/{model_name}/{LATEST}"
            return dict.fromkeys((*models, *statistics), newest)
        latest = newest_pushed(destination, model_name)
        if latest is not None:
            file = VersionFolder(Path(latest.uri)).statistics.file(TRAIN)
            paths = dict.fromkeys(models, Path(latest.uri)) | dict.fromkeys(statistics, file)
            return {name: str(path) for name, path in paths.items() if path.exists()}
    return {}


def _interpreters(roles: Iterable[Role]) -> dict[Role, Path]:
    """Return the interpreters of the roles whose environment is there already."""
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
    shown_metrics = {name for problem in Problem for name in headline_metrics(problem)}
    for title, metrics in (("test metrics", summary.float_metrics), ("compressed", summary.compressed_metrics)):
        if metrics:
            shown = "  ".join(f"{n}={v:.4f}" for n, v in metrics.items() if n in shown_metrics)
            console.print(f"{title:<14}{shown}", highlight=False)
    for what, where in (item for step in summary.steps for item in account_of_step(step).results.items()):
        console.print(f"{what:<14}{where}", highlight=False)
    console.print(f"{'report':<14}{summary.report}", highlight=False)
    console.print(f"{'took':<14}{summary.seconds:.1f} s", highlight=False)
    if summary.exit_code:
        Console(file=sys.stderr, soft_wrap=True).print(f"slipway: {summary.exit_reason}", highlight=False, markup=False)


def _print_log(log: Path) -> None:
    """Show the end of a failed step's log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    error = Console(file=sys.stderr, soft_wrap=True)
    error.print(f"--- the last lines of {log}", markup=False, highlight=False)
    for line in lines[-_LOG_LINES_SHOWN:]:
        error.print(line, markup=False, highlight=False)
