"""The rows of a split with what the model, and the baseline, predict for them."""

import logging
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from slipway.contracts.errors import DataError
from slipway.contracts.examples import ExampleSpec, Label
from slipway.contracts.models import ModelFolder
from slipway.contracts.tables import Manifest, TableFolder
from slipway.contracts.verdicts import Verdict
from slipway.features.labels import label_ids
from slipway.features.tensors import raw_tensors
from slipway.metrics.computing import known_rows
from slipway.metrics.prediction_counts import finite_rows
from slipway.metrics.slices import SliceOptions, Slicing, columns_to_slice, make_slicings
from slipway.serving.saved_model import predict_raw
from slipway.serving.served_models import ServedModel
from slipway.steps.evaluate_slices.baseline import IncomparableError, baseline_predictions
from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
from slipway.tables.parquet_columns import read_columns

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Predicted:
    """Rows with a known label and a finite prediction, ready to be scored.

    Attributes:
        label: what is predicted.
        truth: class ids or values, shape (n,); n may be 0 when no prediction is finite.
        predictions: probabilities (n, classes) or values (n,).
        slicings: which rows belong to which slice.
        baseline: the previously pushed model's predictions, as ``predictions``; None when there are none.
        found: what already speaks against the model, and what was left out.
    """

    label: Label
    truth: NDArray[Any]
    predictions: NDArray[Any]
    slicings: list[Slicing]
    baseline: NDArray[Any] | None
    found: Verdict


def predict(
    examples: TableFolder, model: ModelFolder, baseline: ServedModel | None, config: EvaluateSlicesConfig
) -> Predicted:
    """Read the split, predict its rows by both models and assign them to slices.

    Raises:
        InputError: a slice names no column.
        DataError: the split is empty, holds no known label, or lacks a column.
    """
    spec = model.card().spec
    manifest = examples.manifest()
    table, truth, warnings = _labelled_rows(examples, manifest, spec, baseline, config)
    predictions = predict_raw(model.saved_model, raw_tensors(table, spec.features), spec, config.batch_size)
    logger.info("predicted %d rows of the %s split", len(predictions), config.split)
    reasons: list[str] = []
    theirs = None
    if baseline:
        try:
            theirs = baseline_predictions(baseline, table, spec.label, config.batch_size)
        except IncomparableError as error:
            told = f"the baseline {baseline.uri} cannot be compared with: {error}"
            (reasons if config.incomparable_baseline == "refuse" else warnings).append(told)
    finite = finite_rows(predictions)
    if not finite.all():
        reasons.append(f"the model predicts NaN or infinity for {int((~finite).sum())} of {len(truth)} rows")
        table, truth, predictions = table.filter(pa.array(finite)), truth[finite], predictions[finite]
        theirs = theirs[finite] if theirs is not None else None
    slicings = make_slicings(table, manifest.columns, spec, slice_options(config))
    found = Verdict(reasons=tuple(reasons), warnings=tuple(warnings))
    return Predicted(spec.label, truth, predictions, slicings, theirs, found)


def slice_options(config: EvaluateSlicesConfig) -> SliceOptions:
    """Return what the settings say about slices."""
    return SliceOptions(
        slices=config.slices,
        fairness_features=config.fairness_features,
        automatic_slices=config.automatic_slices,
        max_slice_values=config.max_slice_values,
        numeric_buckets=config.numeric_buckets,
        min_slice_examples=config.min_slice_examples,
    )


def _labelled_rows(
    examples: TableFolder,
    manifest: Manifest,
    spec: ExampleSpec,
    baseline: ServedModel | None,
    config: EvaluateSlicesConfig,
) -> tuple[pa.Table, NDArray[Any], list[str]]:
    """Return the rows whose label is known, those labels, and a warning about the others."""
    if not manifest.rows(config.split):
        held = ", ".join(f"{split} {manifest.rows(split)}" for split in manifest.splits)
        raise DataError(
            f"the {config.split} split is empty, so there is nothing to evaluate on; rows: {held or 'none'}"
        )
    table = read_columns(examples.files(config.split), _columns(manifest, spec, baseline, config))
    truth = label_ids(table.column(spec.label.name), spec.label)
    known = known_rows(spec.label, truth)
    if known.all():
        return table, truth, []
    if not known.any():
        raise DataError(f"no row of the {config.split} split has a known value of label {spec.label.name!r}")
    left_out = len(known) - int(known.sum())
    warning = f"{left_out} of {len(known)} rows are left out: their label is missing or of an unknown class"
    return table.filter(pa.array(known)), truth[known], [warning]


def _columns(
    manifest: Manifest, spec: ExampleSpec, baseline: ServedModel | None, config: EvaluateSlicesConfig
) -> list[str]:
    """Return the columns to read, in the order of the table; those it lacks come last and are refused by name."""
    names = [column.name for column in manifest.columns]
    needed = {spec.label.name, *(feature.name for feature in spec.features)}
    useful = set(columns_to_slice(manifest.columns, spec, slice_options(config)))
    if baseline:
        useful |= {feature.name for feature in baseline.spec.features} & set(names)
    return [name for name in names if name in needed | useful] + sorted(needed - set(names))
