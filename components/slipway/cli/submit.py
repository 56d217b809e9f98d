"""``slipway submit``: a pipeline to a cluster."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slipway.cli.step_options import SubmittedPipelineCommand, take_settings

if TYPE_CHECKING:
    from slipway.runs.clusters.submission import SubmitRequest

_EPILOG = (
    "Exit codes: 0 fine, 1 the run failed or an internal error, 2 usage, 4 a gate refused (its tasks were skipped), "
    "5 try again. Secrets come from the environment: SLIPWAY_KFP_TOKEN[_FILE], SLIPWAY_KFP_COOKIE[_FILE], "
    "SLIPWAY_DEX_USERNAME and SLIPWAY_DEX_PASSWORD."
)


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option("--target", required=True, metavar="NAME|URL|FILE", help="kind, minikube, gke, URL or FILE.yaml."),
        click.option("--overrides", type=Path, metavar="FILE", help="YAML file of settings, a mapping per step."),
        click.option("--set", "assignments", multiple=True, metavar="STEP.KEY=VALUE", help="One setting; repeatable."),
        click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="One parameter; repeatable."),
        click.option("--image", multiple=True, metavar="ROLE=IMAGE", help="Image of a role; repeatable."),
        click.option("--experiment", default="", help="Default: the pipeline's name."),
        click.option("--run-name", default="", help="Default: the pipeline's name and the time."),
        click.option("--recurring", "cron", default="", metavar="CRON", help="A schedule, such as '0 6 * * *'."),
        click.option("--wait", is_flag=True, help="Follow the run, and end with its outcome."),
        click.option("--timeout", type=click.IntRange(1), metavar="SECONDS", help="Longest wait."),
        click.option("--dry-run", is_flag=True, help="Show all that would be sent, and send nothing."),
        click.option("--json", "json_file", type=Path, metavar="FILE", help="Write plan or summary here."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(cls=SubmittedPipelineCommand, epilog=_EPILOG)
@click.argument("pipeline", default="continuous_training")
@_options
def submit(
    pipeline: str, wait: bool, timeout: int | None, dry_run: bool, json_file: Path | None, **options: Any
) -> int:
    """Upload PIPELINE to a Kubeflow Pipelines service and start it, now or by a schedule.

    PIPELINE is a reference pipeline (default: continuous_training), FILE.py, FILE.py:FUNCTION or a compiled FILE.yaml.
    The same pipeline with the same target is uploaded once: its version is named by the package's digest.
    """
    from rich.console import Console

    from slipway.runs.clusters.submission import plan_submission
    from slipway.runs.clusters.submit import Watch
    from slipway.runs.clusters.submit_command import require_folder, send_and_follow, send_plan, show_plan

    if options["cron"] and wait:
        raise click.UsageError("--wait follows one run; a schedule has none yet")
    require_folder(json_file)
    plan = plan_submission(_request(pipeline, **options))
    console = Console(file=sys.stdout, soft_wrap=True)
    if dry_run:
        show_plan(plan, json_file, console)
        return 0
    if wait:
        return send_and_follow(plan, Watch(timeout_seconds=timeout), json_file, console)
    return send_plan(plan, json_file, console)


def _request(
    pipeline: str,
    target: str,
    overrides: Path | None,
    assignments: tuple[str, ...],
    parameters: tuple[str, ...],
    image: tuple[str, ...],
    experiment: str,
    run_name: str,
    cron: str,
    **of_steps: Any,
) -> "SubmitRequest":
    """Return the options as one value; an option of its own wins over --param, --set and the file."""
    from slipway.runs.arguments import merge_settings, parse_assignments, read_overrides
    from slipway.runs.binding import parse_images
    from slipway.runs.clusters.submission import SubmitRequest
    from slipway.runs.clusters.targets import find_target

    settings = merge_settings(
        read_overrides(overrides) if overrides else {},
        parse_assignments(assignments),
        parse_assignments(parameters),
        take_settings(of_steps),
    )
    return SubmitRequest(
        pipeline=pipeline,
        target=find_target(target),
        settings=settings,
        experiment=experiment,
        run_name=run_name,
        cron=cron,
        images=parse_images(image),
    )
