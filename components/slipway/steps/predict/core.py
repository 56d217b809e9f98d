"""Predictions for the rows of a table, in bounded memory."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExampleSpec, Label
from slipway.contracts.tables import Manifest, TableFile, TableFolder, table_digest
from slipway.features.tensors import RawTensors, raw_tensors
from slipway.metrics.prediction_counts import Counts, PredictionCounts, State
from slipway.serving.saved_model import Predictor
from slipway.serving.served_models import ServedModel, opened_model
from slipway.steps.predict.columns import Layout, plan_layout, with_predictions
from slipway.steps.predict.config import PredictConfig
from slipway.steps.predict.summary import figures, markdown_summary
from slipway.storage.folders import move_into_place, staging_folder
from slipway.tables.parquet_columns import read_batches
from slipway.tables.prefetch import prefetch
from slipway.tables.row_groups import row_bytes
from slipway.tables.split_files import SplitWriter, WriteQueue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What predict reads.

    Attributes:
        examples: a table folder; the label may be absent.
        model: the output of a training, or a pushed version; None where the config names an address.
        workspace: a folder that does not exist, on the file system of the outputs; predictions are staged there.
    """

    examples: Path
    model: Path | None
    workspace: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where predict writes: a TableFolder, and Markdown for people."""

    predictions: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was predicted.

    Attributes:
        model_uri: the model that predicted.
        label: what it predicts.
        layout: the columns of the result.
        manifest: the files of the result.
        counts: figures over all rows.
        workspace: holds the predictions until they are written.
    """

    model_uri: str
    label: Label
    layout: Layout
    manifest: Manifest
    counts: Counts
    workspace: Path

    @property
    def metrics(self) -> dict[str, float]:
        """Scalars for the metrics artifact; of many classes those that are predicted most."""
        return figures(self.counts, self.label)

    @property
    def facts(self) -> dict[str, str | int]:
        """What the predictions' artifact says of itself."""
        return {"digest": self.manifest.digest, "rows": self.counts.rows, "model_uri": self.model_uri}


def run(inputs: Inputs, config: PredictConfig) -> Result:
    """Predict the rows of a table into the workspace, with the splits and the order of the table.

    Raises:
        InputError: both or neither of model and address are given, there is no model, or a split or a column that the
            config names is not there.
        DataError: there is no row, or the table lacks a column that the model reads or has it with another type.
        TransientError: the store of the model did not answer.
    """
    with chosen_model(inputs.model, config.model_uri) as model:
        return _predict(TableFolder(inputs.examples), model, config, inputs.workspace)


def write(result: Result, outputs: Outputs) -> None:
    """Move the predictions from the workspace into place, and write the summary; the workspace is gone."""
    move_into_place(result.workspace, outputs.predictions)
    outputs.summary.parent.mkdir(parents=True, exist_ok=True)
    outputs.summary.write_text(
        markdown_summary(result.counts, result.label, result.layout, result.manifest, result.model_uri),
        encoding="utf-8",
    )
    result.workspace.rmdir()


@contextmanager
def chosen_model(model: Path | None, model_uri: str) -> Iterator[ServedModel]:
    """Yield the model that the caller means; a remote one is copied until the block ends.

    Args:
        model: folder of a training's output or of a pushed version; None for none.
        model_uri: the address of one, or ``<destination>/<model_name>/latest``; empty for none.

    Raises:
        InputError: both or neither are given, or there is no model.
        TransientError: the store did not answer.
    """
    if bool(model) == bool(model_uri.strip()):
        given = "both are given" if model else "neither is given"
        raise InputError(f"one of model and model_uri says which model predicts; {given}")
    with opened_model(str(model) if model else model_uri) as found:
        if found is None:
            raise InputError(f"model_uri {model_uri}: nothing is published there yet")
        yield found


def _predict(examples: TableFolder, model: ServedModel, config: PredictConfig, workspace: Path) -> Result:
    manifest, label = examples.manifest(), model.spec.label
    splits = _chosen_splits(manifest, config)
    layout = plan_layout(manifest.columns, model.spec, config)
    predictor, counts = Predictor(model.saved_model, model.spec), PredictionCounts(label)
    state = counts.create()
    with staging_folder(workspace) as folder, WriteQueue() as queue:
        work = _Work(model.spec, layout, predictor, counts, state, config.batch_size)
        files = {split: work.write(examples.files(split), folder, split, queue) for split in splits}
        written = Manifest(
            splits=files,
            columns=layout.columns,
            source=manifest.source,
            digest=table_digest(layout.columns, files),
        )
        write_document(written, TableFolder(folder).manifest_path)
    found = counts.extract(state)
    logger.info("predicted %d rows of %s by %s", found.rows, ", ".join(splits), model.uri)
    return Result(model_uri=model.uri, label=label, layout=layout, manifest=written, counts=found, workspace=workspace)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done with every split: read, predict, write, each in a thread of its own."""

    spec: ExampleSpec
    layout: Layout
    predictor: Predictor
    counts: PredictionCounts
    state: State
    batch_size: int

    def write(self, files: Sequence[Path], folder: Path, split: str, queue: WriteQueue) -> tuple[TableFile, ...]:
        """Predict the rows of a split into ``folder``."""
        with SplitWriter(folder, split, queue) as writer, closing(prefetch(self._batches(files))) as batches:
            for rows, raw in batches:
                predictions = self.predictor.predict(raw)
                self.counts.add(self.state, predictions)
                written = with_predictions(rows, predictions, self.layout, self.spec.label)
                writer.add(written, row_bytes(written))
            return writer.close()

    def _batches(self, files: Sequence[Path]) -> Iterator[tuple[pa.RecordBatch, RawTensors]]:
        for table in read_batches(files, self.layout.read, self.batch_size):
            (rows,) = table.combine_chunks().to_batches()
            yield rows, raw_tensors(table, self.spec.features)


def _chosen_splits(manifest: Manifest, config: PredictConfig) -> tuple[str, ...]:
    for split in config.splits:
        if split not in manifest.splits:
            raise InputError(f"the table has no split {split!r}; it has {', '.join(manifest.splits)}")
    splits = tuple(split for split in manifest.splits if not config.splits or split in config.splits)
    if not sum(map(manifest.rows, splits)):
        raise DataError(f"there is no row to predict in {', '.join(splits) or 'the table'}")
    return splits
