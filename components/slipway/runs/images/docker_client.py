"""Looks at Docker: which client there is, whether an engine answers, and what it knows about an image."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.contracts.errors import InputError, TransientError

_LAST_CLIENT_WITH_BUILDKIT_INSIDE = 22
_SECONDS = 30.0
_SETTLING_SECONDS = 0.2
_EVENT = '{{.Action}} {{.Actor.ID}} {{index .Actor.Attributes "exitCode"}}'


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerClient:
    """A ``docker`` command that can build with BuildKit.

    Attributes:
        path: the executable.
        buildx: whether it has the buildx plugin; older clients bring BuildKit themselves.
    """

    path: str
    buildx: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What the engine knows about an image.

    Attributes:
        identity: the image's ID, ``sha256:`` and the digest of its configuration.
        size_bytes: unpacked, all layers.
        labels: its labels.
        digests: ``NAME@sha256:...`` for each registry that it came from or went to.
        layers: digests of its unpacked layers, the lowest first.
    """

    identity: str
    size_bytes: int
    labels: dict[str, str] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()


def find_client() -> DockerClient:
    """The first ``docker`` on PATH that has BuildKit.

    Raises:
        InputError: there is none.
    """
    found = list(_on_path("docker"))
    for path in found:
        buildx = _succeeds([path, "buildx", "version"])
        if buildx or _major_version(path) <= _LAST_CLIENT_WITH_BUILDKIT_INSIDE:
            return DockerClient(path=path, buildx=buildx)
    if not found:
        raise InputError("there is no docker on PATH; install Docker Engine 20.10 or newer")
    raise InputError(f"{' and '.join(found)} cannot use BuildKit; install Docker's buildx plugin")


def require_engine(client: DockerClient) -> None:
    """Raise TransientError unless an engine answers."""
    if not _succeeds([client.path, "version", "--format", "{{.Server.Version}}"]):
        raise TransientError("no Docker engine answers; is it running, and may you use it? Try 'docker version'")


def is_rootless(client: DockerClient) -> bool:
    """Whether the engine maps root in a container to the user who runs it."""
    return "name=rootless" in _output([client.path, "info", "--format", "{{json .SecurityOptions}}"])


def image_facts(client: DockerClient, image: str) -> ImageFacts | None:
    """What the engine knows about ``image``; None when it does not have it."""
    text = _output([client.path, "image", "inspect", image])
    documents: list[dict[str, Any]] = json.loads(text) if text else []
    if not documents:
        return None
    document = documents[0]
    return ImageFacts(
        identity=document["Id"],
        size_bytes=document["Size"],
        labels=document["Config"].get("Labels") or {},
        digests=tuple(document.get("RepoDigests") or ()),
        layers=tuple(document["RootFS"]["Layers"]),
    )


def layer_sizes(client: DockerClient, image: str) -> list[int]:
    """Bytes of each layer that holds something, the lowest first."""
    command = [client.path, "history", "--human=false", "--format", "{{.Size}}", image]
    return [int(size) for size in reversed(_output(command).split()) if int(size)]


def output_in(client: DockerClient, image: str, command: list[str]) -> str:
    """What ``command`` prints in a container of ``image`` that can reach and change nothing; empty when it fails."""
    closed = ["--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"]
    return _output([client.path, "run", *closed, image, *command])


def pull(client: DockerClient, image: str) -> bool:
    """Fetch an image; whether that went well."""
    return subprocess.run([client.path, "pull", "--quiet", image], capture_output=True, check=False).returncode == 0


@contextmanager
def watched_containers(client: DockerClient, label: str) -> Iterator[Callable[[], list[int | None]]]:
    """What tells how the containers with ``label`` ended that started within the block; None for one that has not.

    They are told in the order of their starts, those that are gone included. The engine remembers some hundred events,
    of everybody together: so it is listened to from the beginning, and what it said last is asked for once more.
    """
    filters = [f"--filter={text}" for text in (f"label={label}", "event=start", "event=die")]
    command = [client.path, "events", "--since", "0", *filters, "--format", _EVENT]
    with tempfile.TemporaryDirectory() as folder:
        heard = Path(folder) / "events"
        with heard.open("w") as file:
            listener = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)

        def codes() -> list[int | None]:
            whole_lines = heard.read_text(encoding="utf-8").rpartition("\n")[0]
            late = _output([*command, "--until", f"{time.time() + _SETTLING_SECONDS:.3f}"])
            ended: dict[str, int | None] = {}
            for action, container, *code in map(str.split, [*whole_lines.splitlines(), *late.splitlines()]):
                ended[container] = int(code[0]) if action == "die" else ended.get(container)
            return list(ended.values())

        try:
            yield codes
        finally:
            listener.kill()
            listener.wait()


def remove_containers(client: DockerClient, label: str) -> None:
    """Stop and remove what still runs with ``label``."""
    for container in _output([client.path, "ps", "--all", "--quiet", "--filter", f"label={label}"]).split():
        _succeeds([client.path, "rm", "--force", container])


def _on_path(name: str) -> Iterator[str]:
    seen = set()
    for folder in os.get_exec_path():
        path = shutil.which(name, path=folder)
        if path and (real := Path(path).resolve()) not in seen:
            seen.add(real)
            yield path


def _major_version(path: str) -> int:
    major = _output([path, "version", "--format", "{{.Client.Version}}"]).partition(".")[0]
    return int(major) if major.isdigit() else _LAST_CLIENT_WITH_BUILDKIT_INSIDE + 1


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _output(command: list[str]) -> str:
    """What a command prints, whatever its exit code; empty when it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
