"""A role is one dependency group, one lock and one name; the lists agree."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from slipway.contracts.roles import VERSION, Role, image_name

# What is locked beside the roles; not an image.
OTHERS = {
    "audit",
    "check",
    "launcher",
    "manifests",
    "moto",
    "oracle",
    "peer-tft",
    "sbom",
    "tensorflow-gpu",
    "test",
    "uv",
}
LOCKED = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ;[^\\]*)?(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})*)$",
    re.MULTILINE,
)
NAMES = sorted([*(role.value for role in Role), *OTHERS])


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def lock(root: Path, name: str) -> str:
    return (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def test_roles_groups_and_locks_are_the_same_list(root: Path, project: dict[str, Any]):
    roles = {role.value for role in Role}
    assert set(project["dependency-groups"]) - OTHERS == roles
    assert {path.stem for path in (root / "requirements").glob("*.txt")} == roles | OTHERS


def test_the_makefile_knows_every_role(root: Path):
    line = re.search(r"^ROLES := (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.M)
    assert line is not None
    assert line[1].split() == [role.value for role in Role]


def test_every_step_names_a_role(package: Path, step: str):
    source = (package / "steps" / step / "component.py").read_text(encoding="utf-8")
    assert re.findall(r"base_image=roles\.(\w+)", source)[0] in Role.__members__


def test_images_carry_the_version_of_the_project(project: dict[str, Any]):
    assert project["project"]["version"] == VERSION
    assert image_name(Role.LIGHT) == f"slipway/light:{VERSION}"


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_names_exact_versions_with_hashes_and_no_address(lock: str):
    comments = [line for line in lock.splitlines() if line.startswith("#")]
    packages = list(LOCKED.finditer(lock))
    assert comments[1:] == ["#    make lock"]
    assert "".join(match[0] + "\n" for match in packages) == lock.partition("make lock\n")[2]
    assert [match["name"] for match in packages if not match["hashes"]] == []
    assert "://" not in lock


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_holds_what_its_group_asks_for(lock: str, name: str, project: dict[str, Any]):
    groups = project["dependency-groups"] | {"launcher": project["project"]["dependencies"]}
    versions = {canonicalize_name(match["name"]): match["version"] for match in LOCKED.finditer(lock)}
    for requirement in map(Requirement, groups[name]):
        locked = versions.get(canonicalize_name(requirement.name))
        assert locked is not None, f"{requirement} is not in the lock: make lock"
        assert requirement.specifier.contains(locked, prereleases=True), (
            f"{requirement} is locked at {locked}: make lock"
        )


def test_no_settings_file_names_an_index(root: Path):
    """Where packages come from is the machine's matter: a mirror, a proxy or the public index."""
    named = re.compile(r"(?<!no-emit-)index-url|index_url|(?:PIP|UV)_\w*(?:INDEX|FIND_LINKS)", re.I)
    for name in ("Makefile", ".ci/run", "pyproject.toml", "requirements/roles.toml"):
        assert named.findall((root / name).read_text(encoding="utf-8")) == [], name


def test_every_role_is_a_stage_of_the_dockerfile(root: Path):
    if not (dockerfile := root / "docker" / "Dockerfile").is_file():
        pytest.skip("the project has no Dockerfile yet")
    stages = set(re.findall(r"^FROM .* AS ([\w-]+)$", dockerfile.read_text(encoding="utf-8"), re.I | re.M))
    assert {role.value for role in Role} <= stages
