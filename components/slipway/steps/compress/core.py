"""Convert a trained network to LiteRT, measure every variant, and choose one."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tf_keras

from slipway.compression.choice import Bounds, choose, deciding_metric
from slipway.compression.conversion import Conversion, evenly_spaced, features_of
from slipway.compression.litert import LiteRtModel, median_latencies
from slipway.compression.recipe import RECIPES, UNCOMPRESSED
from slipway.contracts.compressions import CompressedFolder, Compression, Variant
from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, Label, Problem
from slipway.contracts.models import ModelFolder
from slipway.contracts.tables import TEST, TRAIN
from slipway.metrics.computing import evaluate_predictions
from slipway.steps.compress.config import CompressConfig
from slipway.steps.compress.report import render_report, render_summary
from slipway.storage.folders import atomic_folder
from slipway.training.examples import Examples, read_examples

logger = logging.getLogger(__name__)
_BATCH_ROWS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What compress reads.

    Attributes:
        transformed_examples: an examples folder; int8 is calibrated on train, everything is measured on test.
        model: a model folder; its network, without the transform, is compressed.
    """

    transformed_examples: Path
    model: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where compress writes: a CompressedFolder, an HTML page, and Markdown."""

    compressed_model: Path
    report: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found.

    Attributes:
        compression: every variant, the choice and the verdict.
        files: the LiteRT file of each variant, by name.
        label: what is predicted.
        test_rows: examples that the metrics come from.
        saved_model_bytes: what TensorFlow Serving would load, the transform included.
    """

    compression: Compression
    files: dict[str, bytes]
    label: Label
    test_rows: int
    saved_model_bytes: int

    @property
    def passed(self) -> bool:
        """Whether a compressed variant is good enough."""
        return self.compression.verdict.passed

    @property
    def metrics(self) -> dict[str, float | bool]:
        """Scalars for the metrics artifact: before and after, the ratio, and the verdict."""
        return _figures(self.compression)

    @property
    def facts(self) -> dict[str, str | bool]:
        """What the compressed model's artifact says of itself."""
        return {"passed": self.passed, "chosen": self.compression.chosen}


def run(inputs: Inputs, config: CompressConfig) -> Result:
    """Convert a network by every recipe, measure what each costs and saves, and choose one.

    Raises:
        InputError: the model was trained on examples of another form, or the deciding metric does not exist.
        DataError: there is no test example with a known label, or none to calibrate with.
    """
    model, examples = ModelFolder(inputs.model), ExamplesFolder(inputs.transformed_examples)
    spec = model.card().spec
    if spec != examples.spec():
        raise InputError(f"{model.root} was trained on examples of another form than {examples.root} holds")
    bounds = Bounds(
        metric=config.metric,
        allowed_loss=config.allowed_loss,
        max_latency_milliseconds=config.max_latency_milliseconds,
        max_bytes=config.max_bytes,
    )
    deciding_metric(bounds, spec.label)  # before the work
    train, test = read_examples(examples, TRAIN), read_examples(examples, TEST)
    if not train.rows or not test.rows:
        raise DataError(f"{examples.root} has {train.rows} train and {test.rows} test examples; both are needed")
    network = tf_keras.models.load_model(model.network, compile=False)
    with Conversion(network, evenly_spaced(train, config.calibration_examples)) as conversion:
        files = {name: RECIPES.get(name).convert(conversion) for name in (UNCOMPRESSED, *config.variants)}
        variants = _measure(files, _network_outputs(conversion, test), test, spec.label, config.latency_runs)
    found = choose(variants[0], variants[1:], spec.label, bounds)
    logger.info("chose %s of %s", found.chosen or "none", ", ".join(config.variants))
    return Result(
        compression=found,
        files=files,
        label=spec.label,
        test_rows=test.rows,
        saved_model_bytes=sum(path.stat().st_size for path in model.saved_model.rglob("*") if path.is_file()),
    )


def write(result: Result, outputs: Outputs) -> None:
    """Write the file of every variant, the chosen one, the account of them, report and summary."""
    found = result.compression
    with atomic_folder(outputs.compressed_model) as root:
        folder = CompressedFolder(root)
        for name, content in result.files.items():
            folder.variant_path(name).write_bytes(content)
        if found.chosen:
            folder.chosen_path.write_bytes(result.files[found.chosen])
        write_document(found, folder.compression_path)
    for path, text in (
        (outputs.report, render_report(found, result.label, result.test_rows, result.saved_model_bytes)),
        (outputs.summary, render_summary(found, result.label, result.test_rows)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def predictions(label: Label, outputs: np.ndarray) -> np.ndarray:
    """Return what the network gives as predictions: probabilities (rows, classes), or values in the label's unit.

    Args:
        label: what is predicted.
        outputs: shape (rows, 1), or (rows, classes) for a multiclass label.
    """
    if label.problem is Problem.BINARY:
        return np.concatenate([1 - outputs, outputs], axis=1)
    if label.problem is Problem.REGRESSION:
        return np.asarray(outputs[:, 0] * label.standard_deviation + label.mean)
    return outputs


def _measure(
    files: Mapping[str, bytes], own: np.ndarray, test: Examples, label: Label, latency_runs: int
) -> list[Variant]:
    """Measure every variant; the uncompressed one is first and has the metrics of the network itself.

    Args:
        files: the LiteRT file of each variant, by name.
        own: what the network gives for the test examples.
        test: the test examples.
        label: what is predicted.
        latency_runs: timed predictions of each.
    """
    features = features_of(test, slice(None))
    truth = test.label if label.problem is not Problem.REGRESSION else _in_unit(test.label, label)
    expected = predictions(label, own)
    models = {name: LiteRtModel(content) for name, content in files.items()}
    given = {name: predictions(label, model.predict(features, _BATCH_ROWS)) for name, model in models.items()}
    example = features_of(test, slice(0, 1))
    latencies = median_latencies([model.single(example) for model in models.values()], latency_runs)
    return [
        Variant(
            name=name,
            file=CompressedFolder(Path()).variant_path(name).name,
            bytes=len(files[name]),
            metrics=evaluate_predictions(label, truth, expected if name == UNCOMPRESSED else given[name]),
            latency_milliseconds=latency,
            accepted=True,
            largest_difference=float(np.abs(given[name] - expected).max()),
            inputs=model.inputs,
            outputs=model.outputs,
        )
        for (name, model), latency in zip(models.items(), latencies, strict=True)
    ]


def _network_outputs(conversion: Conversion, test: Examples) -> np.ndarray:
    starts = range(0, test.rows, _BATCH_ROWS)
    return np.concatenate([conversion.predict(features_of(test, slice(at, at + _BATCH_ROWS))) for at in starts])


def _in_unit(standardized: np.ndarray, label: Label) -> np.ndarray:
    return np.asarray(standardized.astype(np.float64) * label.standard_deviation + label.mean)


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
