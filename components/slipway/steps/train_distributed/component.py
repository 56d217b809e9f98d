"""The Kubeflow Pipelines shell of ``train_distributed``."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def train_distributed(
    transformed_examples: dsl.Input[dsl.Dataset],
    transform_graph: dsl.Input[dsl.Artifact],
    best_hyperparameters: dsl.Input[dsl.Artifact],
    model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
    strategy: str = "auto",
    workers: int = 1,
    epochs: int = 30,
    config: dict = {},
):
    """Train a network on one device, several devices or several workers, and export it with its preprocessing.

    Args:
        transformed_examples: the train split is learned from, the eval split decides when to stop.
        transform_graph: the preprocessing the examples were made with; it becomes part of the model.
        best_hyperparameters: what tune found; the network and its optimizer are made of it.
        model: a SavedModel that takes raw features, the tf_keras network, and how they came about.
        metrics: eval loss, accuracy and AUC or RMSE, epochs, parameters, examples per second, input_wait_fraction.
        report: training curves, hyperparameters, strategy, workers and seconds per epoch.
        strategy: auto, one_device, mirrored or multi_worker_mirrored.
        workers: worker processes; above 1 only with auto and multi_worker_mirrored.
        epochs: passes over the training examples at most; training stops earlier when the eval loss falls no further.
        config: further settings, such as seed, patience, balance_classes, max_seconds, max_restarts.
    """
    import os
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.contracts.examples import ExamplesFolder, TransformFolder
    from slipway.contracts.models import TuningFolder
    from slipway.steps.train_distributed.config import TrainDistributedConfig
    from slipway.steps.train_distributed.core import train

    training = train(
        examples=ExamplesFolder(Path(transformed_examples.path)),
        transform=TransformFolder(Path(transform_graph.path)),
        tuning=TuningFolder(Path(best_hyperparameters.path)),
        model=Path(model.path),
        report=Path(report.path),
        config=parse(TrainDistributedConfig, config, strategy=strategy, workers=workers, epochs=epochs),
        tf_config=os.environ.get("TF_CONFIG", ""),
    )
    metrics.metadata.update(training.metrics)
    model.metadata.update(training.facts)
