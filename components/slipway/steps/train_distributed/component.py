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
        strategy: name of a tf.distribute strategy, such as mirrored or multi_worker_mirrored; auto chooses.
        workers: worker processes; above 1 only with a strategy of several workers, or auto.
        epochs: passes over the training examples at most; training stops earlier when the eval loss falls no further.
        config: further settings, such as seed, patience, optimizer, schedule, mixed_precision, checkpoint_dir.
    """
    import os
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.train_distributed.config import TrainDistributedConfig
    from slipway.steps.train_distributed.core import Inputs, Outputs, run, write

    inputs = Inputs(
        transformed_examples=Path(transformed_examples.path),
        transform_graph=Path(transform_graph.path),
        best_hyperparameters=Path(best_hyperparameters.path),
        tf_config=os.environ.get("TF_CONFIG", ""),
    )
    result = run(inputs, parse(TrainDistributedConfig, config, strategy=strategy, workers=workers, epochs=epochs))
    write(result, Outputs(model=Path(model.path), report=Path(report.path)))
    metrics.metadata.update(result.metrics)
    model.metadata.update(result.facts)
