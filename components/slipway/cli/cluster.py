"""``slipway cluster``: a Kubernetes cluster with Kubeflow Pipelines on this machine."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from slipway.runs.clusters.targets import Target


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
def up(name: str, image: tuple[str, ...], manifests: Path | None, dry_run: bool) -> None:
    """Create the cluster, install Kubeflow Pipelines and Slipway's resources, load the images, forward the UI.

    What is there already stays: calling it again repairs a half-made cluster.
    """
    from slipway.runs.binding import parse_images
    from slipway.runs.clusters.commands import make_cluster, show_making

    (show_making if dry_run else make_cluster)(_local(name), parse_images(image), manifests, _console())


@cluster.command()
@_target
@_dry_run
def down(name: str, dry_run: bool) -> None:
    """Delete the cluster with everything in it."""
    from slipway.runs.clusters.commands import delete_cluster, show_deleting

    (show_deleting if dry_run else delete_cluster)(_local(name), _console())


@cluster.command()
@_target
def status(name: str) -> int:
    """Show whether the cluster is there, what runs in it and whether the UI answers."""
    from slipway.runs.clusters.doctor import print_checks
    from slipway.runs.clusters.status import cluster_checks

    return print_checks(cluster_checks(_local(name)), _console())


def _local(name: str) -> "Target":
    from slipway.runs.clusters.lifecycle import local_target
    from slipway.runs.clusters.targets import find_target

    return local_target(find_target(name))


def _console() -> "Console":
    from rich.console import Console

    return Console(file=sys.stdout, soft_wrap=True)
