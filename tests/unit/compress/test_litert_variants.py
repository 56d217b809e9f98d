"""The converted files: what is in them and what they predict."""

from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from ai_edge_litert.interpreter import Interpreter

from slipway.compression.conversion import Conversion, evenly_spaced, features_of
from slipway.compression.litert import LiteRtModel, dequantized, median_latencies, quantized
from slipway.compression.recipe import RECIPES, CompressionRecipe
from slipway.compression.recipes.bfloat16_weights import round_to_bfloat16
from slipway.contracts.compressions import Tensor
from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.training.examples import Examples, read_examples

pytestmark = pytest.mark.any_processor

VARIANTS = ("float", "dynamic_range", "float16", "int8")


def converted(conversion: Conversion, name: str) -> bytes:
    """The LiteRT file of a recipe."""
    return RECIPES.get(name).convert(conversion)


@pytest.fixture(scope="module")
def conversion(trained) -> Iterator[Conversion]:
    network = tf_keras.models.load_model(trained.model.network, compile=False)
    with Conversion(network, evenly_spaced(read_examples(trained.examples, "train"), 100)) as conversion:
        yield conversion


@pytest.fixture(scope="module")
def files(conversion) -> dict[str, bytes]:
    return {name: converted(conversion, name) for name in VARIANTS}


@pytest.fixture(scope="module")
def test_features(trained) -> dict[str, np.ndarray]:
    return features_of(read_examples(trained.examples, "test"), slice(None))


def stored_types(content: bytes) -> set[str]:
    interpreter = Interpreter(model_content=content, num_threads=1)
    return {np.dtype(tensor["dtype"]).name for tensor in interpreter.get_tensor_details()}


class Counted(tf_keras.layers.Layer):
    """Passes its input on, and counts how often a graph of it is made."""

    calls = 0

    def call(self, inputs):
        Counted.calls += 1
        return inputs


def test_the_network_is_traced_once_for_all_variants():
    """Given a Keras object the converter would trace every layer again."""
    inputs = {"dense": tf_keras.Input((2,), name="dense")}
    network = tf_keras.Model(inputs, tf_keras.layers.Dense(1, name="output")(Counted()(inputs["dense"])))
    examples = Examples({"dense": np.ones((8, 2), np.float32)}, np.zeros(8, np.float32))
    made = Counted.calls
    with Conversion(network, examples) as conversion:
        assert all(len(converted(conversion, name)) > 500 for name in VARIANTS)
    assert Counted.calls - made == 1


def test_a_variant_does_not_depend_on_those_before_it(conversion, files):
    assert {name: converted(conversion, name) for name in reversed(VARIANTS)} == files


def test_the_network_is_saved_once_for_all_variants(trained, monkeypatch):
    """Saving takes longer than converting."""
    saved = []
    save = tf.saved_model.save
    monkeypatch.setattr(tf.saved_model, "save", lambda *given, **more: saved.append(save(*given, **more)))
    network = tf_keras.models.load_model(trained.model.network, compile=False)
    with Conversion(network, evenly_spaced(read_examples(trained.examples, "train"), 10)) as conversion:
        assert all(converted(conversion, name) for name in VARIANTS)
    assert len(saved) == 1


def test_int8_holds_no_floating_point_number(files):
    assert stored_types(files["int8"]) <= {"int8", "int32", "int64", "bool"}


@pytest.mark.parametrize(
    ("variant", "has", "has_not"),
    [("dynamic_range", "int8", "float16"), ("float16", "float16", "int8"), ("float", "float32", "int8")],
)
def test_weights_are_stored_as_the_variant_says(files, variant, has, has_not):
    assert has in stored_types(files[variant])
    assert has_not not in stored_types(files[variant])


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_signature_says_how_to_feed_it(files, trained, variant):
    model = LiteRtModel(files[variant])
    kind = "int8" if variant == "int8" else "float32"
    outputs = {Problem.MULTICLASS: 3}.get(trained.spec.label.problem, 1)
    assert [(t.name, t.dtype, t.shape, t.scale > 0) for t in (*model.inputs, *model.outputs)] == [
        ("dense", kind, (-1, 8), variant == "int8"),
        ("ids", "int32", (-1, 2), False),
        ("prediction", kind, (-1, outputs), variant == "int8"),
    ]


@pytest.mark.parametrize(
    ("variant", "share_of_range"), [("float", 1e-5), ("float16", 0.01), ("dynamic_range", 0.05), ("int8", 0.1)]
)
def test_a_variant_predicts_nearly_what_the_network_does(files, conversion, test_features, variant, share_of_range):
    own = conversion.predict(test_features)
    given = LiteRtModel(files[variant]).predict(test_features)
    assert given.shape == own.shape
    assert np.abs(given - own).mean() <= share_of_range * (own.max() - own.min())


