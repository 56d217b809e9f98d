"""Tasks in containers of their role's image, by KFP's DockerRunner."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.contracts.errors import InputError
from slipway.contracts.roles import Role, image_name
from slipway.contracts.steps import Purpose, purposes
from slipway.runs.binding import bind_containers
from slipway.runs.graph import Task
from slipway.runs.images.engine import Engine, connect_engine
from slipway.runs.local.task import KFP_LOG, TaskPlace

_CODE_IN_IMAGE = "/opt/slipway"
_RUN_LABEL = "org.slipway.run"
_MAGIC = "*?["
_CREDENTIALS = ("AWS_", "GOOGLE_CLOUD_", "AZURE_STORAGE_", "STORAGE_EMULATOR_HOST")
_CREDENTIALS_FILE = "GOOGLE_APPLICATION_CREDENTIALS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Containers:
    """How tasks run in containers.

    Attributes:
        images: the image of a role; the default name for a role that is left out.
        user: ``UID:GID`` of the processes; empty for the caller's own, who then owns what they write.
    """

    images: Mapping[Role, str] = field(default_factory=dict)
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRun:
    """A pipeline bound to containers.

    Attributes:
        ir: the pipeline as DockerRunner gets it.
        options: what DockerRunner hands to the engine for every container.
        codes: tells the exit codes of the containers that have started, see ``Engine.watched_containers``.
        events: the file in which tasks write down how they go.
    """

    ir: dict[str, Any]
    options: dict[str, Any]
    codes: Callable[[], list[int | None]]
    events: Path

    def unreported_failure(self) -> str:
        """Return what DockerRunner may have taken for success; empty when every container's task said how it ended.

        DockerRunner counts a container that is gone before it asks for the exit code as a success.
        """
        codes = self.codes()
        lines = self.events.read_text(encoding="utf-8").splitlines() if self.events.is_file() else []
        told = sum(json.loads(line)["event"] == "finished" for line in lines)
        if len(codes) <= told:
            return ""
        log = self.events.with_name(KFP_LOG)
        return f"{len(codes)} containers started, with the exit codes {codes}, and {told} tasks said how; see {log}"


@contextmanager
def container_run(
    ir: Mapping[str, Any],
    arguments: Mapping[str, Any],
    tasks: tuple[Task, ...],
    folder: Path,
    cache: Path | None,
    containers: Containers,
) -> Iterator[ContainerRun]:
    """Bind a pipeline to containers, and remove those that still run at the end of the block.

    Args:
        ir: the compiled pipeline.
        arguments: its parameters; a local path among them is mounted, read-only but for a destination.
        tasks: its tasks.
        folder: the run's folder, mounted at the same path.
        cache: folder of earlier results; None for none.
        containers: images and user.

    Raises:
        InputError: a task of somebody else's image, or an image that is not there.
        TransientError: no engine answers.
    """
    engine = connect_engine()
    for task in tasks:
        if task.role is None:
            raise InputError(f"{task.name} has the image {task.image}, which is none of a role: run it without Docker")
    images = {role: containers.images.get(role, image_name(role)) for role in sorted({t.role for t in tasks if t.role})}
    identities = {role: _identity(engine, role, image) for role, image in images.items()}
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
    variables = {
        task.executor: _place(task, folder, cache, identities[task.role]).variables() for task in tasks if task.role
    }
    label = f"{_RUN_LABEL}={os.urandom(16).hex()}"  # no other run's, whatever folder and second it started in
    options = container_options(
        arguments,
        writable=[folder, *([cache] if cache else [])],
        user=containers.user or _own_user(engine),
        label=label,
    )
    bound = bind_containers(ir, images, variables)
    with engine.watched_containers(label) as codes:
        try:
            yield ContainerRun(ir=bound, options=options, codes=codes, events=folder / "events.jsonl")
        finally:
            engine.remove_containers(label)


def container_options(arguments: Mapping[str, Any], writable: list[Path], user: str, label: str) -> dict[str, Any]:
    """Return what every container is started with, as arguments of ``docker.containers.run``.

    Without an address among the arguments there is no network either.
    """
    for folder in _written_folders(arguments):
        folder.mkdir(parents=True, exist_ok=True)
        writable = [*writable, folder]
    remote = any("://" in text and not text.startswith("file://") for text in _texts(arguments))
    environment = {k: v for k, v in os.environ.items() if k.startswith(_CREDENTIALS)} if remote else {}
    read = [path for text in _texts(arguments) if (path := _local_path(text))]
    if remote and (file := os.environ.get(_CREDENTIALS_FILE)):
        environment[_CREDENTIALS_FILE] = file
        read.append(Path(file))
    options: dict[str, Any] = {
        "user": user,
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,
        "labels": dict([label.split("=", 1)]),
        "environment": environment,
        "mounts": _mounts(writable, read),
    }
    return options if remote else {**options, "network_mode": "none"}


def _written_folders(arguments: Mapping[str, Any]) -> list[Path]:
    """Return the folders of this machine that a step publishes in."""
    names = [name for name, purpose in purposes().items() if purpose is Purpose.DESTINATION]
    values = (arguments.get(name) for name in names)
    return [Path(value) for value in values if isinstance(value, str) and value.startswith("/")]


def _mounts(writable: list[Path], read: list[Path]) -> list[dict[str, Any]]:
    """Return bind mounts at the same path inside, as ``docker.types.Mount`` has them; none below another one."""
    chosen: dict[Path, bool] = {}
    for path in sorted(set(writable)):
        if not any(path.is_relative_to(other) for other in chosen):
            chosen[path] = False
    for path in sorted(set(read)):
        if not any(path.is_relative_to(other) for other in chosen):
            chosen[path] = True
    return [
        {"Type": "bind", "Source": str(path), "Target": str(path), "ReadOnly": read_only}
        for path, read_only in sorted(chosen.items())
    ]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _local_path(text: str) -> Path | None:
    """Return the file or folder that ``text`` names, of a pattern the folder it starts from; None for anything else."""
    text = text.removeprefix("file://")
    if not text.startswith("/"):
        return None
    path = Path(text)
    while any(sign in str(path) for sign in _MAGIC):
        path = path.parent
    return path if path != Path("/") and path.exists() else None


def _identity(engine: Engine, role: Role, image: str) -> str:
    facts = engine.image_facts(image)
    if facts is None and image != image_name(role) and engine.pull(image):
        facts = engine.image_facts(image)
    if facts is None:
        raise InputError(f"there is no image {image}; make it with 'slipway images build --role {role.value}'")
    return facts.identity


def _place(task: Task, folder: Path, cache: Path | None, identity: str) -> TaskPlace:
    return TaskPlace(
        run=str(folder),
        python="python3",
        packages=_CODE_IN_IMAGE,
        environment=identity,
        cache=str(cache) if cache and task.caching else "",
        retries=str(task.retries),
        in_container="yes",
    )


def _own_user(engine: Engine) -> str:
    """Return who calls, so that what containers write is theirs; a rootless engine makes root of them."""
    return "0:0" if engine.is_rootless() else f"{os.getuid()}:{os.getgid()}"
