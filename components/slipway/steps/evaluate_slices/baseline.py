"""What the previously pushed model predicts for the same examples."""

import logging
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Label, Problem
from slipway.features.tensors import raw_tensors
from slipway.serving.saved_model import predict_raw
from slipway.serving.served_models import ServedModel

logger = logging.getLogger(__name__)


class IncomparableError(Exception):
    """The baseline cannot predict these examples; the message says why. Caught within this step."""


def baseline_predictions(baseline: ServedModel, table: pa.Table, label: Label, batch_size: int) -> NDArray[Any]:
    """Return what the baseline predicts for ``table``, with the classes in the order of ``label``.

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
    logger.info("the baseline %s predicted %d examples", baseline.uri, len(predictions))
    if not np.isfinite(predictions).all():
        raise IncomparableError("it predicts NaN or infinity for some of these examples")
    if label.problem is Problem.REGRESSION:
        return predictions
    return predictions[:, [theirs.classes.index(name) for name in label.classes]]
