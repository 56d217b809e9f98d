"""``slipway images``: build, push and list the image of each role."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slipway.contracts.roles import VERSION, Role

if TYPE_CHECKING:
    from slipway.runs.images.docker_client import DockerClient
    from slipway.runs.images.plans import Action, ImagesRequest, Surroundings


@click.group()
def images() -> None:
    """Build, push and list the image of each role."""


def _which(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name images."""
    roles = click.Choice([role.value for role in Role])
    options = [
        click.option("--role", "roles", type=roles, multiple=True, help="One role; repeatable. Default: all."),
        click.option("--registry", default="", metavar="HOST/PATH", help="Stands before the image's name."),
        click.option("--tag", default=VERSION, show_default=True, help="The images' tag."),
        click.option("--gpu", is_flag=True, help="CUDA in the TensorFlow role; its tag ends in -gpu."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


_dry_run = click.option("--dry-run", is_flag=True, help="Show the commands, run none.")


@images.command()
@_which
@click.option("--platform", default="", metavar="OS/ARCH", help="Default: the engine's own.")
@click.option("--load-into", type=click.Choice(["kind", "minikube", "none"]), default="none", show_default=True)
@click.option("--cluster", default="", help="Name of the kind cluster or minikube profile.")
@click.option("--base", default="", metavar="IMAGE", help="The base image. Default: python:3.11-slim-bookworm.")
@click.option("--sbom", type=Path, default=Path("dist/sbom"), show_default=True, help="Folder for CycloneDX files.")
@_dry_run
def build(base: str, dry_run: bool, load_into: str, **options: Any) -> None:
    """Build images from this checkout with BuildKit, from the same locks as the local environments."""
    from slipway.runs.images.docker_client import require_engine
    from slipway.runs.images.plans import LoadInto, plan_build

    request = _request(load_into=LoadInto(load_into), **options)
    client = _client()
    if not dry_run:
        require_engine(client)
    _carry_out(plan_build(request, _surroundings(client, base, dry_run)), dry_run)
    if not dry_run:
        _show(client, request)


@images.command()
@_which
@_dry_run
def push(dry_run: bool, **options: Any) -> None:
    """Push images to --registry, and print their digests for ``slipway compile --image``."""
    from slipway.runs.images.docker_client import require_engine
    from slipway.runs.images.listing import listed_images
    from slipway.runs.images.plans import plan_push

    request, client = _request(**options), _client()
    actions = plan_push(request, client.path)
    if not dry_run:
        require_engine(client)
    _carry_out(actions, dry_run)
    for image in [] if dry_run else listed_images(client, request):
        repository = image.name.rpartition(":")[0]
        for digest in image.facts.digests if image.facts else ():
            if digest.startswith(f"{repository}@"):
                click.echo(f"--image {image.role.value}={digest}")


@images.command(name="list")
@_which
@click.option("--write", type=Path, metavar="FILE", help="Put the table of sizes between the marks in FILE.")
def list_images(write: Path | None, **options: Any) -> None:
    """List the images that the engine has, with their sizes."""
    from slipway.runs.images.docker_client import require_engine
    from slipway.runs.images.listing import listed_images, write_sizes

    request, client = _request(**options), _client()
    require_engine(client)
    _show(client, request)
    if write:
        write_sizes(client, listed_images(client, request), write)


def _request(roles: tuple[str, ...], **options: Any) -> "ImagesRequest":
    from slipway.runs.images.plans import ImagesRequest

    return ImagesRequest(roles=tuple(Role(role) for role in roles) or tuple(Role), **options)


def _client() -> "DockerClient":
    from slipway.runs.images.docker_client import find_client

    return find_client()


def _surroundings(client: "DockerClient", base: str, dry_run: bool) -> "Surroundings":
    from slipway.runs.checkout import checkout_root, commit_of
    from slipway.runs.images.plans import BASE_IMAGE, Surroundings

    root = checkout_root()
    revision, created = commit_of(root)
    return Surroundings(
        docker=client.path,
        buildx=client.buildx,
        root=root,
        base=_pinned(client, base or BASE_IMAGE, dry_run),
        revision=revision,
        created=created,
    )


def _pinned(client: "DockerClient", base: str, dry_run: bool) -> str:
    """The base image by digest, once a registry has told the engine one; it is pulled when it is not there."""
    import subprocess

    from slipway.contracts.errors import TransientError
    from slipway.runs.images.docker_client import image_facts

    facts = image_facts(client, base)
    if facts is None and not dry_run:
        if subprocess.run([client.path, "pull", base], check=False).returncode:
            raise TransientError(
                f"{base} could not be pulled; where no registry answers, docker/base-image.sh makes one"
            )
        facts = image_facts(client, base)
    digests = [digest.partition("@")[2] for digest in facts.digests] if facts else []
    return f"{base}@{digests[0]}" if digests and "@" not in base else base


def _carry_out(actions: "tuple[Action, ...]", dry_run: bool) -> None:
    import time

    for number, action in enumerate(actions, 1):
        if dry_run:
            variables = [f"{name}={value}" for name, value in action.environment.items()]
            redirection = f" > {shlex.quote(str(action.output))}" if action.output else ""
            click.echo(" ".join([*variables, shlex.join(action.command)]) + redirection)
            continue
        click.secho(f"[{number}/{len(actions)}] {action.title}", bold=True)
        started = time.monotonic()
        _run(action)
        click.echo(f"      {time.monotonic() - started:.1f} s")


def _run(action: "Action") -> None:
    import os
    import shutil
    import subprocess

    from slipway.contracts.errors import InputError, SlipwayError

    if shutil.which(action.command[0]) is None:
        raise InputError(f"there is no {action.command[0]} on PATH, which is needed to {action.title}")
    environment = {**os.environ, **action.environment}
    sys.stdout.flush()
    if action.output is None:
        done = subprocess.run(action.command, env=environment, check=False)
    else:
        action.output.parent.mkdir(parents=True, exist_ok=True)
        with action.output.open("wb") as file:
            done = subprocess.run(action.command, env=environment, stdout=file, check=False)
    if done.returncode:
        raise SlipwayError(f"could not {action.title}: {action.command[0]} ended with {done.returncode}, see above")


def _show(client: "DockerClient", request: "ImagesRequest") -> None:
    from rich.console import Console

    from slipway.runs.images.listing import images_table, listed_images

    Console(file=sys.stdout, soft_wrap=True).print(images_table(listed_images(client, request)))
