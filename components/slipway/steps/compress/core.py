"""Convert a trained network to LiteRT, measure every variant, and choose one."""

import logging
from dataclasses import dataclass
from pathlib import Path

import tf_keras

from slipway.compression.choice import Bounds, choose, deciding_metric
from slipway.compression.conversion import Conversion, evenly_spaced
from slipway.compression.measuring import measure
from slipway.compression.recipe import RECIPES, UNCOMPRESSED
from slipway.contracts.compressions import CompressedFolder, Compression, Variant
from slipway.contracts.documents import write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.examples import ExamplesFolder, Label
from slipway.contracts.models import ModelFolder
from slipway.contracts.tables import TEST, TRAIN
from slipway.steps.compress.config import CompressConfig
from slipway.steps.compress.report import render_report, render_summary
from slipway.storage.folders import atomic_folder
from slipway.training.examples import Examples, read_examples

logger = logging.getLogger(__name__)


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
        DataError: there is no test example with a known label, or a recipe needs training examples and there are
            none.
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
    recipes = {name: RECIPES.get(name) for name in (UNCOMPRESSED, *config.variants)}
    test = read_examples(examples, TEST)
    if not test.rows:
        raise DataError(f"{examples.root} has no test example with a known label, so that nothing can be measured")
    calibration = None
    if any(recipe.needs_calibration for recipe in recipes.values()):
        calibration = _calibration_examples(examples, config.calibration_examples)
    network = tf_keras.models.load_model(model.network, compile=False)
    with Conversion(network, calibration) as conversion:
        files = {name: recipe.convert(conversion) for name, recipe in recipes.items()}
        variants = measure(files, conversion, test, spec.label, config.latency_runs)
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


def _calibration_examples(examples: ExamplesFolder, count: int) -> Examples:
    train = read_examples(examples, TRAIN)
    if not train.rows:
        raise DataError(f"{examples.root} has no train example to calibrate with; leave out int8, or give it some")
    return evenly_spaced(train, count)


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
