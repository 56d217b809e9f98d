"""The Kubeflow Pipelines shell of ``tune``."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def tune(
    transformed_examples: dsl.Input[dsl.Dataset],
    best_hyperparameters: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
    trials: int = 8,
    config: dict = {},
):
    """Search for the hyperparameters with the lowest eval loss: short trainings in parallel, weak ones pruned.

    Args:
        transformed_examples: trials learn from the train split and are compared on the eval split.
        best_hyperparameters: the best hyperparameters and every trial.
        metrics: trials, pruned, failed, best value, and the value of the defaults.
        report: best hyperparameters, the objective over the trials and a table of all trials.
        trials: trainings to compare; the first has the default hyperparameters. 0 takes the defaults without a search.
        config: the other fields of TuneConfig, such as parallel, epochs, max_examples, timeout_seconds, pruner, space.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.tune.config import TuneConfig
    from slipway.steps.tune.core import Inputs, Outputs, run, write

    inputs = Inputs(transformed_examples=Path(transformed_examples.path))
    result = run(inputs, parse(TuneConfig, config, trials=trials))
    write(result, Outputs(best_hyperparameters=Path(best_hyperparameters.path), report=Path(report.path)))
    metrics.metadata.update(result.metrics)
    best_hyperparameters.metadata.update(result.facts)
