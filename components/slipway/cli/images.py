"""``slipway images``: build, push and list the image of each role."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from slipway.contracts.roles import VERSION, Role

if TYPE_CHECKING:
    from rich.console import Console

    from slipway.runs.images.plans import ImagesRequest


@click.group()
def images() -> None:
    """Build, push and list the image of each role."""


def _which(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name images."""
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
    from slipway.runs.images.commands import build_images, show_build
    from slipway.runs.images.plans import LoadInto

    request = _request(load_into=LoadInto(load_into), **options)
    (show_build if dry_run else build_images)(request, base, _console())


@images.command()
@_which
@_dry_run
def push(dry_run: bool, **options: Any) -> None:
    """Push images to --registry, and print their digests for ``slipway compile --image``."""
    from slipway.runs.images.commands import push_images, show_push

    (show_push if dry_run else push_images)(_request(**options), _console())


@images.command(name="list")
@_which
@click.option("--write", type=Path, metavar="FILE", help="Put the table of sizes between the marks in FILE.")
def list_(write: Path | None, **options: Any) -> None:
    """List the images that the engine has, with their sizes."""
    from slipway.runs.images.commands import list_images

    list_images(_request(**options), write, _console())


def _request(roles: tuple[str, ...], **options: Any) -> "ImagesRequest":
    from slipway.runs.images.plans import ImagesRequest

    return ImagesRequest(roles=tuple(Role(role) for role in roles) or tuple(Role), **options)


def _console() -> "Console":
    from rich.console import Console

    return Console(file=sys.stdout, soft_wrap=True)
