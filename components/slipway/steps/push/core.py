"""Publish a model as a new version, find the latest one, and go back to the one before."""

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError, TransientError
from slipway.contracts.ports import ObjectStore
from slipway.contracts.published_models import (
    MANIFEST,
    SAVED_MODEL_FILE,
    PublishedVersion,
    PublishRecord,
    PushedVersion,
    VersionManifest,
)
from slipway.steps.push.config import PushConfig
from slipway.steps.push.contents import Contents, Sources, gather, published_contents, refuse_unless_accepted
from slipway.steps.push.history import kept_versions, newest_version, next_number, prune, read_manifest, write_record
from slipway.storage.object_store import local_copy, open_store

logger = logging.getLogger(__name__)
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What push did, and the record after it.

    Attributes:
        files: files of the version, without its manifest.
        bytes: of those files.
    """

    pushed: PushedVersion
    record: PublishRecord
    files: int
    bytes: int


def push_model(sources: Sources, config: PushConfig) -> Publication:
    """Publish a model unless the latest version has the same content.

    Raises:
        InputError: a verdict refused the model, a file is missing, or the destination cannot be written.
        TransientError: the destination did not answer, or too many others are publishing at the same time.
    """
    refuse_unless_accepted(sources)
    contents = gather(sources)
    store = open_store(config.model_uri)
    pushed = _published(store, contents)
    if pushed.pushed and config.keep_versions is not None:
        prune(store, config.keep_versions)
    return Publication(
        pushed=pushed,
        record=write_record(store, config.model_name),
        files=len(contents.files),
        bytes=sum(file.bytes for file in contents.files),
    )


def latest_version(uri: str) -> int | None:
    """The highest whole version at a model's address (``<destination>/<model_name>``); None when there is none."""
    newest = newest_version(open_store(uri))
    return newest.version if newest else None


def resolve_latest(destination: str, model_name: str) -> PushedVersion | None:
    """The latest version of a model, None when nothing was pushed yet; ``pushed`` of the answer is False."""
    store = open_store(PushConfig(destination=destination, model_name=model_name).model_uri)
    newest = newest_version(store)
    return _as_pushed(store, newest, pushed=False) if newest else None


def rollback(destination: str, model_name: str, to_version: int | None = None) -> PushedVersion:
    """Publish an earlier version's content again, as the highest number, so that it is what is served.

    Nothing is deleted: the version that is left behind keeps its number. Going back twice goes back further, never
    to what was left.

    Args:
        destination: as in push.
        model_name: as in push.
        to_version: the version to serve again; None for the ``previous`` of the record.

    Raises:
        InputError: nothing was pushed, there is nothing to go back to, or ``to_version`` is not there.
        DataError: the files of that version are not what was published.
        TransientError: somebody published at the same time; look, and call again.
    """
    store = open_store(PushConfig(destination=destination, model_name=model_name).model_uri)
    versions = {line.version: line for line in kept_versions(store)}
    if not versions:
        raise InputError(f"{store.uri('')}: nothing was pushed here")
    newest = versions[max(versions)]
    target = versions.get(to_version or newest.previous or 0)
    if target is None:
        wanted = f"has no version {to_version}" if to_version else f"has nothing before version {newest.version}"
        raise InputError(f"{store.uri('')} {wanted}; it has {', '.join(map(str, versions))}")
    with local_copy(store.uri(str(target.version))) as folder:
        contents = published_contents(folder, read_manifest(store, target.version))
        earlier = target.previous if target.previous in versions else None
        manifest = contents.manifest(earlier, restored_from=target.restored_from or target.version)
        number = _placed(store, contents.sources, manifest, newest)
    if number is None:
        raise TransientError(f"{store.uri('')}: another version was published meanwhile; look, and call again")
    write_record(store, model_name)
    logger.info("version %s of %s serves the content of version %s", number, store.uri(""), target.version)
    return PushedVersion(
        version=number,
        uri=store.uri(str(number)),
        digest=manifest.digest,
        pushed=True,
        previous_version=newest.version,
    )


def _published(store: ObjectStore, contents: Contents) -> PushedVersion:
    for _ in range(_ATTEMPTS):
        newest = newest_version(store)
        if newest and newest.digest == contents.digest:
            logger.info("version %s of %s already has this content", newest.version, store.uri(""))
            return _as_pushed(store, newest, pushed=False)
        previous = newest.version if newest else None
        number = _placed(store, contents.sources, contents.manifest(previous), newest)
        if number is not None:
            return PushedVersion(
                version=number,
                uri=store.uri(str(number)),
                digest=contents.digest,
                pushed=True,
                previous_version=previous,
            )
    raise TransientError(f"{store.uri('')}: others published {_ATTEMPTS} versions meanwhile; try again later")


def _placed(
    store: ObjectStore, files: Mapping[str, Path], manifest: VersionManifest, newest: PublishedVersion | None
) -> int | None:
    """The number under which the files now lie; None when ``newest`` is no longer the newest version.

    A number that is taken although nothing newer is whole belongs to a writer at work or one that died: it is skipped.
    """
    first = next_number(store)
    with tempfile.TemporaryDirectory(prefix="slipway-push-") as temporary:
        written = Path(temporary) / "manifest.json"
        write_document(manifest, written)
        for number in range(first, first + _ATTEMPTS):
            if store.place({**files, MANIFEST: written}, str(number), SAVED_MODEL_FILE):
                return number
            if newest_version(store) != newest:
                return None
    raise TransientError(f"{store.uri('')}: {_ATTEMPTS} version numbers from {first} are taken by other writers")


def _as_pushed(store: ObjectStore, line: PublishedVersion, *, pushed: bool) -> PushedVersion:
    return PushedVersion(
        version=line.version,
        uri=store.uri(str(line.version)),
        digest=line.digest,
        pushed=pushed,
        previous_version=line.previous,
    )
