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
    from slipway.contracts.tables import TableFolder
    from slipway.steps.predict import core
    from slipway.steps.predict import summary as words
    from slipway.steps.predict.config import PredictConfig

    settings = parse(PredictConfig, config)
    with core.chosen_model(getattr(model, "path", None), model_uri) as chosen:
        found = core.predict_table(TableFolder(Path(examples.path)), chosen, settings, Path(predictions.path))
    predictions.metadata.update(digest=found.manifest.digest, rows=found.counts.rows, model_uri=found.model_uri)
    metrics.metadata.update(words.figures(found))
    Path(summary.path).write_text(words.markdown_summary(found), encoding="utf-8")
