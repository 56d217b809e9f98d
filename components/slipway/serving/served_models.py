"""Models by their address, wherever they lie."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExampleSpec
from slipway.contracts.latest import LATEST
from slipway.contracts.models import ModelCard, ModelFolder
from slipway.contracts.published_models import SAVED_MODEL_FILE, VersionFolder
from slipway.publishing.versions import newest_number, resolved_version
from slipway.storage.local_store import LocalStore
from slipway.storage.object_store import local_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that predicts: where it came from, its SavedModel, and what it reads and predicts."""

    uri: str
    saved_model: Path
    spec: ExampleSpec


def served_model(folder: Path, uri: str) -> ServedModel:
    """Return the model in a folder: a pushed version, or the output of a training.

    Args:
        folder: where it lies now.
        uri: the caller's name for it.

    Raises:
        InputError: it holds neither.
    """
    trained, version = ModelFolder(folder), VersionFolder(folder)
    if trained.card_path.is_file():
        return ServedModel(uri=uri, saved_model=trained.saved_model, spec=trained.card().spec)
    if (folder / SAVED_MODEL_FILE).is_file() and version.card_path.is_file():
        card = read_document(ModelCard, version.card_path)
        return ServedModel(uri=uri, saved_model=folder, spec=card.spec)
    wanted = f"{SAVED_MODEL_FILE} and {version.card_path.relative_to(folder)}"
    newest, address = newest_number(LocalStore(folder)), uri.rstrip("/")
    hint = f"; it holds versions: give {address}/{newest} or {address}/{LATEST}" if newest else ""
    raise InputError(f"{uri} should be a pushed version's folder, with {wanted}{hint}")


@contextmanager
def opened_model(uri: str) -> Iterator[ServedModel | None]:
    """Yield the pushed version, or a training's output, at ``uri``; a remote one is copied until the block ends.

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
