"""What docs/clusters.md shows is what works."""

import dataclasses
import re
import shlex

import pytest
import yaml
from test_readme import _parse

from slipway.cli.main import app
from slipway.runs.clusters.targets import Target, find_target
from slipway.storage.signing_in import CREDENTIALS


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "clusters.md").read_text(encoding="utf-8")


def test_every_command_shown_is_understood(page):
    commands = re.findall(r"^slipway .*$", page, re.MULTILINE)
    assert len(commands) >= 10
    for command in commands:
        _parse(app, shlex.split(command)[1:])


def test_the_target_shown_is_one(page, tmp_path):
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "prod.yaml").write_text(text)
    target = find_target(str(tmp_path / "prod.yaml"))
    assert {name: getattr(target, name) for name in yaml.safe_load(text) if name != "extends"} == {
        name: value for name, value in yaml.safe_load(text).items() if name != "extends"
    }


def test_every_field_and_every_way_to_sign_in_is_explained(page):
    first_cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = {name for cell in first_cells for name in re.findall(r"`([a-z_-]+)`", cell)}
    fields = {field.name for field in dataclasses.fields(Target)} - {"name", "port", "cluster", "overlay"}
    assert named == fields | {"extends"} | set(CREDENTIALS.names())
