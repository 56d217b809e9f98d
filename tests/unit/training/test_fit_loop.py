"""The general loop: the weights of the fast one on the same settings, and what only it can do."""

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from training_problems import HYPERPARAMETERS, make_examples, make_spec

from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.training.fit_loop import FitLoop
from slipway.training.fitting import fit
from slipway.training.jobs import LoopOptions, Placement, TrainingJob, TrainingOptions
from slipway.training.launcher import JOB_LAUNCHERS
from slipway.training.loop import LoopInputs, create_loop
from slipway.training.network import build_network
from slipway.training.optimizers import create_optimizer, create_schedule
from slipway.training.state import TrainingState
from slipway.training.strategy import choose_placement

TOLERANCE = 2e-5
"""How far weights of the two loops may lie apart; Adam divides by roots of sums that round differently."""


def job(small_examples, hyperparameters, placement=None, state_path: Path | None = None, **options) -> TrainingJob:
    loop = options.pop("loop", LoopOptions())
    return TrainingJob(
        examples=small_examples.root,
        hyperparameters=hyperparameters,
        options=TrainingOptions(loop=loop, **{"epochs": 3, **options}),
        placement=placement or Placement(strategy="one_device"),
        state_path=state_path,
    )


def assert_close(state: TrainingState, expected: TrainingState):
    for ours, theirs in zip(state.weights, expected.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)
    for name in ("loss", "eval_loss", "accuracy", "eval_accuracy"):
        np.testing.assert_allclose(state.history[name], expected.history[name], rtol=1e-4)


@pytest.fixture(scope="module")
def fast(small_examples, small_hyperparameters) -> TrainingState:
    return fit(job(small_examples, small_hyperparameters))


def test_on_one_device_both_loops_train_the_same_weights(small_examples, small_hyperparameters, fast):
    assert_close(fit(job(small_examples, small_hyperparameters, loop=LoopOptions(loop="fit"))), fast)


@pytest.mark.parametrize("balance", [False, True])
def test_class_weights_mean_the_same_to_both_loops(small_examples, small_hyperparameters, balance):
    train = partial(job, small_examples, small_hyperparameters, balance_classes=balance, epochs=2)
    assert_close(fit(train(loop=LoopOptions(loop="fit"))), fit(train()))


@pytest.mark.parametrize("settings", [{"strategy": "mirrored", "replicas": 3}, {"strategy": "auto", "workers": 2}])
def test_with_several_replicas_both_loops_train_the_same_weights(
    small_examples, small_hyperparameters, fast, settings, tmp_path
):
    """Three replicas share a batch of 64 unevenly, so a mean of their means would be another loss."""
    placement = choose_placement(
        settings["strategy"], workers=settings.get("workers", 1), replicas=settings.get("replicas", 1), gpus=0
    )
    task = job(small_examples, small_hyperparameters, placement, tmp_path / "state.npz", loop=LoopOptions(loop="fit"))
    assert_close(JOB_LAUNCHERS.get("processes").launch(task, tmp_path).state, fast)


@pytest.mark.parametrize("problem", list(Problem))
def test_every_problem_means_the_same_to_both_loops(problem):
    examples = make_examples(problem)
    found = []
    for name in ("fast", "fit"):
        network = build_network(make_spec(problem), HYPERPARAMETERS, 0)
        inputs = LoopInputs(
            network=network, spec=make_spec(problem), learning_rate=0.01, batch_size=64, steps_per_epoch=8
        )
        loop = create_loop(inputs, LoopOptions(loop=name))
        stacks = [stack_of(examples, slice(0, 256)), stack_of(examples, slice(256, 512))]
        found.append((loop.train_epoch(iter(stacks)).values, loop.evaluate(examples)))
    (trained, evaluated), (trained_by_fit, evaluated_by_fit) = found
    assert trained_by_fit == pytest.approx(trained, rel=1e-4)
    assert evaluated_by_fit == pytest.approx(evaluated, rel=1e-4)


