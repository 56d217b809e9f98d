"""Train a model: choose where, fit, keep the best weights, export."""

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from slipway.steps.train_distributed.report import render_report
from slipway.storage.folders import atomic_folder
from slipway.training.examples import Examples, read_examples
from slipway.training.jobs import LoopOptions, Placement, TrainingJob, TrainingOptions
from slipway.training.launcher import TrainingOutcome, choose_launcher
from slipway.training.network import build_network
from slipway.training.state import TrainingState
from slipway.training.strategy import choose_placement, place_in_cluster
from slipway.training.tensorboard import write_logs

_STATE_FILE = "training.npz"
_PREDICTION_BATCH_SIZE = 8192
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What train-distributed reads.

    Attributes:
        transformed_examples: an examples folder; train is learned from, eval decides when to stop.
        transform_graph: the folder of the preprocessing they were made with; it becomes part of the model.
        best_hyperparameters: a tuning folder.
        tf_config: what ``TF_CONFIG`` says when a platform runs this process as one of several workers, else empty.
    """

    transformed_examples: Path
    transform_graph: Path
    best_hyperparameters: Path
    tf_config: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What train-distributed writes: a model folder, and a page of HTML."""

    model: Path
    report: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished training.

    Attributes:
        card: what the model folder says of it.
        metrics: the scalars for people: ``eval_loss``, ``eval_accuracy`` and ``eval_auc`` or ``eval_rmse``, ``epochs``,
            ``best_epoch``, ``parameters``, ``examples_per_second``, ``input_wait_fraction``, ``restarts``.
        state: the last one of the training.
        network: with the weights of the best epoch, in float32.
        signature: predicts with the network from transformed examples.
        transform: the preprocessing of the model.
        chief: whether this process writes the model.
        tensorboard: whether the model gets logs.
    """

    card: ModelCard
    metrics: dict[str, float]
    state: TrainingState
    network: tf_keras.Model
    signature: Any
    transform: TransformFolder
    chief: bool
    tensorboard: bool

    @property
    def facts(self) -> dict[str, str | int]:
        """What the artifact's metadata shows."""
        return {
            "strategy": self.card.strategy,
            "workers": self.card.workers,
            "best_epoch": self.card.best_epoch,
            "stopped_by": self.state.finished,
        }


def run(inputs: Inputs, config: TrainDistributedConfig) -> Result:
    """Train on the train split, stop by the eval split, and keep the weights of the best epoch.

    Raises:
        InputError: settings and data do not fit together; the message says which.
        TransientError: local workers died again and again.
    """
    examples, transform = ExamplesFolder(inputs.transformed_examples), TransformFolder(inputs.transform_graph)
    spec = examples.spec()
    if spec != transform.spec():
        raise InputError(f"the examples in {examples.root} were not made by the transform in {transform.root}")
    hyperparameters = TuningFolder(inputs.best_hyperparameters).result().best
    placement = (
        place_in_cluster(config.strategy, inputs.tf_config)
        if inputs.tf_config
        else choose_placement(config.strategy, workers=config.workers, replicas=config.replicas, gpus=_gpus())
    )
    outcome = _train(examples, hyperparameters, config, placement)
    state = outcome.state
    network = build_network(spec, hyperparameters, config.seed)
    network.set_weights(state.best_weights)
    signature = transformed_signature(network, spec)
    card = ModelCard(
        spec=spec,
        hyperparameters=hyperparameters,
        strategy=placement.strategy,
        workers=placement.workers,
        best_epoch=state.best_epoch,
        history=state.history,
    )
    metrics = _measure(signature, spec, read_examples(examples, EVAL), state)
    metrics["input_wait_fraction"] = sum(state.input_seconds) / sum(state.epoch_seconds)
    metrics["examples_per_second"] = _examples_per_second(state, read_examples(examples, TRAIN).rows)
    metrics["restarts"] = float(outcome.restarts)
    metrics["parameters"] = float(network.count_params())
    return Result(
        card=card,
        metrics=metrics,
        state=state,
        network=network,
        signature=signature,
        transform=transform,
        chief=placement.chief,
        tensorboard=config.tensorboard,
    )


def write(result: Result, outputs: Outputs) -> None:
    """Write the report, and as the chief the model, which appears whole or not at all."""
    if result.chief:
        with atomic_folder(outputs.model) as root:
            folder = ModelFolder(root)
            export_model(result.network, result.transform, folder.saved_model, result.signature)
            result.network.save(folder.network)
            _forget_times(folder.network)
            if result.tensorboard:
                write_logs(result.card.history, folder.logs)
            write_document(result.card, folder.card_path)
    outputs.report.parent.mkdir(parents=True, exist_ok=True)
    outputs.report.write_text(render_report(result.card, result.metrics, result.state), encoding="utf-8")


def _train(
    examples: ExamplesFolder, hyperparameters: Hyperparameters, config: TrainDistributedConfig, placement: Placement
) -> TrainingOutcome:
    """Train where ``placement`` and the launcher say."""
    launcher = choose_launcher(config.launcher, placement)
    with tempfile.TemporaryDirectory(prefix="slipway-train-") as temporary:
        kept = Path(config.checkpoint_dir) if config.checkpoint_dir else None
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
        job = TrainingJob(
            examples=examples.root,
            hyperparameters=hyperparameters,
            options=training_options(config),
            placement=placement,
            # Nobody would read the state of a single process again, unless it is kept.
            state_path=(kept or Path(temporary)) / _STATE_FILE if launcher.needs_state or kept else None,
            max_restarts=config.max_restarts,
            stall_seconds=config.stall_seconds,
            # A state in a folder of this run is this run's.
            known_key="" if kept else temporary,
        )
        return launcher.launch(job, Path(temporary))


def training_options(config: TrainDistributedConfig) -> TrainingOptions:
    """Return the part of the settings that says how weights are changed and when training ends."""
    return TrainingOptions(
        epochs=config.epochs,
        seed=config.seed,
        patience=config.patience,
        min_delta=config.min_delta,
        max_seconds=config.max_seconds,
        balance_classes=config.balance_classes,
        loop=LoopOptions(
            loop=config.loop,
            optimizer=config.optimizer,
            optimizer_settings=config.optimizer_settings,
            schedule=config.schedule,
            schedule_settings=config.schedule_settings,
            mixed_precision=config.mixed_precision,
        ),
    )


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
        found = evaluate_predictions(spec.label, held_out.labels, _probabilities(predict, held_out))
        metrics |= {"eval_auc": found["auc"]} if "auc" in found else {}
    return metrics | {
        "epochs": float(state.epochs),
        "best_epoch": float(state.best_epoch),
    }


def _probabilities(predict: Signature, examples: Examples) -> np.ndarray:
    """Return probabilities of all examples, shape (rows, classes)."""
    starts = range(0, examples.rows, _PREDICTION_BATCH_SIZE)
    batches = (examples.take(slice(start, start + _PREDICTION_BATCH_SIZE)).inputs for start in starts)
    return np.concatenate(
        [predict(**{name: tf.constant(values) for name, values in each.items()})["probabilities"] for each in batches]
    )


def _examples_per_second(state: TrainingState, rows: int) -> float:
    """Return the examples a second of the median epoch; the first one contains the tracing of the graph."""
    return rows / float(np.median(state.epoch_seconds[1:] or state.epoch_seconds))


def _forget_times(archive: Path) -> None:
    """Rewrite a ``.keras`` file without the time it was saved at, so that equal trainings give equal bytes."""
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in sorted(source.namelist())}
    members["metadata.json"] = b'{"keras_version": "%s"}' % tf_keras.__version__.encode()
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content)
