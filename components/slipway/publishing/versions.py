"""Which versions of a model a destination holds, and the record that says so.

A store here has the model's own folder, ``<destination>/<model_name>``, as its root.
"""

import json
import logging
from collections.abc import Iterator

from slipway.contracts.documents import parse, to_plain
from slipway.contracts.errors import InputError
from slipway.contracts.latest import LATEST
from slipway.contracts.ports import ObjectStore
from slipway.contracts.published_models import (
    MANIFEST,
    RECORD,
    SAVED_MODEL_FILE,
    PublishedVersion,
    PublishRecord,
    PushedVersion,
    VersionManifest,
    model_address,
    version_numbers,
)
from slipway.storage.object_store import open_store

logger = logging.getLogger(__name__)
_RECORD_ATTEMPTS = 5


def next_number(store: ObjectStore) -> int:
    """Return one more than the highest number there, whoever made it."""
    return max(version_numbers(store.names("")), default=0) + 1


def read_manifest(store: ObjectStore, number: int) -> VersionManifest:
    """Read what a version holds; InputError when it has no manifest or a damaged one."""
    path = f"{number}/{MANIFEST}"
    try:
        return parse(VersionManifest, json.loads(store.read(path)))
    except ValueError as error:
        raise InputError(f"{store.uri(path)} is not JSON: {error}") from error


def whole_numbers(store: ObjectStore) -> Iterator[int]:
    """Yield the numbers of the whole versions that Slipway published, the newest first."""
    for number in reversed(version_numbers(store.names(""))):
        if _is_whole(store, number):
            yield number


def newest_number(store: ObjectStore) -> int | None:
    """Return the highest whole version that Slipway published; None when there is none."""
    return next(whole_numbers(store), None)


def newest_version(store: ObjectStore) -> PublishedVersion | None:
    """Return the line of the record for the highest whole version; None when there is none."""
    number = newest_number(store)
    return None if number is None else _line(store, number)


def newest_pushed(destination: str, model_name: str) -> PushedVersion | None:
    """Return the newest version of a model, None when nothing was pushed yet; ``pushed`` of the answer is False.

    Raises:
        InputError: the destination cannot be read.
        TransientError: the store did not answer.
    """
    store = open_store(model_address(destination, model_name))
    newest = newest_version(store)
    return as_pushed(store, newest) if newest else None


def resolved_version(uri: str) -> str:
    """Return ``uri`` itself, or for ``<destination>/<model_name>/latest`` the address of the newest whole version.

    A recurring run can so name its predecessor once and for all. Empty when nothing has been published yet, which is
    how a first run has nothing to compare with.

    Raises:
        InputError: the address cannot be read.
        TransientError: the store did not answer.
    """
    address = uri.rstrip("/")
    if not address.endswith(f"/{LATEST}"):
        return uri
    store = open_store(address.removesuffix(f"/{LATEST}"))
    number = newest_number(store)
    return "" if number is None else store.uri(str(number))


def as_pushed(store: ObjectStore, line: PublishedVersion) -> PushedVersion:
    """Return a version that was there already as push reports it."""
    return PushedVersion(
        version=line.version,
        uri=store.uri(str(line.version)),
        digest=line.digest,
        pushed=False,
        previous_version=line.previous,
    )


def kept_versions(store: ObjectStore) -> list[PublishedVersion]:
    """Return every whole version that Slipway published, oldest first.

    Versions never change once they are whole, so the record is believed about all but the newest, which spares a
    request for each of them.
    """
    recorded = _recorded(store)
    numbers = version_numbers(store.names(""))
    lines = []
    for number in numbers:
        if number in recorded and number != numbers[-1]:
            lines.append(recorded[number])
        elif _is_whole(store, number):
            lines.append(_line(store, number))
    return lines


def write_record(store: ObjectStore, model_name: str) -> PublishRecord:
    """Bring the record up to date and return it; nothing is written when it already is.

    What was written is compared with what is there afterwards, so that of several writers the last one to look
    leaves a record of all versions.
    """
    for _ in range(_RECORD_ATTEMPTS):
        versions = kept_versions(store)
        record = PublishRecord(
            model_name=model_name,
            latest=versions[-1].version,
            previous=versions[-1].previous,
            versions=tuple(versions),
        )
        content = (json.dumps(to_plain(record), indent=2) + "\n").encode()
        if store.exists(RECORD) and store.read(RECORD) == content:
            break
        store.write(RECORD, content)
    return record


def prune(store: ObjectStore, keep: int) -> list[int]:
    """Remove all but the ``keep`` newest versions and the one to go back to; return the numbers removed."""
    versions = kept_versions(store)
    stay = {line.version for line in versions[-keep:]} | {versions[-1].previous}
    gone = [line.version for line in versions if line.version not in stay]
    for number in gone:
        store.remove(str(number))
        logger.info("removed version %s of %s", number, store.uri(""))
    return gone


def _recorded(store: ObjectStore) -> dict[int, PublishedVersion]:
    if not store.exists(RECORD):
        return {}
    try:
        record = parse(PublishRecord, json.loads(store.read(RECORD)))
    except (ValueError, InputError) as error:
        logger.warning("%s is made anew: %s", store.uri(RECORD), error)
        return {}
    return {line.version: line for line in record.versions}


def _is_whole(store: ObjectStore, number: int) -> bool:
    # The graph is the last file to appear in an object store; a version of somebody else has no manifest.
    return store.exists(f"{number}/{MANIFEST}") and store.exists(f"{number}/{SAVED_MODEL_FILE}")


def _line(store: ObjectStore, number: int) -> PublishedVersion:
    manifest = read_manifest(store, number)
    return PublishedVersion(
        version=number,
        digest=manifest.digest,
        bytes=sum(file.bytes for file in manifest.files),
        previous=manifest.previous,
        restored_from=manifest.restored_from,
    )