def stack_of(examples, rows: slice):
    features = {name: tf.reshape(v[rows], (-1, 64, v.shape[1])) for name, v in examples.inputs.items()}
    return features, tf.reshape(examples.labels[rows], (-1, 64))


@pytest.mark.parametrize(
    "options",
    [
        LoopOptions(optimizer="sgd", optimizer_settings={"momentum": 0.9}),
        LoopOptions(optimizer="adamw", optimizer_settings={"weight_decay": 0.01}),
        LoopOptions(schedule="cosine_decay"),
        LoopOptions(mixed_precision="bfloat16"),
        LoopOptions(mixed_precision="float16"),
    ],
    ids=lambda options: options.mixed_precision or options.schedule or options.optimizer,
)
def test_each_option_trains_other_weights_and_none_of_them_badly(
    small_examples, small_hyperparameters, fast, options: LoopOptions
):
    state = fit(job(small_examples, small_hyperparameters, loop=options))
    assert options.chosen == "fit"
    assert not np.array_equal(state.weights[-2], fast.weights[-2])
    assert state.best_loss < 0.69  # less than an answer by chance, the logarithm of 2
    assert {array.dtype for array in state.weights} == {np.dtype(np.float32)}


def test_momentum_changes_what_sgd_learns(small_examples, small_hyperparameters):
    plain, with_momentum = (
        fit(job(small_examples, small_hyperparameters, epochs=1, loop=LoopOptions(optimizer="sgd", **settings)))
        for settings in ({}, {"optimizer_settings": {"momentum": 0.9}})
    )
    assert not np.array_equal(plain.weights[-2], with_momentum.weights[-2])


def test_mixed_precision_leaves_the_precision_of_other_networks_alone(small_examples, small_hyperparameters):
    fit(job(small_examples, small_hyperparameters, epochs=1, loop=LoopOptions(mixed_precision="bfloat16")))
    assert tf_keras.mixed_precision.global_policy().name == "float32"


@pytest.mark.parametrize("options", [LoopOptions(loop="fit"), LoopOptions(optimizer="adamw", schedule="cosine_decay")])
def test_a_training_goes_on_from_its_checkpoint_as_if_nothing_had_happened(
    small_examples, small_hyperparameters, options: LoopOptions, tmp_path
):
    train = partial(job, small_examples, small_hyperparameters, loop=options, epochs=4)
    whole = fit(train())
    path = tmp_path / "state.npz"
    interrupted = train(state_path=path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FitLoop, "evaluate", after(FitLoop.evaluate, calls=2))
        with pytest.raises(KeyboardInterrupt):
            fit(interrupted)
    rest = fit(interrupted)
    assert rest.epochs == 4
    assert [array.tobytes() for array in rest.weights] == [array.tobytes() for array in whole.weights]
    assert rest.history == whole.history


def after(method, calls: int):
    """The method, interrupted in the call after so many."""
    done = []

    def interrupted(*arguments):
        done.append(1)
        if len(done) > calls:
            raise KeyboardInterrupt
        return method(*arguments)

    return interrupted


def test_a_state_of_the_other_loop_is_not_gone_on_from(small_examples, small_hyperparameters, tmp_path):
    fast, general = (
        job(small_examples, small_hyperparameters, loop=LoopOptions(loop=name)).key for name in ("fast", "fit")
    )
    assert fast != general


def test_the_thread_that_gathers_batches_ends_with_the_training(small_examples, small_hyperparameters):
    def threads() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if thread.name.startswith("slipway-input")}

    before = threads()
    fit(job(small_examples, small_hyperparameters, loop=LoopOptions(loop="fit")))
    assert threads() <= before


