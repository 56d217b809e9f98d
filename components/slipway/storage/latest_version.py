"""Addresses that end in ``/latest``: the newest version that is published when they are read."""

from slipway.contracts.latest import LATEST
from slipway.contracts.published_models import MANIFEST, SAVED_MODEL_FILE, version_numbers
from slipway.storage.object_store import open_store


def resolved_version(uri: str) -> str:
    """``uri`` itself, or for ``<destination>/<model_name>/latest`` the address of the newest whole version.

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
    for number in reversed(version_numbers(store.names(""))):
        if store.exists(f"{number}/{MANIFEST}") and store.exists(f"{number}/{SAVED_MODEL_FILE}"):
            return store.uri(str(number))
    return ""
