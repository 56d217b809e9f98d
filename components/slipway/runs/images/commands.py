"""Building, pushing and listing images: plans carried out, command by command."""

import contextlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from slipway.contracts.errors import InputError, SlipwayError, TransientError
from slipway.runs.checkout import checkout_root, commit_of
from slipway.runs.images.docker_command import find_docker_command
from slipway.runs.images.engine import Engine, connect_engine
from slipway.runs.images.listing import images_table, listed_images, write_sizes
from slipway.runs.images.plans import BASE_IMAGE, Action, ImagesRequest, Surroundings, plan_build, plan_push


def build_images(request: ImagesRequest, base: str, console: Console) -> None:
    """Build the images and list them.

    Args:
        request: which images.
        base: the base image; empty for the default.
        console: gets the titles of the commands and the table at the end.

    Raises:
        InputError: this is no checkout, or there is no Docker command with BuildKit.
        TransientError: no engine answers, or the base image cannot be had.
        SlipwayError: a command failed.
    """
    found = _surroundings(base)
    engine = connect_engine()
    carry_out(plan_build(request, _pinned(found, engine)), console)
    print_images(request, engine, console)


def show_build(request: ImagesRequest, base: str, console: Console) -> None:
    """Print the commands that ``build_images`` would run, the base image pinned where an engine has it."""
    found = _surroundings(base)
    with contextlib.suppress(TransientError):
        found = _pinned(found, connect_engine(), pull=False)
    show(plan_build(request, found), console)


def push_images(request: ImagesRequest, console: Console) -> None:
    """Push the images, and print their digests as options of ``slipway compile``."""
    actions = plan_push(request, find_docker_command().path)
    engine = connect_engine()
    carry_out(actions, console)
    for image in listed_images(engine, request):
        repository = image.name.rpartition(":")[0]
        for digest in image.facts.digests if image.facts else ():
            if digest.startswith(f"{repository}@"):
                _say(console, f"--image {image.role.value}={digest}")


def show_push(request: ImagesRequest, console: Console) -> None:
    """Print the commands that ``push_images`` would run."""
    show(plan_push(request, find_docker_command().path), console)


def list_images(request: ImagesRequest, sizes: Path | None, console: Console) -> None:
    """List the images, and write the table of their sizes into ``sizes`` when a file is given."""
    engine = connect_engine()
    print_images(request, engine, console)
    if sizes:
        write_sizes(engine, listed_images(engine, request), sizes)


def print_images(request: ImagesRequest, engine: Engine, console: Console) -> None:
    """Print which images the engine has."""
    console.print(images_table(listed_images(engine, request)))


def show(actions: Sequence[Action], console: Console) -> None:
    """Print each command as a shell would take it."""
    for action in actions:
        variables = [f"{name}={value}" for name, value in action.environment.items()]
        redirection = f" > {shlex.quote(str(action.output))}" if action.output else ""
        _say(console, " ".join([*variables, shlex.join(action.command)]) + redirection)


def carry_out(actions: Sequence[Action], console: Console) -> None:
    """Run each command, what it prints going to the terminal or to its file.

    Raises:
        InputError: a program is not on PATH.
        SlipwayError: a command failed; the others are not run.
    """
    for number, action in enumerate(actions, 1):
        console.print(f"[{number}/{len(actions)}] {action.title}", style="bold", markup=False, highlight=False)
        console.file.flush()
        began = time.monotonic()
        _run(action)
        _say(console, f"      {time.monotonic() - began:.1f} s")


def _surroundings(base: str) -> Surroundings:
    command, root = find_docker_command(), checkout_root()
    revision, created = commit_of(root)
    return Surroundings(
        docker=command.path,
        buildx=command.buildx,
        root=root,
        base=base or BASE_IMAGE,
        revision=revision,
        created=created,
    )


def _pinned(found: Surroundings, engine: Engine, *, pull: bool = True) -> Surroundings:
    """Return ``found`` with the base image by digest, once a registry has told the engine one."""
    facts = engine.image_facts(found.base)
    if facts is None and pull:
        if not engine.pull(found.base):
            raise TransientError(
                f"{found.base} could not be pulled; where no registry answers, docker/base-image.sh makes one"
            )
        facts = engine.image_facts(found.base)
    digests = [digest.partition("@")[2] for digest in facts.digests] if facts else []
    if not digests or "@" in found.base:
        return found
    return replace(found, base=f"{found.base}@{digests[0]}")


def _run(action: Action) -> None:
    if shutil.which(action.command[0]) is None:
        raise InputError(f"there is no {action.command[0]} on PATH, which is needed to {action.title}")
    environment = {**os.environ, **action.environment}
    if action.output is None:
        done = subprocess.run(action.command, env=environment, check=False)
    else:
        action.output.parent.mkdir(parents=True, exist_ok=True)
        with action.output.open("wb") as file:
            done = subprocess.run(action.command, env=environment, stdout=file, check=False)
    if done.returncode:
        raise SlipwayError(f"could not {action.title}: {action.command[0]} ended with {done.returncode}, see above")


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False)
