"""Making and deleting a cluster on this machine, step by step."""

import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from slipway.contracts.roles import Role
from slipway.runs.clusters import lifecycle
from slipway.runs.clusters.forwarding import begin_forwarding, end_forwarding, forward_command
from slipway.runs.clusters.lifecycle import CLUSTER, Step
from slipway.runs.clusters.target_package import images_of
from slipway.runs.clusters.targets import Target
from slipway.runs.programs import find_program


def make_cluster(target: Target, images: Mapping[Role, str], manifests: Path | None, console: Console) -> None:
    """Create the cluster unless it is there, install what runs need, and forward the UI.

    Args:
        target: a cluster that this machine can make.
        images: image of a role; before the target's own.
        manifests: their folder; None for that of this checkout.
        console: gets the steps, what their commands say, and the UI's address.

    Raises:
        InputError: a program, an image or the manifests are missing; nothing has been done then.
        TransientError: a step failed as often as it may.
    """
    named = _images(target, images)
    steps = lifecycle.installation(target, named, lifecycle.manifests_folder(manifests))
    lifecycle.check_programs(target)
    lifecycle.check_images(named)
    if not lifecycle.is_there(target):
        steps.insert(0, lifecycle.creation(target))
    for number, step in enumerate(steps, 1):
        _carry_out(step, f"{number}/{len(steps)}", console)
    console.print(f"{'UI':<12}{begin_forwarding(target)}", highlight=False)
    console.print(f"{'next':<12}slipway submit --target {target.name} --data s3://slipway/... --label ...")


def show_making(target: Target, images: Mapping[Role, str], manifests: Path | None, console: Console) -> None:
    """Print the commands that ``make_cluster`` would run where there is no cluster yet."""
    steps = lifecycle.installation(target, _images(target, images), lifecycle.manifests_folder(manifests))
    _show([lifecycle.creation(target), *steps], console)
    _say(console, f"# forward the UI, in the background\n{shlex.join(forward_command(target))}")


def delete_cluster(target: Target, console: Console) -> None:
    """Delete the cluster with everything in it, and end the forwarding of its UI."""
    find_program(target.cluster)
    end_forwarding(target)
    if not lifecycle.is_there(target):
        _say(console, f"there is no {target.cluster} cluster {CLUSTER}")
        return
    _carry_out(lifecycle.removal(target), "1/1", console)


def show_deleting(target: Target, console: Console) -> None:
    """Print the command that ``delete_cluster`` would run."""
    _show([lifecycle.removal(target)], console)


def _images(target: Target, images: Mapping[Role, str]) -> list[str]:
    return sorted({**images_of(target), **images}.values())


def _show(steps: Sequence[Step], console: Console) -> None:
    for step in steps:
        _say(console, f"# {step.title}\n{shlex.join(step.command)}")


def _carry_out(step: Step, place: str, console: Console) -> None:
    began = time.monotonic()
    console.print(f"[bold]{place}[/] {step.title}", highlight=False)
    lifecycle.carry_out(step, lambda line: _say(console, f"  {line}"))
    console.print(f"  [dim]{time.monotonic() - began:.0f} s[/]", highlight=False)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)
