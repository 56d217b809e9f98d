"""The manifests as kustomize renders them."""

import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from manifest_files import MANIFESTS, OVERLAYS, TOOLS, Resource, read_all


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the tools, so that it can be chosen: ``-m "not go"``."""
    for item in items:
        if "tools" in getattr(item, "fixturenames", ()):
            item.add_marker("go")


@pytest.fixture(scope="session")
def tools() -> Path:
    """Where `make manifests-tools` put kustomize, the judge of pods and the definitions of custom resources."""
    if not (TOOLS / ".ready").is_file():
        pytest.skip("no kustomize: `make manifests-tools` builds it and needs Go on PATH")
    return TOOLS


@pytest.fixture(scope="session")
def render(tools: Path) -> Callable[[Path], list[Resource]]:
    """Everything that a folder with a kustomization.yaml gives."""

    @cache
    def build(folder: Path) -> list[Resource]:
        command = [str(tools / "bin" / "kustomize"), "build", str(folder)]
        answer = subprocess.run(command, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stderr
        return read_all(answer.stdout)

    return build


@pytest.fixture(scope="session", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest, render: Callable[[Path], list[Resource]]) -> list[Resource]:
    """All resources of one overlay."""
    return render(MANIFESTS / "overlays" / request.param)
