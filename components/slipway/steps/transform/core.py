"""Fit the preprocessing on the train split, save it as a graph, and let that graph transform every split."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, FeatureKind, Problem, TransformFolder
from slipway.contracts.tables import SPLITS, TRAIN, TableFolder
from slipway.contracts.validations import SchemaFolder
from slipway.features.encoding import FeaturePlan
from slipway.features.kinds import ColumnProfile
from slipway.features.labels import label_ids
from slipway.features.schema_kinds import stated_kinds
from slipway.features.tensors import RawTensors, raw_tensors
from slipway.serving.saved_model import write_saved_model
from slipway.steps.transform.config import TransformConfig
from slipway.steps.transform.counting import (
    ANALYZERS,
    CountedAs,
    blocks_of,
    canonical_type,
    count_columns,
    profile_columns,
)
from slipway.steps.transform.fitting import buckets_beside_scaled_numbers, fit_column, split_plans
from slipway.steps.transform.graph import Preprocessing
from slipway.steps.transform.inference import Reading, read_kinds
from slipway.steps.transform.labels import LabelFinding, infer_label
from slipway.steps.transform.plan import ExcludedColumn, TransformPlan
from slipway.steps.transform.summary import describe
from slipway.storage.folders import atomic_folder
from slipway.tables.parquet_columns import read_batches
from slipway.tables.prefetch import prefetch
from slipway.training.examples import labels_dtype, write_examples

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What transform reads.

    Attributes:
        examples: a table folder; only its train split is fitted on.
        schema: a schema folder; says of which kind columns are.
        workspace: a folder that does not exist, on the file system of the outputs; large results are staged there.
    """

    examples: Path
    schema: Path
    workspace: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where transform writes: a TransformFolder, an ExamplesFolder, and Markdown for people."""

    transform_graph: Path
    transformed_examples: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was done.

    Attributes:
        plan: everything that was inferred and fitted.
        spec: the form of the examples.
        rows: examples, by split.
        dropped: rows without a known label, by split.
        workspace: holds ``graph`` and ``examples`` until they are written.
    """

    plan: TransformPlan
    spec: ExampleSpec
    rows: dict[str, int]
    dropped: dict[str, int]
    workspace: Path

    @property
    def metrics(self) -> dict[str, float]:
        """Scalars for the UI; ``classes`` is 0 for regression."""
        figures = {
            "features": len(self.spec.features),
            "dense_width": len(self.spec.dense),
            "id_columns": len(self.spec.ids),
            "classes": len(self.spec.label.classes),
            **{f"{split}_rows": rows for split, rows in self.rows.items()},
            "dropped_rows": sum(self.dropped.values()),
        }
        return {name: float(value) for name, value in figures.items()}

    @property
    def facts(self) -> dict[str, float]:
        """What the examples' artifact says of itself."""
        return self.metrics


def run(inputs: Inputs, config: TransformConfig) -> Result:
    """Fit the preprocessing, save it, and apply what was saved to every split.

    Raises:
        InputError: ``config`` names what the table does not have, or a folder is not what it should be.
        DataError: the label or the columns cannot be learned from.
    """
    table = TableFolder(inputs.examples)
    plan = make_plan(table, read_schema(SchemaFolder(inputs.schema)), config)
    module = Preprocessing(plan.features)
    spec = module.spec(plan.features, plan.label)
    rows, dropped = {}, {}
    with _staged(inputs.workspace):
        graph, examples = _graph_in(inputs.workspace), _examples_in(inputs.workspace)
        write_saved_model(module, graph.saved_model, {})
        write_document(plan, graph.plan_path)
        write_document(spec, graph.spec_path)
        # What is applied is what was saved, so that examples cannot differ from what a server will compute.
        saved = tf.saved_model.load(str(graph.saved_model))
        for split in SPLITS:
            path = examples.file(split, config.examples_format)
            rows[split], dropped[split] = _transform_split(table, split, saved, spec, path, config.batch_rows)
            logger.info("%s: %d examples, %d rows without a known label", split, rows[split], dropped[split])
        write_document(spec, examples.spec_path)
    return Result(plan=plan, spec=spec, rows=rows, dropped=dropped, workspace=inputs.workspace)


def write(result: Result, outputs: Outputs) -> None:
    """Move the graph and the examples from the workspace into place, and write the summary; the workspace is gone."""
    for staged, root in (
        (_graph_in(result.workspace).root, outputs.transform_graph),
        (_examples_in(result.workspace).root, outputs.transformed_examples),
    ):
        with atomic_folder(root) as folder:
            for item in staged.iterdir():
                shutil.move(item, folder / item.name)
    outputs.summary.write_text(describe(result), encoding="utf-8")
    shutil.rmtree(result.workspace)


