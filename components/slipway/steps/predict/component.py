"""The Kubeflow Pipelines shell of predict."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def predict(
    examples: dsl.Input[dsl.Dataset],
    predictions: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    summary: dsl.Output[dsl.Markdown],
    model: dsl.Input[dsl.Model] = None,
    model_uri: str = "",
    config: dict = {},
):
    """Predict the rows of a table by the graph that serves them online, in memory that does not grow with the rows.

    Args:
        examples: the table as ingest wrote it; the label may be absent.
        predictions: the rows with their predictions: Parquet, with the splits and the order of the table.
        metrics: rows, rows_without_prediction, the mean prediction, and how often each class is predicted.
        summary: which model predicted how many rows, what the columns mean, and how predictions are distributed.
        model: the model that train-distributed exported, or a pushed version; leave it out to give model_uri.
        model_uri: a pushed version such as s3://bucket/models/income/3, or MODEL/latest; leave it out to give model.
        config: the fields of PredictConfig, such as {"keep_columns": ["customer_id"]}.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.predict.config import PredictConfig
    from slipway.steps.predict.core import Inputs, Outputs, run, write
    from slipway.storage.folders import optional_path

    workspace = Path(predictions.path).with_name(".workspace")
    inputs = Inputs(examples=Path(examples.path), model=optional_path(model), workspace=workspace)
    result = run(inputs, parse(PredictConfig, config, model_uri=model_uri))
    write(result, Outputs(predictions=Path(predictions.path), summary=Path(summary.path)))
    metrics.metadata.update(result.metrics)
    predictions.metadata.update(result.facts)
