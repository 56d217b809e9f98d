"""What `slipway images` would do, compared word for word."""

from pathlib import Path

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role, image_name
from slipway.runs.images.docker_command import find_docker_command
from slipway.runs.images.listing import sizes_in
from slipway.runs.images.plans import ImagesRequest, LoadInto, Surroundings, image_reference, plan_build, plan_push

FOUND = Surroundings(
    docker="/usr/bin/docker",
    buildx=False,
    root=Path("/checkout"),
    base="python:3.11-slim-bookworm@sha256:abc",
    revision="f00",
    created="2026-11-01T12:00:00+00:00",
)


@pytest.mark.parametrize("role", list(Role))
def test_without_registry_and_tag_an_image_has_the_name_that_components_ask_for(role):
    assert image_reference(role, ImagesRequest()) == image_name(role)


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (ImagesRequest(registry="registry.example/ml/", tag="1.2"), "registry.example/ml/slipway/tensorflow:1.2"),
        (ImagesRequest(gpu=True), "slipway/tensorflow:0.1.0-gpu"),
    ],
)
def test_registry_tag_and_variant_are_part_of_the_name(request_, name):
    assert image_reference(Role.TENSORFLOW, request_) == name


def test_only_the_tensorflow_role_has_a_variant_for_graphics_cards():
    assert image_reference(Role.LIGHT, ImagesRequest(gpu=True)) == image_name(Role.LIGHT)


def test_a_build_is_one_command_then_the_sbom_is_read_out_of_the_image():
    build, sbom = plan_build(ImagesRequest(roles=(Role.LIGHT,), sbom=Path("sbom")), FOUND)
    assert build.environment == {"DOCKER_BUILDKIT": "1"}
    assert build.command == (
        "/usr/bin/docker",
        "build",
        *("--file", "/checkout/docker/Dockerfile"),
        *("--target", "light"),
        *("--tag", "slipway/light:0.1.0"),
        *("--build-arg", "PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:abc"),
        *("--label", "org.opencontainers.image.version=0.1.0"),
        *("--label", "org.opencontainers.image.revision=f00"),
        *("--label", "org.opencontainers.image.created=2026-11-01T12:00:00+00:00"),
        *("--label", "org.opencontainers.image.base.name=python:3.11-slim-bookworm"),
        *("--label", "org.opencontainers.image.base.digest=sha256:abc"),
        "/checkout",
    )
    assert sbom.output == Path("sbom/light.cdx.json")
    assert sbom.command[-3:] == ("slipway/light:0.1.0", "cat", "/opt/venv/share/sbom.cdx.json")


def test_a_client_with_buildx_builds_by_it_and_keeps_the_image():
    found = Surroundings(docker="docker", buildx=True, root=Path("/checkout"))
    build, _ = plan_build(ImagesRequest(roles=(Role.TFDV,), platform="linux/arm64"), found)
    assert build.command[:4] == ("docker", "buildx", "build", "--load")
    assert build.command[build.command.index("--platform") + 1] == "linux/arm64"
    assert build.environment == {}
    assert [word for word in build.command if word.startswith("org.opencontainers.image.revision")] == []


def test_the_graphics_card_variant_is_another_lock():
    plan = plan_build(ImagesRequest(gpu=True), FOUND)
    arguments = {action.title: "TENSORFLOW_LOCK=tensorflow-gpu" in action.command for action in plan}
    assert [title for title, has in arguments.items() if has] == ["build slipway/tensorflow:0.1.0-gpu"]


@pytest.mark.parametrize(
    ("target", "cluster", "command"),
    [
        ("kind", "", ("kind", "load", "docker-image", "slipway/light:0.1.0")),
        ("kind", "dev", ("kind", "load", "docker-image", "slipway/light:0.1.0", "--name", "dev")),
        ("minikube", "dev", ("minikube", "--profile", "dev", "image", "load", "slipway/light:0.1.0")),
    ],
)
def test_a_local_cluster_gets_the_images_by_its_own_tool(target, cluster, command):
    request = ImagesRequest(roles=(Role.LIGHT,), load_into=LoadInto(target), cluster=cluster)
    assert plan_build(request, FOUND)[-1].command == command


def test_every_role_is_pushed_to_the_registry():
    plan = plan_push(ImagesRequest(registry="registry.example/ml"), "docker")
    assert [action.command for action in plan] == [
        ("docker", "push", f"registry.example/ml/slipway/{role.value}:0.1.0") for role in Role
    ]


def test_without_a_registry_nothing_is_pushed():
    with pytest.raises(InputError, match="--registry is missing"):
        plan_push(ImagesRequest(), "docker")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tag": "latest"}, "'latest' names another image every day"),
        ({"tag": ""}, "--tag should be a version, got ''"),
        ({"platform": "linux/amd64,linux/arm64"}, "--platform takes one platform"),
        ({"registry": "https://registry.example"}, "without a scheme, got 'https://registry.example'"),
    ],
)
def test_what_no_plan_can_be_made_for_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        ImagesRequest(**options)


def _client(folder, version, buildx):
    folder.mkdir()
    file = folder / "docker"
    file.write_text(f"#!/bin/sh\n[ $1 = buildx ] && exit {0 if buildx else 1}\necho {version}\n")
    file.chmod(0o755)
    return str(file)


def test_the_first_client_that_has_buildkit_is_taken(tmp_path, monkeypatch):
    without = _client(tmp_path / "a", "28.2.2", buildx=False)
    inside = _client(tmp_path / "b", "20.10.24+dfsg1", buildx=False)
    plugin = _client(tmp_path / "c", "28.2.2", buildx=True)
    for path, expected, buildx in (([without, inside, plugin], inside, False), ([without, plugin], plugin, True)):
        monkeypatch.setenv("PATH", ":".join([*(str(Path(client).parent) for client in path), "/bin"]))
        client = find_docker_command()
        assert (client.path, client.buildx) == (expected, buildx)


def test_a_client_without_buildkit_is_refused_by_name(tmp_path, monkeypatch):
    client = _client(tmp_path / "a", "28.2.2", buildx=False)
    monkeypatch.setenv("PATH", str(tmp_path / "a"))
    with pytest.raises(InputError, match=f"{client} cannot use BuildKit; install Docker's buildx plugin"):
        find_docker_command()


def test_the_readme_states_the_size_of_every_role():
    readme = Path(__file__).parents[3] / "docker" / "README.md"
    assert set(sizes_in(readme)) == set(Role)
