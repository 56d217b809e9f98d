"""Fit the preprocessing on the train split, save it as a graph, and let that graph transform every split."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, FeatureKind, Problem, TransformFolder
from slipway.contracts.tables import SPLITS, TRAIN, TableFolder
from slipway.contracts.validations import SchemaFolder
from slipway.features.labels import label_ids
from slipway.features.tensors import RawTensors, raw_tensors
from slipway.serving.saved_model import write_saved_model
from slipway.steps.transform.analyzers import buckets_beside_scaled_numbers
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.fitting import fit_column, split_plans
from slipway.steps.transform.graph import Preprocessing
from slipway.steps.transform.inference import read_kinds
from slipway.steps.transform.labels import infer_label
from slipway.steps.transform.plan import TransformPlan
from slipway.storage.folders import atomic_folder
from slipway.tables.parquet_columns import read_batches, read_columns
from slipway.tables.prefetch import prefetch
from slipway.training.examples import label_dtype, write_examples

logger = logging.getLogger(__name__)
_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformed:
    """What was done.

    Attributes:
        plan: everything that was inferred and fitted.
        spec: the form of the examples.
        rows: examples written, by split.
        dropped: rows without a known label, by split.
    """

    plan: TransformPlan
    spec: ExampleSpec
    rows: dict[str, int]
    dropped: dict[str, int]


def transform(
    table: TableFolder,
    schema: SchemaFolder,
    graph: TransformFolder,
    examples: ExamplesFolder,
    config: TransformConfig,
) -> Transformed:
    """Fit, save and apply the preprocessing.

    Args:
        table: raw rows; only the train split is fitted on.
        schema: kinds of the columns.
        graph: where the preprocessing goes.
        examples: where the transformed examples go.
        config: what was asked for.

    Raises:
        InputError: ``config`` names what the table does not have, or a folder is not what it should be.
        DataError: the label or the columns cannot be learned from.
    """
    plan = make_plan(table, read_schema(schema), config)
    module = Preprocessing(plan.features)
    spec = module.spec(plan.features, plan.label)
    with atomic_folder(graph.root) as root:
        folder = TransformFolder(root)
        write_saved_model(module, folder.saved_model, {})
        write_document(plan, folder.plan_path)
        write_document(spec, folder.spec_path)
    # What is applied is what was saved, so that examples cannot differ from what a server will compute.
    saved = tf.saved_model.load(str(graph.saved_model))
    rows, dropped = {}, {}
    with atomic_folder(examples.root) as root:
        folder_of_examples = ExamplesFolder(root)
        for split in SPLITS:
            path = folder_of_examples.file(split, config.examples_format)
            rows[split], dropped[split] = _transform_split(table, split, saved, spec, path, config.batch_rows)
            logger.info("%s: %d examples, %d rows without a known label", split, rows[split], dropped[split])
        write_document(spec, folder_of_examples.spec_path)
    return Transformed(plan=plan, spec=spec, rows=rows, dropped=dropped)


def read_schema(folder: SchemaFolder) -> schema_pb2.Schema:
    """The schema proto.

    Raises:
        InputError: there is none, or it cannot be parsed.
    """
    try:
        return text_format.Parse(folder.schema_path.read_text(encoding="utf-8"), schema_pb2.Schema())
    except FileNotFoundError:
        raise InputError(f"{folder.schema_path} is missing; it should hold a TensorFlow Metadata schema") from None
    except text_format.ParseError as error:
        raise InputError(f"{folder.schema_path} is no TensorFlow Metadata schema: {error}") from error


def make_plan(table: TableFolder, schema: schema_pb2.Schema, config: TransformConfig) -> TransformPlan:
    """Everything inferred and fitted, from the train split alone.

    Raises:
        InputError: ``config`` names what the table does not have.
        DataError: the label or the columns cannot be learned from.
    """
    manifest = table.manifest()
    files = table.files(TRAIN)
    rows = manifest.rows(TRAIN)
    if not rows:
        raise DataError("the train split has no row; there is nothing to fit on")

    def values(name: str) -> pa.ChunkedArray:
        # One column at a time: memory holds a few columns, not the split.
        return read_columns(files, [name]).column(0)

    readings = read_kinds(manifest.columns, schema, config, values)
    label = infer_label(values(config.label), config)
    if config.scaled_buckets is None:
        numbers = sum(reading.kind is FeatureKind.NUMERIC for reading in readings)
        config = replace(config, scaled_buckets=buckets_beside_scaled_numbers(numbers, rows))
    # Arrow, NumPy and TensorFlow release the interpreter lock where they work.
    with ThreadPoolExecutor(_THREADS) as pool:
        columns = list(pool.map(lambda reading: fit_column(reading, values, config), readings))
    features, excluded = split_plans(columns)
    return TransformPlan(
        label=label.label,
        label_why=label.why,
        class_counts=label.counts,
        features=features,
        excluded=excluded,
        train_rows=rows,
    )


def _transform_split(
    table: TableFolder, split: str, saved: Any, spec: ExampleSpec, path: Path, batch_rows: int
) -> tuple[int, int]:
    """Write the examples of a split; gives how many there are and how many rows had no known label."""
    total = table.manifest().rows(split)
    columns = [*(feature.name for feature in spec.features), spec.label.name]
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        dense = _scratch(Path(scratch), "dense", np.float32, (total, len(spec.dense)))
        ids = _scratch(Path(scratch), "ids", np.int32, (total, len(spec.ids)))
        label = np.empty(total, label_dtype(spec))
        end = 0
        batches = prefetch(_known_rows(read_batches(table.files(split), columns, batch_rows), spec))
        with closing(batches):
            for raw, values in batches:
                result = saved.transform(raw)
                start, end = end, end + len(values)
                dense[start:end], ids[start:end], label[start:end] = result["dense"], result["ids"], values
        write_examples(path, spec, dense[:end], ids[:end], label[:end])
    return end, total - end


def _known_rows(batches: Iterator[pa.Table], spec: ExampleSpec) -> Iterator[tuple[RawTensors, np.ndarray]]:
    """Raw features and labels of the rows whose label is known."""
    for batch in batches:
        known, values = _labels(batch.column(spec.label.name), spec)
        yield raw_tensors(batch if known.all() else batch.filter(pa.array(known)), spec.features), values


def _labels(column: pa.ChunkedArray, spec: ExampleSpec) -> tuple[np.ndarray, np.ndarray]:
    """Which rows have a known label, and the labels of those as examples hold them."""
    values = label_ids(column, spec.label)
    if spec.label.problem is not Problem.REGRESSION:
        known = values >= 0
        return known, values[known]
    known = np.isfinite(values)
    return known, ((values[known].astype(np.float64) - spec.label.mean) / spec.label.standard_deviation)


def _scratch(folder: Path, name: str, dtype: type[np.generic], shape: Sequence[int]) -> np.ndarray:
    """A matrix backed by a file, so that a split may be larger than memory."""
    if not all(shape):
        return np.empty(shape, dtype)
    return np.memmap(folder / name, dtype, "w+", shape=tuple(shape))
