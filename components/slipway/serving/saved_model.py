"""SavedModels of trained networks: the transform travels inside, so training and serving cannot differ."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExampleSpec, FeatureKind, Problem, RawFeature, TransformFolder, input_names

SERVING, TRANSFORMED = "serving_default", "transformed"
_DTYPES = {
    FeatureKind.NUMERIC: tf.float32,
    FeatureKind.CATEGORICAL: tf.string,
    FeatureKind.TIMESTAMP: tf.int64,
}
Signature = Callable[..., dict[str, tf.Tensor]]


def transformed_signature(network: tf_keras.Model, spec: ExampleSpec) -> Any:
    """Return the concrete function that becomes the signature on transformed inputs."""
    wanted = {each.name: tf.TensorSpec([None, each.width], each.dtype, name=each.name) for each in spec.inputs}

    def on_transformed(**examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return _answer(network, spec, examples)

    return tf.function(on_transformed, autograph=False).get_concrete_function(**wanted)


def export_model(
    network: tf_keras.Model, transform_folder: TransformFolder, path: Path, transformed: Any | None = None
) -> None:
    """Write a SavedModel with the two signatures that ``ModelFolder`` describes.

    Args:
        network: as ``build_network`` makes it, trained.
        transform_folder: the preprocessing its examples were made with; its graph is copied into the SavedModel.
        path: the folder to write.
        transformed: what ``transformed_signature`` made of the network; None makes it anew.

    Raises:
        InputError: the preprocessing makes examples of another form than the network takes.
    """
    spec = transform_folder.spec()
    expected = {each.name: each.width for each in spec.inputs}
    actual = {tensor.name: int(tensor.shape[1]) for tensor in network.inputs}
    if actual != expected:
        raise InputError(f"the transform in {transform_folder.root} makes examples of {expected}, not {actual}")
    module = tf.Module()
    # The Keras object itself is not tracked: its variables are enough to serve, and tracing every layer costs seconds.
    module.network_variables = network.variables
    module.preprocessing = tf.saved_model.load(str(transform_folder.saved_model))

    names = input_names(spec.features)
    transformed = transformed or transformed_signature(network, spec)

    def on_raw(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        features = {feature: inputs[name] for feature, name in names.items()}
        examples = module.preprocessing.transform(features)
        return transformed(**{tensor.name: examples[tensor.name] for tensor in network.inputs})

    serving = tf.function(on_raw, input_signature=[raw_signature(spec)], autograph=False)
    write_saved_model(module, path, {SERVING: serving, TRANSFORMED: transformed})


def write_saved_model(module: tf.Module, path: Path, signatures: Mapping[str, Any]) -> None:
    """Write a SavedModel; equal modules give equal bytes.

    Args:
        module: what it holds.
        path: the folder to write.
        signatures: tf.functions or concrete functions by name.
    """
    tf.saved_model.save(module, str(path), signatures=signatures)
    # A random identifier of the export; without it TensorFlow loads the model as well.
    (path / "fingerprint.pb").unlink(missing_ok=True)


def raw_signature(spec: ExampleSpec) -> dict[str, tf.TensorSpec]:
    """Return dtype and shape (batch,) of every input of ``serving_default``, by the name ``input_names`` gives it."""
    names = input_names(spec.features)
    return {
        names[feature.name]: tf.TensorSpec([None], _DTYPES[feature.kind], name=names[feature.name])
        for feature in spec.features
    }


def load_signatures(path: Path) -> dict[str, Signature]:
    """Return the signatures of the SavedModel at ``path``, by name; each takes tensors by keyword and gives a dict.

    Raises:
        InputError: there is no SavedModel with both signatures.
    """
    try:
        loaded = tf.saved_model.load(str(path))
    except OSError as error:
        raise InputError(f"{path} holds no SavedModel: {error}") from error
    missing = sorted({SERVING, TRANSFORMED} - set(loaded.signatures))
    if missing:
        raise InputError(f"the SavedModel in {path} has no signature {missing[0]!r}; it has {list(loaded.signatures)}")
    return {name: _Kept(loaded, loaded.signatures[name]) for name in (SERVING, TRANSFORMED)}


class Predictor:
    """``serving_default`` of a SavedModel, loaded once and called often."""

    def __init__(self, saved_model_path: Path, spec: ExampleSpec) -> None:
        """Load a SavedModel written by ``export_model``; ``spec`` says what to send and which output to read.

        Raises:
            InputError: there is no such SavedModel.
        """
        self._serving = load_signatures(saved_model_path)[SERVING]
        self._output = "predictions" if spec.label.problem is Problem.REGRESSION else "probabilities"
        self._features, self._names = spec.features, input_names(spec.features)

    def predict(self, raw: Mapping[str, Any]) -> np.ndarray:
        """Return predictions for raw features, in one call of the signature.

        Args:
            raw: arrays or tensors of shape (n,) by feature, in serving dtypes; what the model does not read is ignored.

        Returns:
            float32: probabilities (n, classes), or for regression predictions (n,) in the label's own unit.

        Raises:
            InputError: a feature is missing from ``raw``.
        """
        _require_features(raw, self._features)
        inputs = {
            self._names[feature.name]: tf.convert_to_tensor(raw[feature.name], _DTYPES[feature.kind])
            for feature in self._features
        }
        return np.asarray(self._serving(**inputs)[self._output].numpy())


def predict_raw(
    saved_model_path: Path,
    raw: Mapping[str, Any],
    spec: ExampleSpec,
    batch_size: int = 8192,
) -> np.ndarray:
    """Return predictions of ``serving_default`` for raw features in memory; see ``Predictor``.

    Args:
        saved_model_path: a SavedModel written by ``export_model``.
        raw: as ``Predictor.predict`` takes it.
        spec: the features to send and the label to read.
        batch_size: rows in one call, at least 1.
    """
    _require_features(raw, spec.features)
    predictor = Predictor(saved_model_path, spec)
    rows = len(raw[spec.features[0].name])
    return np.concatenate(
        [
            predictor.predict({f.name: raw[f.name][start : start + batch_size] for f in spec.features})
            for start in range(0, max(rows, 1), batch_size)
        ]
    )


def _require_features(raw: Mapping[str, Any], features: Sequence[RawFeature]) -> None:
    missing = [feature.name for feature in features if feature.name not in raw]
    if missing:
        raise InputError(f"feature {missing[0]!r} is missing; the model reads {[each.name for each in features]}")


class _Kept:
    """A signature that keeps its SavedModel alive; TensorFlow frees the variables of one nobody holds."""

    def __init__(self, owner: Any, signature: Signature) -> None:
        self._owner, self._signature = owner, signature

    def __call__(self, **features: Any) -> dict[str, tf.Tensor]:
        return self._signature(**features)


def _answer(network: tf_keras.Model, spec: ExampleSpec, examples: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Return the outputs of both signatures.

    A row with a number among its inputs that is not finite has no answer: NaN everywhere and the class ``""``. It is
    found here, before the network: how NaN travels through a kernel differs between processors (oneDNN's fused
    MatMul+BiasAdd+Relu turns it into 0).
    """
    inputs = {tensor.name: examples[tensor.name] for tensor in network.inputs}
    answerable = None
    for name in [name for name, values in inputs.items() if values.dtype.is_floating]:
        finite = tf.reduce_all(tf.math.is_finite(inputs[name]), axis=1)
        answerable = finite if answerable is None else answerable & finite
        inputs[name] = tf.where(finite[:, tf.newaxis], inputs[name], 0.0)
    output = network(inputs, training=False)
    if answerable is not None:
        output = tf.where(answerable[:, tf.newaxis], output, np.float32("nan"))
    label = spec.label
    if label.problem is Problem.REGRESSION:
        return {"predictions": output[:, 0] * label.standard_deviation + label.mean}
    probabilities = tf.concat([1.0 - output, output], axis=1) if label.problem is Problem.BINARY else output
    predicted = tf.gather(tf.constant(label.classes), tf.argmax(probabilities, axis=1))
    if answerable is not None:
        predicted = tf.where(answerable, predicted, "")
    return {"probabilities": probabilities, "predicted_class": predicted}
