"""Train a model: choose where, fit, keep the best weights, export."""

import logging
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from slipway.contracts.documents import write_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExamplesFolder, ExampleSpec, Problem, TransformFolder
from slipway.contracts.models import Hyperparameters, ModelCard, ModelFolder, TuningFolder
from slipway.contracts.tables import EVAL, TRAIN
from slipway.metrics.computing import evaluate_predictions
from slipway.serving.saved_model import Signature, export_model, transformed_signature
from slipway.steps.train_distributed.config import TrainDistributedConfig
from slipway.steps.train_distributed.fitting import Fit, fit
from slipway.steps.train_distributed.report import render_report
from slipway.steps.train_distributed.state import TrainingState
from slipway.steps.train_distributed.strategies import MULTI_WORKER, Placement, place, place_in_cluster
from slipway.steps.train_distributed.workers import Outcome, fit_in_processes
from slipway.storage.folders import atomic_folder
from slipway.training.examples import Examples, read_examples
from slipway.training.networks.tower import build_network
from slipway.training.processes import reserve_input_core

logger = logging.getLogger(__name__)

_STATE_FILE = "training.npz"
_PREDICTION_BATCH_SIZE = 8192
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A finished training.

    Attributes:
        card: what the model folder says of it.
        metrics: the scalars for people: ``eval_loss``, ``eval_accuracy`` and ``eval_auc`` or ``eval_rmse``, ``epochs``,
            ``best_epoch``, ``parameters``, ``examples_per_second``, ``input_wait_fraction``, ``restarts``.
        facts: what the artifact's metadata shows: strategy, workers, best epoch.
    """

    card: ModelCard
    metrics: dict[str, float]
    facts: dict[str, str | int]


def train(
    examples: ExamplesFolder,
    transform: TransformFolder,
    tuning: TuningFolder,
    model: Path,
    report: Path,
    config: TrainDistributedConfig,
    tf_config: str = "",
) -> Training:
    """Train on the train split, stop by the eval split, and write the model of the best epoch and an HTML report.

    Args:
        examples: transformed examples.
        transform: what they were transformed with; it becomes part of the model.
        tuning: the hyperparameters to use.
        model: the ModelFolder to write.
        report: the HTML file to write.
        config: how to train.
        tf_config: what ``TF_CONFIG`` says when a cluster runs this process as one of several workers, else empty. Only
            the chief among them writes the model.

    Raises:
        InputError: settings and data do not fit together; the message says which.
        TransientError: local workers died again and again.
    """
    if examples.spec() != transform.spec():
        raise InputError(f"the examples in {examples.root} were not made by the transform in {transform.root}")
    hyperparameters = tuning.result().best
    placement = place_in_cluster(config, tf_config) if tf_config else place(config, _gpus())
    outcome = _fit(examples, hyperparameters, config, placement, in_cluster=bool(tf_config))
    network = build_network(examples.spec(), hyperparameters, config.seed)
    network.set_weights(outcome.state.best_weights)
    predict = transformed_signature(network, examples.spec())
    training = _account(examples, hyperparameters, placement, outcome, predict)
    training.metrics["parameters"] = float(network.count_params())
    if placement.chief:
        with atomic_folder(model) as folder:
            _write(network, training.card, transform, ModelFolder(folder), predict)
    report.write_text(render_report(training.card, training.metrics, outcome.state), encoding="utf-8")
    return training


def _account(
    examples: ExamplesFolder,
    hyperparameters: Hyperparameters,
    placement: Placement,
    outcome: Outcome,
    predict: Signature,
) -> Training:
    """What came out; ``predict`` has the best weights."""
    spec, state = examples.spec(), outcome.state
    card = ModelCard(
        spec=spec,
        hyperparameters=hyperparameters,
        strategy=placement.strategy,
        workers=placement.workers,
        best_epoch=state.best_epoch,
        history=state.history,
    )
    metrics = _measure(predict, spec, read_examples(examples, EVAL), state)
    metrics["input_wait_fraction"] = sum(state.input_seconds) / sum(state.epoch_seconds)
    metrics["examples_per_second"] = _examples_per_second(state, read_examples(examples, TRAIN).rows)
    metrics["restarts"] = float(outcome.restarts)
    facts: dict[str, str | int] = {
        "strategy": card.strategy,
        "workers": card.workers,
        "best_epoch": card.best_epoch,
        "stopped_by": state.finished,
    }
    return Training(card=card, metrics=metrics, facts=facts)


def _fit(
    examples: ExamplesFolder,
    hyperparameters: Hyperparameters,
    config: TrainDistributedConfig,
    placement: Placement,
    in_cluster: bool,
) -> Outcome:
    """Train where ``placement`` says: in this process, or in processes that it starts."""
    with tempfile.TemporaryDirectory(prefix="slipway-train-") as temporary:
        kept = Path(config.checkpoint_dir) if config.checkpoint_dir else None
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
        state_path = (kept or Path(temporary)) / _STATE_FILE
        local = not in_cluster and (placement.strategy == MULTI_WORKER or placement.cpu_devices > 0)
        job = Fit(
            examples=examples.root,
            hyperparameters=hyperparameters,
            config=config,
            placement=placement,
            # Nobody would read the state of a single process again, unless it is kept.
            state_path=state_path if local or kept else None,
        )
        if local:
            return fit_in_processes(job, Path(temporary))
        reserve_input_core()
        return Outcome(fit(job), restarts=0)


def _gpus() -> int:
    return len(tf.config.list_physical_devices("GPU"))


def _measure(predict: Signature, spec: ExampleSpec, held_out: Examples, state: TrainingState) -> dict[str, float]:
    best = state.best_epoch - 1
    metrics = {"eval_loss": state.best_loss}
    if spec.label.problem is Problem.REGRESSION:
        metrics["eval_rmse"] = state.history["eval_rmse"][best] * spec.label.standard_deviation
    else:
        metrics["eval_accuracy"] = state.history["eval_accuracy"][best]
    if spec.label.problem is Problem.BINARY:
        found = evaluate_predictions(spec.label, held_out.label, _probabilities(predict, held_out))
        metrics |= {"eval_auc": found["auc"]} if "auc" in found else {}
    return metrics | {
        "epochs": float(state.epochs),
        "best_epoch": float(state.best_epoch),
    }


def _probabilities(predict: Signature, examples: Examples) -> np.ndarray:
    matrices = {"dense": examples.dense, "ids": examples.ids}
    used = {name: values for name, values in matrices.items() if values.shape[1]}
    starts = range(0, examples.rows, _PREDICTION_BATCH_SIZE)
    batches = ({name: tf.constant(used[name][i : i + _PREDICTION_BATCH_SIZE]) for name in used} for i in starts)
    return np.concatenate([predict(**batch)["probabilities"].numpy() for batch in batches])


def _examples_per_second(state: TrainingState, rows: int) -> float:
    """Of the median epoch; the first one contains the tracing of the graph."""
    return rows / float(np.median(state.epoch_seconds[1:] or state.epoch_seconds))


def _write(
    network: tf_keras.Model, card: ModelCard, transform: TransformFolder, folder: ModelFolder, predict: Signature
) -> None:
    export_model(network, transform, folder.saved_model, predict)
    network.save(folder.network)
    _forget_times(folder.network)
    write_document(card, folder.card_path)


def _forget_times(archive: Path) -> None:
    """Rewrite a ``.keras`` file without the time it was saved at, so that equal trainings give equal bytes."""
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in sorted(source.namelist())}
    members["metadata.json"] = b'{"keras_version": "%s"}' % tf_keras.__version__.encode()
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content)
