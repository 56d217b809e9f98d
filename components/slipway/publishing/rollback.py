"""Go back to an earlier version of a model."""

import logging

from slipway.contracts.errors import InputError, TransientError
from slipway.contracts.published_models import PushedVersion, model_address
from slipway.publishing.contents import published_contents
from slipway.publishing.placing import place_version
from slipway.publishing.versions import kept_versions, read_manifest, write_record
from slipway.storage.object_store import local_copy, open_store

logger = logging.getLogger(__name__)


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
    store = open_store(model_address(destination, model_name))
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
        number = place_version(store, contents.sources, manifest, newest)
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
