"""Which versions a destination holds, and the record that says so."""

import json
import logging

from slipway.contracts.documents import parse, to_plain
from slipway.contracts.errors import InputError
from slipway.contracts.ports import ObjectStore
from slipway.contracts.published_models import (
    MANIFEST,
    RECORD,
    SAVED_MODEL_FILE,
    PublishedVersion,
    PublishRecord,
    VersionManifest,
    version_numbers,
)

logger = logging.getLogger(__name__)
_RECORD_ATTEMPTS = 5


def next_number(store: ObjectStore) -> int:
    """One more than the highest number there, whoever made it."""
    return max(version_numbers(store.names("")), default=0) + 1


def read_manifest(store: ObjectStore, number: int) -> VersionManifest:
    """What a version holds; InputError when it has no manifest or a damaged one."""
    path = f"{number}/{MANIFEST}"
    try:
        return parse(VersionManifest, json.loads(store.read(path)))
    except ValueError as error:
        raise InputError(f"{store.uri(path)} is not JSON: {error}") from error


def newest_version(store: ObjectStore) -> PublishedVersion | None:
    """The highest whole version that Slipway published; None when there is none."""
    for number in reversed(version_numbers(store.names(""))):
        if _whole(store, number):
            return _line(store, number)
    return None


def kept_versions(store: ObjectStore) -> list[PublishedVersion]:
    """Every whole version that Slipway published, oldest first.

    Versions never change once they are whole, so the record is believed about all but the newest, which spares a
    request for each of them.
    """
    recorded = _recorded(store)
    numbers = version_numbers(store.names(""))
    lines = []
    for number in numbers:
        if number in recorded and number != numbers[-1]:
            lines.append(recorded[number])
        elif _whole(store, number):
            lines.append(_line(store, number))
    return lines


def write_record(store: ObjectStore, model_name: str) -> PublishRecord:
    """Bring the record up to date and give it; nothing is written when it already is.

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
    """Remove all but the ``keep`` newest versions, the latest and the one to go back to; the numbers removed."""
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


def _whole(store: ObjectStore, number: int) -> bool:
    # The graph is the last file to appear in an object store; a version of somebody else has no manifest.
    return store.exists(f"{number}/{SAVED_MODEL_FILE}") and store.exists(f"{number}/{MANIFEST}")


def _line(store: ObjectStore, number: int) -> PublishedVersion:
    manifest = read_manifest(store, number)
    return PublishedVersion(
        version=number,
        digest=manifest.digest,
        bytes=sum(file.bytes for file in manifest.files),
        previous=manifest.previous,
        restored_from=manifest.restored_from,
    )
