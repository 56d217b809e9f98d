"""``slipway cluster``: a Kubernetes cluster with Kubeflow Pipelines on this machine."""

import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from slipway.runs.clusters.lifecycle import Step


def _target(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option("--target", "name", required=True, metavar="kind|minikube|FILE", help="Which cluster.")
    return option(command)


def _dry_run(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--dry-run", is_flag=True, help="Print every command and run none.")(command)


@click.group()
def cluster() -> None:
    """Make, look at and delete a local cluster, with kind or minikube."""


@cluster.command()
@_target
@click.option("--image", multiple=True, metavar="ROLE=IMAGE", help="Image of a role that is loaded; repeatable.")
@click.option("--manifests", type=Path, metavar="FOLDER", help="Default: those of this checkout.")
@_dry_run
def up(name: str, image: tuple[str, ...], manifests: Path | None, dry_run: bool) -> int:
    """Create the cluster, install Kubeflow Pipelines and Slipway's resources, load the images, forward the UI.

    What is there already stays: calling it again repairs a half-made cluster.
    """
    from slipway.runs.binding import parse_images
    from slipway.runs.clusters import lifecycle as clusters
    from slipway.runs.clusters.forwarding import begin_forwarding, forward_command
    from slipway.runs.clusters.target_package import images_of
    from slipway.runs.clusters.targets import find_target

    target = clusters.local_target(find_target(name))
    images = sorted({**images_of(target), **parse_images(image)}.values())
    steps = clusters.installation(target, images, clusters.manifests_folder(manifests))
    if dry_run:
        _print([clusters.creation(target), *steps], forward_command(target))
        return 0
    clusters.check_programs(target)
    clusters.check_images(images)
    if not clusters.is_there(target):
        steps.insert(0, clusters.creation(target))
    console = _console()
    for number, step in enumerate(steps, 1):
        _carry_out(step, f"{number}/{len(steps)}", console)
    console.print(f"{'UI':<12}{begin_forwarding(target)}", highlight=False)
    console.print(f"{'next':<12}slipway submit --target {target.name} --data s3://slipway/... --label ...")
    return 0


@cluster.command()
@_target
@_dry_run
def down(name: str, dry_run: bool) -> int:
    """Delete the cluster with everything in it."""
    from slipway.runs.clusters import lifecycle as clusters
    from slipway.runs.clusters.forwarding import end_forwarding
    from slipway.runs.clusters.targets import find_target
    from slipway.runs.programs import program

    target = clusters.local_target(find_target(name))
    step = clusters.removal(target)
    if dry_run:
        _print([step], None)
        return 0
    program(target.cluster)
    end_forwarding(target)
    if not clusters.is_there(target):
        click.echo(f"there is no {target.cluster} cluster {clusters.CLUSTER}")
        return 0
    _carry_out(step, "1/1", _console())
    return 0


@cluster.command()
@_target
def status(name: str) -> int:
    """Show whether the cluster is there, what runs in it and whether the UI answers."""
    from slipway.runs.clusters.doctor import print_checks
    from slipway.runs.clusters.lifecycle import local_target
    from slipway.runs.clusters.status import cluster_checks
    from slipway.runs.clusters.targets import find_target

    return print_checks(cluster_checks(local_target(find_target(name))), _console())


def _console() -> "Console":
    from rich.console import Console

    return Console(file=sys.stdout, soft_wrap=True)


def _print(steps: "list[Step]", forward: list[str] | None) -> None:
    for step in steps:
        click.echo(f"# {step.title}\n{shlex.join(step.command)}")
    if forward:
        click.echo(f"# forward the UI, in the background\n{shlex.join(forward)}")


def _carry_out(step: "Step", place: str, console: "Console") -> None:
    from slipway.runs.clusters.lifecycle import carry_out

    began = time.monotonic()
    console.print(f"[bold]{place}[/] {step.title}", highlight=False)
    carry_out(step, lambda line: console.print(f"  {line}", markup=False, highlight=False))
    console.print(f"  [dim]{time.monotonic() - began:.0f} s[/]", highlight=False)
