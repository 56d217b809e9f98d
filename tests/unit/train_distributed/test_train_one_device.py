"""Training in this process: the step's outputs, early stopping, going on after an interruption."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import tf_keras

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, Label, Problem, TransformFolder
from slipway.contracts.models import ModelFolder
from slipway.serving.saved_model import predict_raw
from slipway.steps.train_distributed.config import TrainDistributedConfig
from slipway.steps.train_distributed.core import Inputs, Outputs, run, training_options, write
from slipway.training.examples import read_examples, write_examples
from slipway.training.fitting import fit
from slipway.training.jobs import Placement, TrainingJob
from slipway.training.state import TrainingState, read_state, write_state

ONE_DEVICE = Placement(strategy="one_device")


def job(examples, hyperparameters, state_path=None, **config) -> TrainingJob:
    return TrainingJob(
        examples=examples.root,
        hyperparameters=hyperparameters,
        options=training_options(TrainDistributedConfig(**config)),
        placement=ONE_DEVICE,
        state_path=state_path,
    )


def inputs_of(examples, transform, tuning) -> Inputs:
    return Inputs(transformed_examples=examples.root, transform_graph=transform.root, best_hyperparameters=tuning.root)


def assert_same(first, second):
    assert [array.tobytes() for array in first] == [array.tobytes() for array in second]


@pytest.fixture(scope="module")
def trained(small_examples, small_transform, small_tuning, tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    config = TrainDistributedConfig(epochs=6, patience=2)
    result = run(inputs_of(small_examples, small_transform, small_tuning), config)
    write(result, Outputs(model=root / "model", report=root / "report.html"))
    return root, result


def test_the_model_predicts_raw_features_as_its_network_does(trained, small_examples):
    root, training = trained
    folder = ModelFolder(root / "model")
    raw = {"a": np.array([-2.0, 2.0], np.float32), "b": np.zeros(2, np.float32)}
    inputs = {"dense": np.array([[-2, 0], [2, 0]], np.float32), "ids": np.array([[0], [1]], np.int32)}
    positive = tf_keras.models.load_model(folder.network)(inputs).numpy()[:, 0]
    probabilities = predict_raw(folder.saved_model, raw, training.card.spec)
    np.testing.assert_allclose(probabilities, np.stack([1 - positive, positive], axis=1), rtol=1e-6)
    assert positive[0] < 0.2 < 0.8 < positive[1]


@pytest.mark.parametrize("wanted", [True, False])
def test_the_model_has_logs_for_tensorboard_where_they_are_wanted(
    small_examples, small_transform, small_tuning, tmp_path, wanted
):
    config = TrainDistributedConfig(epochs=2, tensorboard=wanted)
    result = run(inputs_of(small_examples, small_transform, small_tuning), config)
    write(result, Outputs(model=tmp_path / "model", report=tmp_path / "report.html"))
    logs = sorted(path.parent.name for path in (tmp_path / "model" / "logs").rglob("*.slipway"))
    assert logs == (["train", "validation"] if wanted else [])


def test_the_model_folder_says_how_the_model_came_about(trained):
    root, training = trained
    card = ModelFolder(root / "model").card()
    assert card == training.card
    assert (card.strategy, card.workers) == ("one_device", 1)
    assert set(card.history) == {"loss", "accuracy", "eval_loss", "eval_accuracy"}
    assert {len(values) for values in card.history.values()} == {int(training.metrics["epochs"])}


def test_the_kept_weights_are_those_of_the_epoch_with_the_lowest_eval_loss(trained, small_examples):
    root, training = trained
    losses = training.card.history["eval_loss"]
    assert training.card.best_epoch == 1 + int(np.argmin(losses))
    held_out = read_examples(small_examples, "eval")
    positive = tf_keras.models.load_model(ModelFolder(root / "model").network).predict(
        dict(held_out.inputs), verbose=0
    )[:, 0]
    likelihood = np.where(held_out.labels == 1, positive, 1 - positive)
    assert -np.log(likelihood).mean() == pytest.approx(min(losses), rel=1e-4)
    assert training.metrics["eval_loss"] == min(losses)
    assert training.metrics["eval_accuracy"] == pytest.approx(((positive > 0.5) == held_out.labels).mean())


def test_the_auc_is_the_share_of_pairs_in_the_right_order(trained, small_examples):
    root, training = trained
    held_out = read_examples(small_examples, "eval")
    network = tf_keras.models.load_model(ModelFolder(root / "model").network)
    positive = network.predict(dict(held_out.inputs), verbose=0)[:, 0]
    yes, no = positive[held_out.labels == 1][:, None], positive[held_out.labels == 0][None, :]
    exact = ((yes > no) + 0.5 * (yes == no)).mean()
    assert training.metrics["eval_auc"] == pytest.approx(exact, abs=1e-3)


def test_the_report_shows_curves_hyperparameters_and_where_it_ran(trained):
    text = (trained[0] / "report.html").read_text()
    assert text.count("<svg") == 3
    for words in ("learning_rate", "one_device", "restarts", "examples per second", "eval auc"):
        assert words in text


def test_equal_trainings_give_equal_weights_with_dropout_too(small_examples, small_hyperparameters):
    hyperparameters = replace(small_hyperparameters, dropout_fraction=0.5)
    first, second, other = (
        fit(job(small_examples, hyperparameters, epochs=2, seed=seed)).weights for seed in (1, 1, 2)
    )
    assert_same(first, second)
    assert not np.array_equal(first[0], other[0])


def test_an_interrupted_training_goes_on_as_if_nothing_had_happened(small_examples, small_hyperparameters, tmp_path):
    whole = fit(job(small_examples, small_hyperparameters, epochs=4))
    path = tmp_path / "state.npz"
    part = job(small_examples, small_hyperparameters, path, epochs=4, max_seconds=1e-9)
    assert fit(part).finished == "time"
    interrupted = replace(read_state(path, part.key), finished="")
    assert interrupted.epochs == 1
    write_state(interrupted, path)
    rest = fit(job(small_examples, small_hyperparameters, path, epochs=4))
    assert_same(rest.weights, whole.weights)
    assert (rest.history, rest.best_epoch, rest.finished) == (whole.history, whole.best_epoch, "epochs")


def test_a_state_of_another_training_is_not_used(small_examples, small_hyperparameters, tmp_path):
    path = tmp_path / "state.npz"
    fit(job(small_examples, small_hyperparameters, path, epochs=1))
    again = fit(job(small_examples, small_hyperparameters, path, epochs=1, seed=7))
    assert_same(again.weights, fit(job(small_examples, small_hyperparameters, epochs=1, seed=7)).weights)


def test_yesterdays_state_is_not_used_for_todays_rows_of_the_same_size(small_examples, small_hyperparameters, tmp_path):
    """WHY: a kept checkpoint once returned the model of earlier data, because only sizes of files were compared."""
    today = ExamplesFolder(shutil.copytree(small_examples.root, tmp_path / "today"))
    path = tmp_path / "state.npz"
    yesterday = fit(job(today, small_hyperparameters, path, epochs=1))
    size = today.file("train").stat().st_size
    mapped = read_examples(today, "train").copied()
    turned = {**mapped.inputs, "dense": mapped.inputs["dense"][::-1]}
    write_examples(today.file("train"), today.spec(), turned, mapped.labels)
    assert today.file("train").stat().st_size == size
    again = fit(job(today, small_hyperparameters, path, epochs=1))
    assert again.history != yesterday.history
    assert_same(again.weights, fit(job(today, small_hyperparameters, epochs=1)).weights)


def test_a_state_is_the_same_after_its_file(tmp_path):
    state = TrainingState(key="k").after_epoch(
        {"loss": 2.0, "eval_loss": 3.0}, 0.5, 0.25, [np.ones((2, 2)), np.zeros(1)], 0.0
    )
    state = replace(state, optimizer=tuple(np.full(1, float(i)) for i in range(11)), finished="epochs")
    write_state(state, tmp_path / "state.npz")
    again = read_state(tmp_path / "state.npz", "k")
    for name in ("weights", "optimizer", "best_weights"):
        assert_same(getattr(again, name), getattr(state, name))
    empty = {"weights": (), "optimizer": (), "best_weights": ()}
    assert replace(again, **empty) == replace(state, **empty)


def test_patience_ends_training_and_small_gains_do_not_count():
    state = TrainingState(key="k")
    for loss in (1.0, 0.95, 0.5, 0.45):
        state = state.after_epoch({"loss": loss, "eval_loss": loss}, 1.0, 0.5, [np.array(loss)], 0.1)
    assert (state.best_epoch, state.best_loss, state.best_weights[0]) == (3, 0.5, 0.5)


def test_a_training_that_gets_no_better_stops_after_patience(small_examples, small_hyperparameters):
    state = fit(job(small_examples, small_hyperparameters, epochs=9, patience=2, min_delta=100.0))
    assert (state.finished, state.epochs, state.best_epoch) == ("patience", 3, 1)


def test_balanced_classes_raise_the_rare_classs_probability(small_examples, small_hyperparameters):
    label = read_examples(small_examples, "train").labels
    assert label.mean() < 0.5
    plain, balanced = (
        fit(job(small_examples, small_hyperparameters, epochs=3, balance_classes=flag)) for flag in (False, True)
    )
    assert balanced.weights[-1][0] > plain.weights[-1][0]


def test_a_multiclass_and_a_regression_problem_train(small_examples, small_hyperparameters, tmp_path):
    spec = small_examples.spec()
    source = read_examples(small_examples, "train")
    labels = {
        Problem.MULTICLASS: (
            Label(name="y", problem=Problem.MULTICLASS, classes=("a", "b", "c")),
            source.inputs["ids"][:, 0] // 2,
        ),
        Problem.REGRESSION: (Label(name="y", problem=Problem.REGRESSION, mean=5.0), source.inputs["dense"][:, 0]),
    }
    for problem, (label, values) in labels.items():
        folder = ExamplesFolder(tmp_path / problem)
        folder.root.mkdir()
        for split in ("train", "eval"):
            write_examples(folder.file(split), replace(spec, label=label), source.inputs, values)
        write_document(replace(spec, label=label), folder.spec_path)
        losses = fit(job(folder, small_hyperparameters, epochs=4)).history["eval_loss"]
        assert losses[-1] < 0.6 * losses[0]


def test_balance_classes_is_refused_without_classes(small_examples, small_hyperparameters, tmp_path):
    spec = replace(small_examples.spec(), label=Label(name="y", problem=Problem.REGRESSION))
    folder = ExamplesFolder(tmp_path)
    for split in ("train", "eval"):
        inputs = {"dense": np.ones((8, 2), np.float32), "ids": np.ones((8, 1), np.int32)}
        write_examples(folder.file(split), spec, inputs, np.ones(8))
    write_document(spec, folder.spec_path)
    with pytest.raises(InputError, match="the label is a number"):
        fit(job(folder, small_hyperparameters, balance_classes=True))


def test_an_empty_split_is_refused(small_examples, small_hyperparameters, tmp_path):
    spec = small_examples.spec()
    folder = ExamplesFolder(tmp_path)
    for split, rows in (("train", 8), ("eval", 0)):
        inputs = {"dense": np.ones((rows, 2), np.float32), "ids": np.ones((rows, 1), np.int32)}
        write_examples(folder.file(split), spec, inputs, np.ones(rows))
    write_document(spec, folder.spec_path)
    with pytest.raises(InputError, match="the eval split .* has no example"):
        fit(job(folder, small_hyperparameters))


def test_a_loss_that_is_no_number_from_the_start_names_the_learning_rate(small_examples, small_hyperparameters):
    with pytest.raises(InputError, match="eval loss is nan .* learning_rate below 1e"):
        fit(job(small_examples, replace(small_hyperparameters, learning_rate=1e38)))


def test_examples_of_another_transform_are_refused(small_examples, small_transform, small_tuning, tmp_path):
    other = TransformFolder(tmp_path)
    write_document(replace(small_transform.spec(), dense=("b", "a")), other.spec_path)
    with pytest.raises(InputError, match="were not made by the transform"):
        run(inputs_of(small_examples, other, small_tuning), TrainDistributedConfig())
