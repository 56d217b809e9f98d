"""docs/extending.md names every plug point, and what it names is there."""

import re
from pathlib import Path

import pytest

from slipway.contracts.plug_points import PLUG_POINTS


@pytest.fixture(scope="module")
def rows(root: Path) -> dict[str, tuple[str, ...]]:
    page = (root / "docs" / "extending.md").read_text(encoding="utf-8")
    cells = (re.findall(r"`([^`]+)`", line) for line in page.splitlines() if line.startswith("| `"))
    return {kind: tuple(paths) for kind, *paths in cells}


def test_every_plug_point_has_a_row_and_no_other_kind(rows: dict[str, tuple[str, ...]]):
    assert list(rows) == list(PLUG_POINTS)


@pytest.mark.parametrize("kind", PLUG_POINTS)
def test_the_folder_the_protocol_and_the_example_are_there(rows: dict[str, tuple[str, ...]], package: Path, kind: str):
    file, protocol, example = rows[kind]
    folder = PLUG_POINTS[kind].folder.removeprefix("slipway.").replace(".", "/")
    assert file.startswith(f"{folder}/<name>")
    assert (package / protocol).is_file()
    assert (package / example).exists()
    assert example.startswith(f"{folder}/")
