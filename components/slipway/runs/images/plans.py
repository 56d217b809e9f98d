"""The plan of what to do with the roles' images: values alone, so that it can be shown and compared before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.roles import VERSION, Role, image_name

BASE_IMAGE = "python:3.11-slim-bookworm"
SBOM_IN_IMAGE = "/opt/venv/share/sbom.cdx.json"
_GPU_LOCK = "tensorflow-gpu"


class LoadInto(StrEnum):
    """A local cluster whose nodes shall have the images."""

    NONE = "none"
    KIND = "kind"
    MINIKUBE = "minikube"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesRequest:
    """What a user asks for.

    Attributes:
        registry: host and path before the image's name; empty for local images.
        tag: the images' tag.
        platform: such as ``linux/amd64``; empty for the engine's own.
        gpu: whether the TensorFlow role gets CUDA; its tag ends in ``-gpu`` then.
        load_into: where the images are loaded after the build.
        cluster: name of that cluster; empty for the tool's default.
        sbom: folder for one CycloneDX file per role.
    """

    roles: tuple[Role, ...] = tuple(Role)
    registry: str = ""
    tag: str = VERSION
    platform: str = ""
    gpu: bool = False
    load_into: LoadInto = LoadInto.NONE
    cluster: str = ""
    sbom: Path = Path("dist/sbom")

    def __post_init__(self) -> None:
        """Refuse what no plan can be made for."""
        if not self.tag or self.tag == "latest":
            raise InputError(f"--tag should be a version, got {self.tag!r}: 'latest' names another image every day")
        if "," in self.platform:
            raise InputError(f"--platform takes one platform, got {self.platform!r}; build each with a tag of its own")
        if "://" in self.registry:
            raise InputError(f"--registry should be HOST/PATH without a scheme, got {self.registry!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found on this machine.

    Attributes:
        docker: the client's executable.
        buildx: whether that client builds by its buildx plugin.
        root: the checkout that is built.
        base: the base image, by digest where the engine knows one.
        revision: the checkout's commit, with ``-dirty`` when files differ from it; empty when unknown.
        created: that commit's date, ISO 8601; empty when unknown.
    """

    docker: str
    buildx: bool
    root: Path
    base: str = BASE_IMAGE
    revision: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One command.

    Attributes:
        title: what it does, for people.
        command: program and arguments.
        environment: variables beside those of this process.
        output: file that takes what the command prints; None for the terminal.
    """

    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None


def image_reference(role: Role, request: ImagesRequest) -> str:
    """Return the image's name: what components name by default unless registry, tag or GPU say otherwise."""
    name = image_name(role).rpartition(":")[0]
    suffix = "-gpu" if request.gpu and role is Role.TENSORFLOW else ""
    prefix = f"{request.registry.rstrip('/')}/" if request.registry else ""
    return f"{prefix}{name}:{request.tag}{suffix}"


def plan_build(request: ImagesRequest, found: Surroundings) -> tuple[Action, ...]:
    """Build each role's image, keep its SBOM, and load it into a cluster if asked for."""
    actions = []
    for role in request.roles:
        image = image_reference(role, request)
        actions.append(_build(role, image, request, found))
        read = ("run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", image, "cat", SBOM_IN_IMAGE)
        platform = ("--platform", request.platform) if request.platform else ()
        command = (found.docker, read[0], *platform, *read[1:])
        file = request.sbom / f"{role.value}.cdx.json"
        actions.append(Action(title=f"list what is in {image}", command=command, output=file))
        if request.load_into is not LoadInto.NONE:
            actions.append(Action(title=f"load {image} into {request.load_into.value}", command=_load(image, request)))
    return tuple(actions)


def plan_push(request: ImagesRequest, docker: str) -> tuple[Action, ...]:
    """Push each role's image.

    Raises:
        InputError: no registry, so that the images would go to a stranger's name on Docker Hub.
    """
    if not request.registry:
        raise InputError("--registry is missing: say where the images go, such as europe-docker.pkg.dev/PROJECT/REPO")
    images = [image_reference(role, request) for role in request.roles]
    return tuple(Action(title=f"push {image}", command=(docker, "push", image)) for image in images)


def _build(role: Role, image: str, request: ImagesRequest, found: Surroundings) -> Action:
    name, _, digest = found.base.partition("@")
    labels = {
        "org.opencontainers.image.version": request.tag,
        "org.opencontainers.image.revision": found.revision,
        "org.opencontainers.image.created": found.created,
        "org.opencontainers.image.base.name": name if ":" in name else BASE_IMAGE,
        "org.opencontainers.image.base.digest": digest,
    }
    arguments = {"PYTHON_IMAGE": found.base}
    if request.gpu and role is Role.TENSORFLOW:
        arguments["TENSORFLOW_LOCK"] = _GPU_LOCK
    head = (found.docker, "buildx", "build", "--load") if found.buildx else (found.docker, "build")
    options = [("--file", str(found.root / "docker" / "Dockerfile")), ("--target", role.value), ("--tag", image)]
    options += [("--platform", request.platform)] if request.platform else []
    options += [("--build-arg", f"{key}={value}") for key, value in arguments.items()]
    options += [("--label", f"{key}={value}") for key, value in labels.items() if value]
    return Action(
        title=f"build {image}",
        command=(*head, *(word for option in options for word in option), str(found.root)),
        environment={} if found.buildx else {"DOCKER_BUILDKIT": "1"},
    )


def _load(image: str, request: ImagesRequest) -> tuple[str, ...]:
    if request.load_into is LoadInto.KIND:
        name = ("--name", request.cluster) if request.cluster else ()
        return ("kind", "load", "docker-image", image, *name)
    profile = ("--profile", request.cluster) if request.cluster else ()
    return ("minikube", *profile, "image", "load", image)
