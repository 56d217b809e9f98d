"""The Docker engine, by its own SDK: what it knows about images, and the containers of a run."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from slipway.contracts.errors import TransientError

if TYPE_CHECKING:
    from docker import DockerClient

_SECONDS = 30
_SETTLING_SECONDS = 0.2


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


class Engine:
    """A Docker engine that answers; make one with ``connect_engine``.

    Args:
        client: of the SDK.
    """

    def __init__(self, client: "DockerClient") -> None:
        self._client = client

    def version(self) -> str:
        """Return the engine's version, such as ``28.2.2``."""
        return str(self._client.version()["Version"])

    def is_rootless(self) -> bool:
        """Return whether the engine maps root in a container to the user who runs it."""
        return "name=rootless" in (self._client.info().get("SecurityOptions") or ())

    def image_facts(self, image: str) -> ImageFacts | None:
        """Return what the engine knows about an image; None when it does not have it."""
        from docker.errors import APIError

        try:
            document: Mapping[str, Any] = self._client.images.get(image).attrs
        except APIError:  # a name that no image can have is answered by another code than one that is not there
            return None
        return ImageFacts(
            identity=document["Id"],
            size_bytes=document["Size"],
            labels=document["Config"].get("Labels") or {},
            digests=tuple(document.get("RepoDigests") or ()),
            layers=tuple(document["RootFS"]["Layers"]),
        )

    def layer_sizes(self, image: str) -> list[int]:
        """Return the bytes of each layer that holds something, the lowest first."""
        return [layer["Size"] for layer in reversed(self._client.images.get(image).history()) if layer["Size"]]

    def output_in(self, image: str, command: list[str]) -> str:
        """Return what a command prints in a container that can reach and change nothing; empty when it fails."""
        from docker.errors import APIError, ContainerError

        closed = {"network_mode": "none", "read_only": True, "cap_drop": ["ALL"]}
        try:
            printed: bytes = self._client.containers.run(image, command, remove=True, **closed)
        except (APIError, ContainerError):
            return ""
        return printed.decode("utf-8", "replace").strip()

    def pull(self, image: str) -> bool:
        """Fetch an image, and return whether that went well."""
        from docker.errors import APIError

        try:
            self._client.images.pull(image)
        except APIError:
            return False
        return True

    @contextmanager
    def watched_containers(self, label: str) -> Iterator[Callable[[], list[int | None]]]:
        """Give a function that returns how the containers with ``label`` ended that have started within the block.

        It returns their exit codes in the order of their starts, None for one that has not ended, those that are gone
        included. The engine remembers some hundred events, of everybody together: so it is listened to from the
        beginning, and what it said last is asked for once more.
        """
        filters = {"label": label, "event": ["start", "die"]}
        stream = self._client.events(since=0, filters=filters, decode=True)
        heard: list[Mapping[str, Any]] = []
        listener = threading.Thread(target=lambda: heard.extend(stream), daemon=True)
        listener.start()

        def codes() -> list[int | None]:
            until = f"{time.time() + _SETTLING_SECONDS:.3f}"
            late = list(self._client.events(since=0, until=until, filters=filters, decode=True))
            ended: dict[str, int | None] = {}
            for event in [*heard, *late]:
                actor = event["Actor"]
                died = event["Action"] == "die"
                ended[actor["ID"]] = int(actor["Attributes"]["exitCode"]) if died else ended.get(actor["ID"])
            return list(ended.values())

        try:
            yield codes
        finally:
            stream.close()
            listener.join()

    def remove_containers(self, label: str) -> None:
        """Stop and remove what still runs with ``label``."""
        from docker.errors import APIError

        for container in self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True):
            with contextlib.suppress(APIError):  # it went away meanwhile
                container.remove(force=True)


def connect_engine() -> Engine:
    """Return the engine that the environment, or Docker's current context, names.

    Raises:
        TransientError: none answers.
    """
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=_SECONDS)
        client.ping()
    except (DockerException, OSError) as error:
        raise TransientError(
            "no Docker engine answers; is it running, and may you use it? Try 'docker version'"
        ) from error
    return Engine(client)
