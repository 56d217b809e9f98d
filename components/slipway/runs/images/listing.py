"""Which images there are, and how large: for the terminal, and as the table in docker/README.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role
from slipway.runs.images.engine import Engine, ImageFacts
from slipway.runs.images.plans import ImagesRequest, image_reference

GOAL_MB = {Role.LIGHT: 400, Role.TFDV: 1600, Role.TENSORFLOW: 2000}
_BEGIN, _END = "<!-- image sizes: begin -->", "<!-- image sizes: end -->"
_MB = 1_000_000
_PACKAGES_SHOWN = 6
_LAYERS = ("system", "packages", "slipway")
_LARGEST = "cd /opt/venv/lib/python3.11/site-packages && du -sm * | sort -rn | head -n 12"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedImage:
    """A role's image; ``facts`` is None when the engine does not have it."""

    role: Role
    name: str
    facts: ImageFacts | None


def listed_images(engine: Engine, request: ImagesRequest) -> list[ListedImage]:
    """Return the requested image of each role."""
    names = {role: image_reference(role, request) for role in request.roles}
    return [ListedImage(role=role, name=name, facts=engine.image_facts(name)) for role, name in names.items()]


def images_table(images: Sequence[ListedImage]) -> Table:
    """Return a table for the terminal."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("role", "image", "MB", "id", "revision"):
        table.add_column(title, justify="right" if title == "MB" else "left")
    for image in images:
        if image.facts is None:
            table.add_row(image.role.value, image.name, "-", "not built", "")
            continue
        revision = image.facts.labels.get("org.opencontainers.image.revision", "")
        size = f"{image.facts.size_bytes / _MB:.0f}"
        table.add_row(image.role.value, image.name, size, image.facts.identity[7:19], revision[:12])
    return table


def write_sizes(engine: Engine, images: Sequence[ListedImage], file: Path) -> None:
    """Put the images' sizes between the two marks in ``file``.

    Raises:
        InputError: an image is missing, or the marks are.
    """
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    pattern = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise InputError(f"{file} should have '{_BEGIN}' and '{_END}' once")
    rows = [
        f"| Role | MB | Goal | {' | '.join(layer.capitalize() for layer in _LAYERS)} | The largest packages, MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
        *(_row(engine, image) for image in images),
    ]
    file.write_text(pattern.sub("\n".join([_BEGIN, *rows, _END]), text), encoding="utf-8")


def sizes_in(file: Path) -> dict[Role, int]:
    """Return the sizes in MB that the table in ``file`` states."""
    text = file.read_text(encoding="utf-8").partition(_BEGIN)[2].partition(_END)[0]
    return {Role(role): int(size) for role, size in re.findall(r"^\| (\w+) \| (\d+) \|", text, re.MULTILINE)}


def _row(engine: Engine, image: ListedImage) -> str:
    if image.facts is None:
        raise InputError(f"{image.name} is not built; run 'slipway images build' first")
    layers = [f"{size / _MB:.0f}" for size in engine.layer_sizes(image.name)]
    if len(layers) != len(_LAYERS):
        raise InputError(f"{image.name} should have {len(_LAYERS)} layers ({', '.join(_LAYERS)}), got {len(layers)}")
    lines = [line.split() for line in engine.output_in(image.name, ["sh", "-c", _LARGEST]).splitlines()]
    largest = ", ".join(f"{_package(name)} {size}" for size, name in lines[:_PACKAGES_SHOWN])
    size = f"{image.facts.size_bytes / _MB:.0f}"
    return f"| {image.role.value} | {size} | {GOAL_MB[image.role]} | {' | '.join(layers)} | {largest} |"


def _package(name: str) -> str:
    """Return a package's name: ``_duckdb.cpython-311-x86_64-linux-gnu.so`` is duckdb."""
    return name.partition(".cpython")[0].lstrip("_")
