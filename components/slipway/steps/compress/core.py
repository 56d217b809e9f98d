"""Convert a trained network to LiteRT, measure every variant, and choose one."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tf_keras

from slipway.contracts.compressions import CompressedFolder, Compression, Variant
from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, Label, Problem
from slipway.contracts.models import ModelFolder
from slipway.contracts.tables import TEST, TRAIN
from slipway.metrics.computing import evaluate_predictions
from slipway.steps.compress.choice import choose, deciding_metric
from slipway.steps.compress.config import CompressConfig
from slipway.steps.compress.conversion import FLOAT, Conversion, evenly_spaced, features_of
from slipway.steps.compress.litert import LiteRtModel, median_latencies
from slipway.steps.compress.report import render_report, render_summary
from slipway.storage.folders import atomic_folder
from slipway.training.examples import Examples, read_examples

logger = logging.getLogger(__name__)
_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Compressed:
    """What compress found, as the shell hands it on.

    Attributes:
        figures: what goes into ``metrics``.
        metadata: what goes onto ``compressed_model``.
    """

    compression: Compression
    figures: dict[str, float | bool]
    metadata: dict[str, str | bool]

    @property
    def passed(self) -> bool:
        """Whether a compressed variant is good enough."""
        return self.compression.verdict.passed


def compress_model(
    examples: ExamplesFolder,
    model: ModelFolder,
    config: CompressConfig,
    *,
    compressed: Path,
    report: Path,
    summary: Path,
) -> Compressed:
    """Write the compressed variants of a model, and what they cost and save.

    Args:
        examples: those the model was trained with; int8 is calibrated on train, everything is measured on test.
        model: its network is compressed.
        config: variants and bounds.
        compressed: the CompressedFolder to make.
        report: the HTML file to write.
        summary: the Markdown file to write.

    Raises:
        InputError: the model was trained on examples of another form, or the deciding metric does not exist.
        DataError: there is no test example with a known label, or none to calibrate with.
    """
    spec = model.card().spec
    if spec != examples.spec():
        raise InputError(f"{model.root} was trained on examples of another form than {examples.root} holds")
    deciding_metric(config, spec.label)  # before the work
    train, test = read_examples(examples, TRAIN), read_examples(examples, TEST)
    if not train.rows or not test.rows:
        raise DataError(f"{examples.root} has {train.rows} train and {test.rows} test examples; both are needed")
    network = tf_keras.models.load_model(model.network, compile=False)
    calibration = evenly_spaced(train, config.calibration_examples)
    with Conversion(network, calibration) as conversion, atomic_folder(compressed) as folder:
        variants = _write_variants(conversion, test, spec.label, config, CompressedFolder(folder))
        found = choose(variants[0], variants[1:], spec.label, config)
        _write_choice(found, CompressedFolder(folder))
    saved_model_bytes = sum(path.stat().st_size for path in model.saved_model.rglob("*") if path.is_file())
    for path, text in (
        (report, render_report(found, spec.label, test.rows, saved_model_bytes)),
        (summary, render_summary(found, spec.label, test.rows)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    logger.info("chose %s of %s", found.chosen or "none", ", ".join(variant.name for variant in variants[1:]))
    metadata: dict[str, str | bool] = {"passed": found.verdict.passed, "chosen": found.chosen}
    return Compressed(compression=found, figures=_figures(found), metadata=metadata)


def predictions(label: Label, outputs: np.ndarray) -> np.ndarray:
    """What the network gives as evaluate-slices takes it: probabilities (rows, classes), or values in the label's unit.

    Args:
        label: what is predicted.
        outputs: shape (rows, 1), or (rows, classes) for a multiclass label.
    """
    if label.problem is Problem.BINARY:
        return np.concatenate([1 - outputs, outputs], axis=1)
    if label.problem is Problem.REGRESSION:
        return np.asarray(outputs[:, 0] * label.standard_deviation + label.mean)
    return outputs


def _write_variants(
    conversion: Conversion, test: Examples, label: Label, config: CompressConfig, folder: CompressedFolder
) -> list[Variant]:
    """Convert and measure; ``float`` is first."""
    features = features_of(test, slice(None))
    truth = test.label if label.problem is not Problem.REGRESSION else _in_unit(test.label, label)
    own = predictions(label, _network_outputs(conversion, test))
    names = (FLOAT, *config.variants)
    models, metrics, differences = [], [], []
    for name in names:
        content = conversion.convert(name)
        folder.variant_path(name).write_bytes(content)
        model = LiteRtModel(content)
        given = predictions(label, model.predict(features, _BATCH_ROWS))
        models.append(model)
        metrics.append(evaluate_predictions(label, truth, own if name == FLOAT else given))
        differences.append(float(np.abs(given - own).max()))
    example = features_of(test, slice(0, 1))
    latencies = median_latencies([model.single(example) for model in models], config.latency_runs)
    return [
        Variant(
            name=name,
            file=folder.variant_path(name).name,
            bytes=folder.variant_path(name).stat().st_size,
            metrics=metrics[index],
            latency_milliseconds=latencies[index],
            accepted=True,
            largest_difference=differences[index],
            inputs=models[index].inputs,
            outputs=models[index].outputs,
        )
        for index, name in enumerate(names)
    ]


def _network_outputs(conversion: Conversion, test: Examples) -> np.ndarray:
    starts = range(0, test.rows, _BATCH_ROWS)
    return np.concatenate([conversion.predict(features_of(test, slice(at, at + _BATCH_ROWS))) for at in starts])


def _in_unit(standardized: np.ndarray, label: Label) -> np.ndarray:
    return np.asarray(standardized.astype(np.float64) * label.standard_deviation + label.mean)


def _write_choice(found: Compression, folder: CompressedFolder) -> None:
    if found.chosen:
        folder.chosen_path.write_bytes(folder.variant_path(found.chosen).read_bytes())
    write_document(found, folder.compression_path)


def _figures(found: Compression) -> dict[str, float | bool]:
    before = found.variants[0]
    figures: dict[str, float | bool] = {"passed": found.verdict.passed}
    for name, variant in (("float", before), ("chosen", _chosen(found))):
        if variant is not None:
            figures[f"bytes_{name}"] = float(variant.bytes)
            figures[f"latency_milliseconds_{name}"] = variant.latency_milliseconds
            figures[f"{found.metric}_{name}"] = variant.metrics[found.metric]
    chosen = _chosen(found)
    if chosen is not None:
        figures["compression_ratio"] = before.bytes / chosen.bytes
    return figures


def _chosen(found: Compression) -> Variant | None:
    return next((variant for variant in found.variants if variant.name == found.chosen), None)