def test_callbacks_hear_of_every_epoch_once(small_examples, small_hyperparameters):
    heard: list[int] = []
    callback = tf_keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: heard.append(epoch))
    problem = Problem.BINARY
    network = build_network(make_spec(problem), HYPERPARAMETERS, 0)
    inputs = LoopInputs(network=network, spec=make_spec(problem), learning_rate=0.01, batch_size=64, steps_per_epoch=4)
    loop = FitLoop(inputs, LoopOptions(), [callback])
    for _ in range(3):
        loop.train_epoch(iter([stack_of(make_examples(problem), slice(0, 256))]))
    assert heard == [0, 1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (LoopOptions(optimizer="adamm"), "tf_keras has no optimizer 'adamm'.*adam"),
        (LoopOptions(optimizer="sgd", optimizer_settings={"momentun": 1}), "the optimizer 'sgd' refuses .*momentun"),
        (LoopOptions(schedule="cosine"), "tf_keras has no schedule 'cosine'"),
        (LoopOptions(schedule="exponential_decay"), "the schedule 'exponential_decay' refuses .*decay_rate"),
    ],
)
def test_what_tf_keras_does_not_know_is_refused_with_its_name(options: LoopOptions, message: str):
    with pytest.raises(InputError, match=message):
        create_optimizer(options, 0.01, 10)


def test_the_fast_loop_refuses_what_it_cannot_do():
    problem = Problem.BINARY
    network = build_network(make_spec(problem), HYPERPARAMETERS, 0)
    inputs = LoopInputs(network=network, spec=make_spec(problem), learning_rate=0.01, batch_size=64)
    with pytest.raises(InputError, match="loop 'fast' is plain Adam in float32"):
        create_loop(inputs, LoopOptions(loop="fast", optimizer="sgd"))


def test_a_schedule_runs_from_the_learning_rate_over_the_whole_training():
    schedule = create_schedule(LoopOptions(schedule="cosine_decay"), 0.5, 100)
    assert [float(schedule(step)) for step in (0, 50, 100)] == pytest.approx([0.5, 0.25, 0.0])
    settings = {"decay_steps": 10, "alpha": 0.2}
    own = create_schedule(LoopOptions(schedule="cosine_decay", schedule_settings=settings), 0.5, 100)
    assert float(own(10)) == pytest.approx(0.1)


def test_optimizers_are_named_in_any_case_and_take_their_settings():
    options = LoopOptions(optimizer="SGD", optimizer_settings={"momentum": 0.5, "nesterov": True})
    optimizer = create_optimizer(options, 0.25, 10)
    assert isinstance(optimizer, tf_keras.optimizers.SGD)
    assert (float(optimizer.learning_rate), optimizer.momentum, optimizer.nesterov) == (0.25, 0.5, True)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (LoopOptions(), "fast"),
        (LoopOptions(optimizer="Adam"), "fast"),
        (LoopOptions(loop="fit"), "fit"),
        (LoopOptions(optimizer="sgd"), "fit"),
        (LoopOptions(optimizer_settings={"beta_1": 0.8}), "fit"),
        (LoopOptions(schedule="cosine_decay"), "fit"),
        (LoopOptions(mixed_precision="bfloat16"), "fit"),
    ],
)
def test_the_fast_loop_trains_unless_something_asks_for_more(options: LoopOptions, expected: str):
    assert options.chosen == expected


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 9},
        {"seed": 1},
        {"patience": 9},
        {"min_delta": 0.5},
        {"balance_classes": True},
        {"loop": LoopOptions(optimizer="sgd")},
        {"loop": LoopOptions(schedule="cosine_decay", schedule_settings={"alpha": 0.1})},
        {"loop": LoopOptions(mixed_precision="bfloat16")},
    ],
)
def test_every_option_that_decides_the_weights_is_part_of_the_key(small_examples, small_hyperparameters, change):
    first = job(small_examples, small_hyperparameters)
    assert first.key != replace(first, options=replace(first.options, **change)).key
    assert first.key == replace(first, options=replace(first.options, max_seconds=1.0)).key
