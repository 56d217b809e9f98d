"""The training loop: what it learns and reports, and how often it pays for a graph."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from training_problems import BATCH, HYPERPARAMETERS, ROWS, make_examples, make_spec

from slipway.contracts.examples import Problem
from slipway.training.examples import Examples
from slipway.training.input import training_stacks
from slipway.training.loop import LoopInputs, TrainingLoop, create_loop
from slipway.training.network import build_network


def make_loop(problem: Problem, weights: np.ndarray | None = None) -> tuple[tf_keras.Model, TrainingLoop]:
    network = build_network(make_spec(problem), HYPERPARAMETERS, 0)
    return network, create_loop(inputs_of(network, problem, weights))


def inputs_of(network: tf_keras.Model, problem: Problem, weights: np.ndarray | None = None) -> LoopInputs:
    return LoopInputs(
        network=network,
        spec=make_spec(problem),
        learning_rate=HYPERPARAMETERS.learning_rate,
        batch_size=BATCH,
        class_weights=weights,
        steps_per_epoch=ROWS // BATCH,
    )


def stacks(examples: Examples, epoch: int = 0, steps: int | None = None):
    return training_stacks(examples, BATCH, seed=1, shuffle=True, epoch=epoch, drop_remainder=True, steps=steps)


def compiled(problem: Problem) -> tf_keras.Model:
    """The same network with the optimizer, the loss and the metric of tf_keras: what the loop must agree with."""
    network = build_network(make_spec(problem), HYPERPARAMETERS, 0)
    losses = {
        Problem.BINARY: "binary_crossentropy",
        Problem.MULTICLASS: "sparse_categorical_crossentropy",
        Problem.REGRESSION: "mse",
    }
    metric = tf_keras.metrics.RootMeanSquaredError(name="rmse") if problem is Problem.REGRESSION else "accuracy"
    network.compile(tf_keras.optimizers.Adam(HYPERPARAMETERS.learning_rate), losses[problem], metrics=[metric])
    return network


@pytest.mark.parametrize("problem", list(Problem))
def test_it_learns_and_reports_what_keras_learns_and_reports_from_the_same_batches(problem):
    examples = make_examples(problem)
    network, loop = make_loop(problem)
    reference = compiled(problem)
    for epoch in range(2):
        ours = loop.train_epoch(stacks(examples, epoch)).values
        reference.reset_metrics()
        for features, label in stacks(examples, epoch):
            for step in range(label.shape[0]):
                batch = {name: values[step] for name, values in features.items()}
                theirs = reference.train_on_batch(batch, label[step], reset_metrics=False, return_dict=True)
        assert ours == pytest.approx(theirs, rel=1e-4)
    for ours, theirs in zip(network.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)
    evaluated = reference.evaluate(dict(examples.inputs), examples.labels, verbose=0, return_dict=True)
    assert loop.evaluate(examples) == pytest.approx(evaluated, rel=1e-4)


@pytest.mark.parametrize("problem", list(Problem))
def test_it_learns_a_plain_rule(problem):
    examples = make_examples(problem)
    _, loop = make_loop(problem)
    losses = [loop.train_epoch(stacks(examples, epoch)).values["loss"] for epoch in range(8)]
    assert losses[-1] < 0.5 * losses[0]


def test_the_size_of_stacks_changes_no_weight():
    examples = make_examples(Problem.BINARY)
    weights = []
    for steps in (1, 3, None):
        network, loop = make_loop(Problem.BINARY)
        loop.train_epoch(stacks(examples, steps=steps))
        weights.append([array.tobytes() for array in network.get_weights()])
    assert weights[0] == weights[1] == weights[2]


def test_class_weights_weigh_the_loss_and_not_the_metric():
    examples = make_examples(Problem.BINARY)
    plain, double = (make_loop(Problem.BINARY, weights)[1] for weights in (None, np.full(2, 2.0, np.float32)))
    expected, found = plain.evaluate(examples), double.evaluate(examples)
    assert found["loss"] == pytest.approx(2 * expected["loss"], rel=1e-6)
    assert found["accuracy"] == expected["accuracy"]


def test_a_restored_loop_goes_on_as_the_first_one():
    examples = make_examples(Problem.BINARY)
    network, loop = make_loop(Problem.BINARY)
    loop.train_epoch(stacks(examples))
    other, restored = make_loop(Problem.BINARY)
    other.set_weights(network.get_weights())
    restored.restore(loop.state)
    for each in (loop, restored):
        each.train_epoch(stacks(examples, epoch=1))
    assert [a.tobytes() for a in other.get_weights()] == [a.tobytes() for a in network.get_weights()]


def test_a_training_traces_its_network_twice_however_long_it_is():
    """Once to train and once to evaluate: tracing costs more than an epoch of a small table."""
    calls = []
    network, loop = make_loop(Problem.BINARY)
    inner = network.call

    def counted(inputs, training=None, mask=None):
        calls.append(training)
        return inner(inputs, training=training, mask=mask)

    network.call = counted
    examples = make_examples(Problem.BINARY)
    for epoch in range(4):
        loop.train_epoch(stacks(examples, epoch, steps=3))
        loop.evaluate(examples)
    assert calls == [True, False]


def test_no_operation_of_a_step_looks_for_shapes(monkeypatch):
    """WHY: with batches of an unknown size each gradient works out at every step what was broadcast."""
    functions = []
    real = tf.function
    monkeypatch.setattr(tf, "function", lambda *given, **more: functions.append(real(*given, **more)) or functions[-1])
    network = build_network(make_spec(Problem.BINARY), replace(HYPERPARAMETERS, dropout_fraction=0.3), 0)
    loop = create_loop(inputs_of(network, Problem.BINARY))
    loop.train_epoch(stacks(make_examples(Problem.BINARY)))
    graph = functions[-1].get_concrete_function().graph.as_graph_def()
    operations = {node.op for function in graph.library.function for node in function.node_def}
    assert "ResourceApplyAdam" in operations
    assert not {"BroadcastGradientArgs", "DynamicStitch"} & operations


def test_an_epoch_costs_one_call_of_the_graph_for_a_stack():
    """Python and TensorFlow meet once for many steps; a call per step was the larger part of an epoch."""
    examples = make_examples(Problem.BINARY)
    _, loop = make_loop(Problem.BINARY)
    taken = []

    def counted():
        for stack in stacks(examples, steps=4):
            taken.append(stack[1].shape[0])
            yield stack

    loop.train_epoch(counted())
    assert taken == [4, 4]


def test_a_loop_can_be_made_again_after_the_session_was_cleared():
    examples = make_examples(Problem.BINARY)
    losses = []
    for _ in range(2):
        tf_keras.backend.clear_session()
        tf.random.set_seed(1)
        losses.append(make_loop(Problem.BINARY)[1].train_epoch(stacks(examples)).values["loss"])
    assert losses[0] == losses[1]
