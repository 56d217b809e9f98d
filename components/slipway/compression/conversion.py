"""A tf_keras network as LiteRT models: uncompressed, with compressed weights, and with integers only."""

import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.errors import InputError
from slipway.serving.saved_model import SERVING, write_saved_model
from slipway.training.examples import Examples

OUTPUT = "prediction"


class Conversion:
    """Converts one network; to be used as the context of a block, at whose end its temporary files go.

    The converted models take what the transform gives (``dense``, ``ids``) and give what the network gives, under the
    names of the signature ``serving_default``. The batch dimension can be resized.
    """

    def __init__(self, network: tf_keras.Model, calibration: Examples | None) -> None:
        """Trace the network.

        Args:
            network: as train-distributed saves it, on a dict of inputs.
            calibration: training examples that decide the ranges of activations; None when no recipe needs any.
        """
        self._inputs = tuple(network.input)
        self._calibration = calibration
        shapes = {
            name: tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype, name=name)
            for name, tensor in network.input.items()
        }
        predict = tf.function(lambda **features: {OUTPUT: network(features, training=False)}, autograph=False)
        self._function = predict.get_concrete_function(**shapes)
        self._variables = network.variables
        self._folder = tempfile.TemporaryDirectory(prefix="slipway-compress-")
        # The converter of concrete functions saves and loads a model for each variant, which takes longer than to
        # convert it. Of a Keras object it would trace every layer besides.
        self._converter = self._saved("network")

    def __enter__(self) -> "Conversion":
        return self

    def __exit__(self, *exception: object) -> None:
        """Remove what the converter reads."""
        self._folder.cleanup()

    def convert(
        self,
        *,
        optimized: bool = False,
        weights: tf.DType | None = None,
        operations: tf.lite.OpsSet | None = None,
        ends: tf.DType = tf.float32,
        calibrated: bool = False,
    ) -> bytes:
        """Return the network as a LiteRT file.

        Args:
            optimized: whether weights are stored in fewer bits than float32: as int8, or as ``weights`` says.
            weights: how they are stored when optimized; None leaves it to the converter.
            operations: what the file may consist of; None allows every built-in operation.
            ends: of inputs that are numbers, and of the output.
            calibrated: whether the ranges of activations are found beforehand, from the calibration examples.

        Raises:
            InputError: it is to be calibrated, and there are no calibration examples.
        """
        if calibrated and self._calibration is None:
            raise InputError("the conversion was given no examples to calibrate with")
        converter = self._converter
        converter.optimizations = [tf.lite.Optimize.DEFAULT] if optimized else []
        converter.target_spec = tf.lite.TargetSpec(
            supported_types=[weights] if weights else None,
            supported_ops=[operations] if operations else None,
        )
        converter.representative_dataset = self._representative if calibrated else None
        converter.inference_input_type = converter.inference_output_type = ends
        return _converted(converter)

    def convert_changed(self, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
        """Return the network with changed weights as a LiteRT file; the network itself keeps its own.

        Args:
            change: of the values of a variable, gives others of the same shape.
        """
        kept = [variable.numpy() for variable in self._variables]
        try:
            for variable, value in zip(self._variables, kept, strict=True):
                variable.assign(change(value))
            return _converted(self._saved("changed"))
        finally:
            for variable, value in zip(self._variables, kept, strict=True):
                variable.assign(value)

    def _saved(self, name: str) -> Any:
        """Save the network as it is now, and return a converter of it."""
        module = tf.Module()
        module.network_variables = self._variables
        path = Path(self._folder.name) / name
        write_saved_model(module, path, {SERVING: self._function})
        return tf.lite.TFLiteConverter.from_saved_model(str(path))

    def predict(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return what the network itself gives, shape (rows, outputs), float32."""
        tensors = {name: tf.convert_to_tensor(features[name]) for name in self._inputs}
        return np.asarray(self._function(**tensors)[OUTPUT])

    def _representative(self) -> Iterator[dict[str, np.ndarray]]:
        assert self._calibration is not None  # convert has seen to it
        for row in range(self._calibration.rows):
            features = features_of(self._calibration, slice(row, row + 1))
            yield {name: features[name] for name in self._inputs}


def _converted(converter: Any) -> bytes:
    with warnings.catch_warnings():
        # The converter's own calibrator still uses an interpreter that TensorFlow calls deprecated.
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter is deprecated")
        return bytes(converter.convert())


def features_of(examples: Examples, rows: slice) -> dict[str, np.ndarray]:
    """Return some rows as the network takes them, by the name of the input."""
    return {name: np.ascontiguousarray(values) for name, values in examples.take(rows).inputs.items()}


def evenly_spaced(examples: Examples, count: int) -> Examples:
    """Return at most ``count`` rows spread over all of them, the same ones every time."""
    rows = np.linspace(0, examples.rows - 1, min(count, examples.rows)).astype(np.int64)
    return examples.take(rows)
