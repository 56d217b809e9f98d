"""The previously pushed model, asked about the same examples."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.adapters.latest_version import resolved_version
from slipway.adapters.object_store import local_copy
from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.features import ExampleSpec, Label, Problem
from slipway.contracts.models import ModelCard, ModelFolder
from slipway.contracts.published_models import SAVED_MODEL_FILE, VersionFolder
from slipway.modeling.raw_examples import raw_tensors
from slipway.modeling.saved_model import predict_raw

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Baseline:
    """A model to compare with: where it came from, its SavedModel, and what it reads and predicts."""

    uri: str
    saved_model: Path
    spec: ExampleSpec


class IncomparableError(Exception):
    """The baseline cannot be asked about these examples; the message says why. Caught within this step."""


@contextmanager
def opened_baseline(uri: str) -> Iterator[Baseline | None]:
    """The pushed version at ``uri``; a remote one is copied until the block ends.

    None for an empty address, and for ``<destination>/<model_name>/latest`` while nothing is published there.

    Raises:
        InputError: there is nothing, or no model that Slipway pushed.
        TransientError: the store did not answer.
    """
    uri = resolved_version(uri)
    if not uri:
        yield None
        return
    with local_copy(uri) as folder:
        trained = ModelFolder(folder)
        if trained.card_path.is_file():  # a training's output, for who has pushed nothing yet
            yield Baseline(uri, trained.saved_model, trained.card().spec)
            return
        version = VersionFolder(folder)
        if not (folder / SAVED_MODEL_FILE).is_file() or not version.card_path.is_file():
            card = version.card_path.relative_to(folder)
            raise InputError(
                f"baseline_uri {uri} should be a pushed version's folder, with {SAVED_MODEL_FILE} and {card}"
            )
        yield Baseline(uri, folder, read_document(ModelCard, version.card_path).spec)


def baseline_predictions(baseline: Baseline, table: pa.Table, label: Label, batch_size: int) -> NDArray[Any]:
    """What the baseline predicts for ``table``, with the classes in the order of ``label``.

    Raises:
        IncomparableError: it predicts another label, lacks a column, or cannot read one.
    """
    theirs = baseline.spec.label
    if (theirs.name, theirs.problem) != (label.name, label.problem):
        raise IncomparableError(f"it predicts {theirs.name!r} ({theirs.problem}), not {label.name!r} ({label.problem})")
    if set(theirs.classes) != set(label.classes):
        raise IncomparableError(f"its classes are {list(theirs.classes)}, not {list(label.classes)}")
    missing = [feature.name for feature in baseline.spec.features if feature.name not in table.column_names]
    if missing:
        raise IncomparableError(f"it reads column {missing[0]!r}, which these examples do not have")
    try:
        raw = raw_tensors(table, baseline.spec.features)
        predictions = predict_raw(baseline.saved_model, raw, baseline.spec, batch_size)
    except InputError as error:
        raise IncomparableError(str(error)) from error
    _LOG.info("the baseline %s predicted %d examples", baseline.uri, len(predictions))
    if not np.isfinite(predictions).all():
        raise IncomparableError("it predicts NaN or infinity for some of these examples")
    if label.problem is Problem.REGRESSION:
        return predictions
    return predictions[:, [theirs.classes.index(name) for name in label.classes]]
