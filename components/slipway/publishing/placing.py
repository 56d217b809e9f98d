"""Make a new version of files, so that of several writers each gets a number of its own."""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

from slipway.contracts.documents import write_document
from slipway.contracts.errors import TransientError
from slipway.contracts.ports import ObjectStore
from slipway.contracts.published_models import (
    MANIFEST,
    SAVED_MODEL_FILE,
    PublishedVersion,
    PushedVersion,
    VersionManifest,
)
from slipway.publishing.contents import Contents
from slipway.publishing.versions import as_pushed, newest_version, next_number

logger = logging.getLogger(__name__)
_ATTEMPTS = 20


def publish_version(store: ObjectStore, contents: Contents) -> PushedVersion:
    """Publish files as the next version, unless the newest one has the same content.

    Raises:
        InputError: the destination cannot be written.
        TransientError: the destination did not answer, or too many others are publishing at the same time.
    """
    for _ in range(_ATTEMPTS):
        newest = newest_version(store)
        if newest and newest.digest == contents.digest:
            logger.info("version %s of %s already has this content", newest.version, store.uri(""))
            return as_pushed(store, newest)
        previous = newest.version if newest else None
        number = place_version(store, contents.sources, contents.manifest(previous), newest)
        if number is not None:
            return PushedVersion(
                version=number,
                uri=store.uri(str(number)),
                digest=contents.digest,
                pushed=True,
                previous_version=previous,
            )
    raise TransientError(f"{store.uri('')}: others published {_ATTEMPTS} versions meanwhile; try again later")


def place_version(
    store: ObjectStore, files: Mapping[str, Path], manifest: VersionManifest, newest: PublishedVersion | None
) -> int | None:
    """Place files under the next free number and return it; None when ``newest`` is no longer the newest version.

    A number that is taken although nothing newer is whole belongs to a writer at work or one that died: it is skipped.
    """
    first = next_number(store)
    for number in range(first, first + _ATTEMPTS):
        if place_folder(store, files, manifest, number):
            return number
        if newest_version(store) != newest:
            return None
    raise TransientError(f"{store.uri('')}: {_ATTEMPTS} version numbers from {first} are taken by other writers")


def place_folder(store: ObjectStore, files: Mapping[str, Path], manifest: VersionManifest, number: int) -> bool:
    """Place files and their manifest under a number; False when it is taken."""
    with tempfile.TemporaryDirectory(prefix="slipway-push-") as temporary:
        written = Path(temporary) / "manifest.json"
        write_document(manifest, written)
        return store.place({**files, MANIFEST: written}, str(number), SAVED_MODEL_FILE)