@pytest.mark.parametrize("variant", VARIANTS)
def test_batches_predict_what_single_examples_do(files, test_features, variant):
    """A batch of 64 leaves a last one of 60 of these 700 rows."""
    model = LiteRtModel(files[variant])
    batched = model.predict(test_features, batch_size=64)
    singles = [model.predict({n: v[row : row + 1] for n, v in test_features.items()})[0] for row in (0, 63, 64, 699)]
    step = model.outputs[0].scale or 1e-6
    np.testing.assert_allclose(batched[[0, 63, 64, 699]], singles, atol=step * 1.01, rtol=1e-4)


def test_rounded_weights_are_those_of_bfloat16_and_the_network_keeps_its_own(conversion, files, test_features):
    before = conversion.predict(test_features)
    content = converted(conversion, "bfloat16_weights")
    assert content != files["float"]
    given = LiteRtModel(content).predict(test_features)
    assert 0 < np.abs(given - before).max() < 0.05 * (before.max() - before.min())
    np.testing.assert_array_equal(conversion.predict(test_features), before)
    assert converted(conversion, "float") == files["float"]


def test_numbers_are_rounded_to_seven_bits_of_mantissa_ties_to_even():
    numbers = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-9, -3.1415926, 1e38, np.nan, np.inf], np.float32)
    expected = tf.cast(tf.cast(numbers, tf.bfloat16), tf.float32).numpy()
    np.testing.assert_array_equal(round_to_bfloat16(numbers), expected)
    assert round_to_bfloat16(numbers)[1:3].tolist() == [1.0, 1 + 2**-6]


@pytest.mark.parametrize("name", RECIPES.names())
def test_a_recipe_says_truly_whether_it_is_calibrated(trained, name):
    network = tf_keras.models.load_model(trained.model.network, compile=False)
    with Conversion(network, None) as conversion:
        if RECIPES.get(name).needs_calibration:
            with pytest.raises(InputError, match="no examples to calibrate with"):
                converted(conversion, name)
        else:
            assert converted(conversion, name)


def test_a_recipe_of_ones_own_needs_nothing_but_its_file(conversion, test_features):
    """Weights as int8 and activations as int16, which none of Slipway's own has."""
    own = CompressionRecipe(
        name="int16_activations",
        convert=lambda conversion: conversion.convert(
            optimized=True,
            operations=tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            calibrated=True,
        ),
        needs_calibration=True,
    )
    content = own.convert(conversion)
    assert {"int16", "int8"} <= stored_types(content)
    expected, given = conversion.predict(test_features), LiteRtModel(content).predict(test_features)
    assert np.abs(given - expected).mean() <= 0.05 * (expected.max() - expected.min())


def test_converting_again_gives_the_same_bytes(conversion, files):
    assert converted(conversion, "int8") == files["int8"]


def test_latency_is_measured_for_every_model(files, test_features):
    example = {name: values[:1] for name, values in test_features.items()}
    latencies = median_latencies([LiteRtModel(content).single(example) for content in files.values()], runs=11)
    assert len(latencies) == len(VARIANTS)
    assert all(0 < latency < 1000 for latency in latencies)


def test_quantized_values_are_rounded_and_kept_in_range():
    tensor = Tensor(name="dense", dtype="int8", shape=(-1, 5), scale=0.5, zero_point=-10)
    stored = quantized(np.array([[0.0, 1.0, 0.7, -1000.0, 1000.0]], np.float32), tensor)
    np.testing.assert_array_equal(stored, np.array([[-10, -8, -9, -128, 127]], np.int8))
    np.testing.assert_array_equal(dequantized(stored, tensor), np.array([[0.0, 1.0, 0.5, -59.0, 68.5]], np.float32))


def test_a_tensor_without_a_scale_is_taken_as_it_is():
    tensor = Tensor(name="ids", dtype="int32", shape=(-1, 2))
    np.testing.assert_array_equal(quantized(np.array([[3, 4]]), tensor), np.array([[3, 4]], np.int32))


@pytest.mark.parametrize(("count", "rows"), [(1, [0]), (3, [0, 2, 4]), (9, [0, 1, 2, 3, 4])])
def test_calibration_examples_are_spread_over_all(count, rows):
    examples = Examples({"dense": np.arange(5, dtype=np.float32)[:, None]}, np.arange(5))
    assert evenly_spaced(examples, count).labels.tolist() == rows
