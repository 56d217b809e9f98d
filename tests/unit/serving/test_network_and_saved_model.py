"""Networks and their SavedModels."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import (
    ExampleSpec,
    FeatureKind,
    IdColumn,
    Label,
    Problem,
    RawFeature,
    TransformFolder,
    input_names,
)
from slipway.contracts.models import Hyperparameters
from slipway.serving.saved_model import export_model, load_signatures, predict_raw
from slipway.training.network import build_network
from slipway.training.networks.tower import embedding_width

pytestmark = pytest.mark.any_processor

FEATURES = (
    RawFeature(name="age in years", kind=FeatureKind.NUMERIC),
    RawFeature(name="job-title", kind=FeatureKind.CATEGORICAL),
    RawFeature(name="seen.at", kind=FeatureKind.TIMESTAMP),
)
LABELS = {
    Problem.BINARY: Label(name="y", problem=Problem.BINARY, classes=("no", "yes")),
    Problem.MULTICLASS: Label(name="y", problem=Problem.MULTICLASS, classes=("a", "b", "c")),
    Problem.REGRESSION: Label(name="y", problem=Problem.REGRESSION, mean=50.0, standard_deviation=10.0),
}


def make_spec(problem: Problem = Problem.BINARY, ids: bool = True) -> ExampleSpec:
    columns = (IdColumn(name="job-title", size=100),) if ids else ()
    return ExampleSpec(features=FEATURES, label=LABELS[problem], dense=("age", "seen"), ids=columns)


class Transform(tf.Module):
    """A small preprocessing with the interface of a real one."""

    def __init__(self, ids: bool) -> None:
        super().__init__()
        self.age_scale = tf.Variable(0.01)

        def transform(features: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            age = tf.where(tf.math.is_nan(features["age in years"]), 0.0, features["age in years"]) * self.age_scale
            seen = tf.cast(features["seen.at"] > 0, tf.float32)
            job = tf.strings.to_hash_bucket_fast(features["job-title"], 100)[:, tf.newaxis]
            return {"dense": tf.stack([age, seen], axis=1), "ids": tf.cast(job if ids else job[:, :0], tf.int32)}

        dtypes = (tf.float32, tf.string, tf.int64)
        specs = {f.name: tf.TensorSpec([None], d) for f, d in zip(FEATURES, dtypes, strict=True)}
        self.transform = tf.function(transform, input_signature=[specs])


def write_transform(root: Path, spec: ExampleSpec) -> TransformFolder:
    folder = TransformFolder(root)
    root.mkdir()
    tf.saved_model.save(Transform(bool(spec.ids)), str(folder.saved_model), signatures={})
    write_document(spec, folder.spec_path)
    return folder


RAW = {
    "age in years": np.array([30.0, np.nan, 61.0], np.float32),
    "job-title": np.array(["clerk", "", "smith"], object),
    "seen.at": np.array([5, -(2**63), 1_700_000_000], np.int64),
}


def examples_of(folder: TransformFolder) -> dict[str, tf.Tensor]:
    loaded = tf.saved_model.load(str(folder.saved_model))
    return loaded.transform({name: tf.convert_to_tensor(value) for name, value in RAW.items()})


def test_equal_seeds_give_equal_weights_and_another_seed_gives_others():
    first, second, other = (build_network(make_spec(), Hyperparameters(), seed).get_weights() for seed in (7, 7, 8))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_no_two_layers_of_one_size_start_alike():
    network = build_network(make_spec(), Hyperparameters(layers=3, units=4), 0)
    kernels = [network.get_layer(f"hidden_{n}").kernel.numpy() for n in (2, 3)]
    assert kernels[0].shape == kernels[1].shape == (4, 4)
    assert not np.array_equal(*kernels)


@pytest.mark.parametrize(
    ("problem", "units", "activation"),
    [(Problem.BINARY, 1, "sigmoid"), (Problem.MULTICLASS, 3, "softmax"), (Problem.REGRESSION, 1, "linear")],
)
def test_the_output_fits_the_problem(problem, units, activation):
    output = build_network(make_spec(problem), Hyperparameters(), 0).get_layer("prediction")
    assert (output.units, output.activation.__name__) == (units, activation)


def test_hidden_layers_halve_down_to_four_units():
    network = build_network(make_spec(), Hyperparameters(layers=4, units=16, dropout_fraction=0.0), 0)
    assert [network.get_layer(f"hidden_{n}").units for n in range(1, 5)] == [16, 8, 4, 4]
    assert not any(isinstance(layer, tf_keras.layers.Dropout) for layer in network.layers)


def test_no_hidden_layer_is_a_linear_model():
    network = build_network(make_spec(ids=False), Hyperparameters(layers=0), 0)
    assert [list(w.shape) for w in network.get_weights()] == [[2, 1], [1]]


@pytest.mark.parametrize(("size", "width"), [(1, 2), (100, 21), (1000, 32), (1_000_000, 32)])
def test_embeddings_grow_slower_than_their_vocabulary(size, width):
    assert embedding_width(size) == width


def test_a_saved_network_loads_without_custom_objects_and_predicts_the_same(tmp_path):
    network = build_network(make_spec(), Hyperparameters(), 3)
    inputs = {"dense": np.ones((4, 2), np.float32), "ids": np.array([[0], [1], [2], [99]], np.int32)}
    network.save(tmp_path / "network.keras")
    again = tf_keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(again(inputs).numpy(), network(inputs).numpy())


def test_both_signatures_of_a_binary_model_give_the_networks_probabilities(tmp_path):
    spec = make_spec()
    folder = write_transform(tmp_path / "transform", spec)
    network = build_network(spec, Hyperparameters(), 5)
    export_model(network, folder, tmp_path / "model")
    examples = examples_of(folder)
    positive = network(examples, training=False).numpy()
    expected = np.concatenate([1 - positive, positive], axis=1)
    signatures = load_signatures(tmp_path / "model")
    transformed = signatures["transformed"](dense=examples["dense"], ids=examples["ids"])
    np.testing.assert_allclose(transformed["probabilities"], expected, rtol=1e-6)
    names = [spec.label.classes[row.argmax()].encode() for row in expected]
    assert transformed["predicted_class"].numpy().tolist() == names
    np.testing.assert_allclose(predict_raw(tmp_path / "model", RAW, spec, batch_size=2), expected, rtol=1e-6)


def test_a_multiclass_model_without_ids_gives_one_probability_per_class(tmp_path):
    spec = make_spec(Problem.MULTICLASS, ids=False)
    folder = write_transform(tmp_path / "transform", spec)
    network = build_network(spec, Hyperparameters(), 5)
    export_model(network, folder, tmp_path / "model")
    expected = network({"dense": examples_of(folder)["dense"]}, training=False).numpy()
    np.testing.assert_allclose(predict_raw(tmp_path / "model", RAW, spec, batch_size=100), expected, rtol=1e-6)


def test_a_regression_model_predicts_in_the_labels_own_unit(tmp_path):
    spec = make_spec(Problem.REGRESSION)
    folder = write_transform(tmp_path / "transform", spec)
    network = build_network(spec, Hyperparameters(), 5)
    export_model(network, folder, tmp_path / "model")
    standardized = network(examples_of(folder), training=False).numpy()[:, 0]
    predictions = predict_raw(tmp_path / "model", RAW, spec, batch_size=100)
    np.testing.assert_allclose(predictions, 50 + 10 * standardized, rtol=1e-6)


def test_a_model_serves_after_its_transform_folder_is_gone(tmp_path):
    spec = make_spec()
    folder = write_transform(tmp_path / "transform", spec)
    export_model(build_network(spec, Hyperparameters(), 5), folder, tmp_path / "model")
    (tmp_path / "transform").rename(tmp_path / "elsewhere")
    (tmp_path / "model").rename(tmp_path / "moved")
    assert predict_raw(tmp_path / "moved", RAW, spec, batch_size=100).shape == (3, 2)


def test_the_signature_asks_for_every_feature_under_a_name_a_tensor_can_have(tmp_path):
    spec = make_spec()
    export_model(build_network(spec, Hyperparameters(), 5), write_transform(tmp_path / "t", spec), tmp_path / "model")
    _, inputs = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"].structured_input_signature
    assert {name: (tuple(s.shape), s.dtype) for name, s in inputs.items()} == {
        "age_in_years": ((None,), tf.float32),
        "job_title": ((None,), tf.string),
        "seen_at": ((None,), tf.int64),
    }


@pytest.mark.parametrize(
    ("names", "inputs"),
    [
        (["Hours_per_week2", "a.b-c/d"], ["Hours_per_week2", "a_b_c_d"]),
        (["größe (cm)", "_hidden", "9", ""], ["gr__e__cm_", "x_hidden", "x9", "x"]),
        (["Age", "age", "a b", "a_b"], ["Age", "age_2", "a_b", "a_b_2"]),
    ],
)
def test_input_names_are_legal_and_distinct(names, inputs):
    features = [RawFeature(name=name, kind=FeatureKind.NUMERIC) for name in names]
    assert list(input_names(features).values()) == inputs


def test_a_transform_of_another_form_is_refused(tmp_path):
    folder = write_transform(tmp_path / "transform", make_spec())
    with pytest.raises(InputError, match="'ids': 1}, not"):
        export_model(build_network(make_spec(ids=False), Hyperparameters(), 0), folder, tmp_path / "model")


def test_a_missing_feature_is_named(tmp_path):
    with pytest.raises(InputError, match="'job-title' is missing"):
        predict_raw(tmp_path, {"age in years": RAW["age in years"], "seen.at": RAW["seen.at"]}, make_spec(), 8)
