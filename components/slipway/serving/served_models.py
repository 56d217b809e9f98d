"""Models by their address, wherever they lie."""

from collections.abc import Iterator
from contextlib import contextmanager

from slipway.contracts.published_models import ServedModel, served_model
from slipway.storage.latest_version import resolved_version
from slipway.storage.object_store import local_copy


@contextmanager
def opened_model(uri: str) -> Iterator[ServedModel | None]:
    """The pushed version, or a training's output, at ``uri``; a remote one is copied until the block ends.

    None for an empty address, and for ``<destination>/<model_name>/latest`` while nothing is published there.

    Raises:
        InputError: there is nothing, or no model that Slipway made.
        TransientError: the store did not answer.
    """
    uri = resolved_version(uri)
    if not uri:
        yield None
        return
    with local_copy(uri) as folder:
        yield served_model(folder, uri)
