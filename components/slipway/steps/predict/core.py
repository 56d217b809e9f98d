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
from slipway.contracts.published_models import ServedModel
from slipway.contracts.tables import Manifest, TableFile, TableFolder, table_digest
from slipway.features.tensors import RawTensors, raw_tensors
from slipway.serving.saved_model import Predictor
from slipway.serving.served_models import opened_model
from slipway.steps.predict.columns import Layout, plan_layout, with_predictions
from slipway.steps.predict.config import PredictConfig
from slipway.steps.predict.tally import Counts, Tally
from slipway.storage.folders import atomic_folder
from slipway.tables.parquet_columns import read_batches
from slipway.tables.prefetch import prefetch
from slipway.tables.row_groups import row_bytes
from slipway.tables.split_files import SplitWriter, WriteQueue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What was written.

    Attributes:
        model_uri: the model that was asked.
        label: what it predicts.
        layout: the columns of the result.
        manifest: the files of the result.
        counts: figures over all rows.
    """

    model_uri: str
    label: Label
    layout: Layout
    manifest: Manifest
    counts: Counts


@contextmanager
def chosen_model(model: str | None, model_uri: str) -> Iterator[ServedModel]:
    """The model that the caller means; a remote one is copied until the block ends.

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
    with opened_model(model or model_uri) as found:
        if found is None:
            raise InputError(f"model_uri {model_uri}: nothing is published there yet")
        yield found


def predict_table(examples: TableFolder, model: ServedModel, config: PredictConfig, root: Path) -> Predicted:
    """Predict the rows of ``examples`` and publish them at ``root`` as a TableFolder with the same splits and order.

    Raises:
        InputError: a split or a column that the config names is not there, or no SavedModel.
        DataError: there is no row, or the table lacks a column that the model reads or has it with another type.
    """
    manifest, label = examples.manifest(), model.spec.label
    splits = _chosen_splits(manifest, config)
    layout = plan_layout(manifest.columns, model.spec, config)
    predictor, tally = Predictor(model.saved_model, model.spec), Tally(label)
    with atomic_folder(root) as folder, WriteQueue() as queue:
        work = _Work(model.spec, layout, predictor, tally, config.batch_size)
        files = {split: work.write(examples.files(split), folder, split, queue) for split in splits}
        written = Manifest(
            splits=files,
            columns=layout.columns,
            source=manifest.source,
            digest=table_digest(layout.columns, files),
        )
        write_document(written, TableFolder(folder).manifest_path)
    counts = tally.counts()
    logger.info("predicted %d rows of %s by %s", counts.rows, ", ".join(splits), model.uri)
    return Predicted(model_uri=model.uri, label=label, layout=layout, manifest=written, counts=counts)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is done with every split: read, ask, write, each in a thread of its own."""

    spec: ExampleSpec
    layout: Layout
    predictor: Predictor
    tally: Tally
    batch_size: int

    def write(self, files: Sequence[Path], folder: Path, split: str, queue: WriteQueue) -> tuple[TableFile, ...]:
        """Predict the rows of a split into ``folder``."""
        with SplitWriter(folder, split, queue) as writer, closing(prefetch(self._batches(files))) as batches:
            for rows, raw in batches:
                predictions = self.predictor.predict(raw)
                self.tally.add(predictions)
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
