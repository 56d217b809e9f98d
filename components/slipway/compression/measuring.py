"""What a variant costs and saves: its size, its latency, and what its predictions are worth."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from slipway.compression.conversion import Conversion, features_of
from slipway.compression.litert import LiteRtModel, median_latencies
from slipway.compression.recipe import UNCOMPRESSED
from slipway.contracts.compressions import CompressedFolder, Variant
from slipway.contracts.examples import Label, Problem
from slipway.metrics.computing import evaluate_predictions
from slipway.training.examples import Examples

_BATCH_ROWS = 4096


def measure(
    files: Mapping[str, bytes], conversion: Conversion, test: Examples, label: Label, latency_runs: int
) -> list[Variant]:
    """Return what every variant predicts, weighs and takes; the uncompressed one has the metrics of the network itself.

    Args:
        files: the LiteRT file of each variant, by name.
        conversion: of the network.
        test: at least one example.
        label: what is predicted.
        latency_runs: timed predictions of each, at least 1.
    """
    features = features_of(test, slice(None))
    truth = test.labels if label.problem is not Problem.REGRESSION else _in_unit(test.labels, label)
    expected = predictions(label, _network_outputs(conversion, test))
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


def _network_outputs(conversion: Conversion, test: Examples) -> np.ndarray:
    starts = range(0, test.rows, _BATCH_ROWS)
    return np.concatenate([conversion.predict(features_of(test, slice(at, at + _BATCH_ROWS))) for at in starts])


def _in_unit(standardized: np.ndarray, label: Label) -> np.ndarray:
    return np.asarray(standardized.astype(np.float64) * label.standard_deviation + label.mean)
