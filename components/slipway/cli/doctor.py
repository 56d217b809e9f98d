"""``slipway doctor``: what is missing, before anything is run or submitted."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--target", "name", metavar="NAME|URL|FILE", help="Also look at a cluster. Default: this machine only.")
@click.option(
    "--run",
    "run",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Also measure the training input of the run in FOLDER, and name the bottleneck of its training.",
)
def doctor(name: str | None, run: Path | None) -> int:
    """Check this machine and, with --target, access, rights, bucket and quotas of a cluster.

    Ends with 2 when a check fails; what could not be looked at is skipped with the reason.
    """
    from rich.console import Console

    from slipway.runs.clusters.checks import target_checks
    from slipway.runs.clusters.doctor import print_checks
    from slipway.runs.clusters.local_checks import local_checks
    from slipway.runs.clusters.run_checks import run_checks
    from slipway.runs.clusters.target_package import images_of
    from slipway.runs.clusters.targets import TARGETS, find_target

    target = find_target(name) if name else None
    images = sorted(images_of(target or TARGETS["kind"]).values())
    checks = [*local_checks(images), *(target_checks(target) if target else []), *(run_checks(run) if run else [])]
    return print_checks(checks, Console(file=sys.stdout, soft_wrap=True))