def read_schema(folder: SchemaFolder) -> schema_pb2.Schema:
    """Return the schema proto.

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
    """Return everything inferred and fitted, from the train split alone, in memory that its rows do not change.

    Raises:
        InputError: ``config`` names what the table does not have.
        DataError: the label or the columns cannot be learned from.
    """
    manifest, files = table.manifest(), table.files(TRAIN)
    rows = manifest.rows(TRAIN)
    if not rows:
        raise DataError("the train split has no row; there is nothing to fit on")
    readings = read_kinds(
        manifest.columns,
        schema,
        config,
        lambda names: profile_columns(files, rows, names),
        sum(manifest.rows(split) for split in SPLITS),
    )
    label = _find_label(files, rows, schema, config)
    if config.scaled_buckets is None:
        numbers = sum(reading.kind is FeatureKind.NUMERIC for reading in readings)
        config = replace(config, scaled_buckets=buckets_beside_scaled_numbers(numbers, rows))
    features, excluded = split_plans(_fit_columns(files, readings, config))
    return TransformPlan(
        label=label.label,
        label_why=label.why,
        class_counts=label.counts,
        features=features,
        excluded=excluded,
        train_rows=rows,
    )


def _find_label(files: Sequence[Path], rows: int, schema: schema_pb2.Schema, config: TransformConfig) -> LabelFinding:

    def profile() -> ColumnProfile:
        found = profile_columns(files, rows, [config.label])[config.label]
        assert found is not None
        return found

    return infer_label(
        canonical_type(pq.read_schema(files[0]), config.label),
        profile,
        stated_kinds(schema).get(config.label),
        lambda accumulator: count_columns(files, {config.label: accumulator})[config.label],
        config,
    )


def _fit_columns(
    files: Sequence[Path], readings: Sequence[Reading], config: TransformConfig
) -> list[FeaturePlan | ExcludedColumn]:
    """Return the plan of each column, in the order of the table; some columns are counted at a time."""
    found: dict[str, FeaturePlan | ExcludedColumn] = {}
    for block in blocks_of([reading for reading in readings if reading.kind is not None]):
        analyzers = {read.name: CountedAs(ANALYZERS[read.kind](read.name), read.why) for read in block}
        counted = count_columns(files, analyzers)
        found |= {reading.name: fit_column(reading, counted[reading.name], config) for reading in block}
    return [found.get(reading.name) or ExcludedColumn(name=reading.name, why=reading.why) for reading in readings]


def _graph_in(workspace: Path) -> TransformFolder:
    return TransformFolder(workspace / "graph")


def _examples_in(workspace: Path) -> ExamplesFolder:
    return ExamplesFolder(workspace / "examples")


@contextmanager
def _staged(workspace: Path) -> Iterator[None]:
    """Make the workspace, and remove it when the block fails."""
    shutil.rmtree(workspace, ignore_errors=True)
    for folder in (_graph_in(workspace).root, _examples_in(workspace).root):
        folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        shutil.rmtree(workspace, ignore_errors=True)
        raise


def _transform_split(
    table: TableFolder, split: str, saved: Any, spec: ExampleSpec, path: Path, batch_rows: int
) -> tuple[int, int]:
    """Write the examples of a split; return how many there are and how many rows had no known label."""
    total = table.manifest().rows(split)
    columns = [*(feature.name for feature in spec.features), spec.label.name]
    scratch = path.parent.with_name("scratch")
    scratch.mkdir()
    inputs = {
        each.name: _scratch(scratch, each.name, np.dtype(each.dtype), (total, each.width)) for each in spec.inputs
    }
    labels = np.empty(total, labels_dtype(spec))
    end = 0
    with closing(prefetch(_known_rows(read_batches(table.files(split), columns, batch_rows), spec))) as batches:
        for raw, known in batches:
            result = saved.transform(raw)
            start, end = end, end + len(known)
            for name, values in inputs.items():
                values[start:end] = result[name]
            labels[start:end] = known
    write_examples(path, spec, {name: values[:end] for name, values in inputs.items()}, labels[:end])
    shutil.rmtree(scratch)
    return end, total - end


def _known_rows(batches: Iterator[pa.Table], spec: ExampleSpec) -> Iterator[tuple[RawTensors, np.ndarray]]:
    """Yield raw features and labels of the rows whose label is known."""
    for batch in batches:
        known, labels = _known_labels(batch.column(spec.label.name), spec)
        yield raw_tensors(batch if known.all() else batch.filter(pa.array(known)), spec.features), labels


def _known_labels(column: pa.ChunkedArray, spec: ExampleSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows have a known label, and the labels of those as examples hold them."""
    labels = label_ids(column, spec.label)
    if spec.label.problem is not Problem.REGRESSION:
        known = labels >= 0
        return known, labels[known]
    known = np.isfinite(labels)
    return known, ((labels[known].astype(np.float64) - spec.label.mean) / spec.label.standard_deviation)


def _scratch(folder: Path, name: str, dtype: np.dtype[Any], shape: Sequence[int]) -> np.ndarray:
    """Return a matrix backed by a file, so that a split may be larger than memory."""
    if not all(shape):
        return np.empty(shape, dtype)
    return np.memmap(folder / name, dtype, "w+", shape=tuple(shape))
