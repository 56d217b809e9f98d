"""A table in, predictions of a published model out."""

from kfp import dsl

from slipway.components import ingest, predict


@dsl.pipeline(name="batch-prediction")
def batch_prediction(
    data_uri: str,
    model_uri: str,
    ingest_config: dict = {"only_split": "test"},
    predict_config: dict = {},
):
    """Predict the rows of a table with a model that was published before.

    Args:
        data_uri: path, glob or URI of CSV, Parquet or JSON Lines files; the label need not be in them.
        model_uri: a published version, such as s3://bucket/models/income/3; MODEL/latest takes the newest one.
        ingest_config: settings of ingest; by default the rows are not split.
        predict_config: settings of predict.
    """
    # What lies at an address can change under the same name, so reading it is never cached.
    data = ingest(data_uri=data_uri, config=ingest_config)
    data.set_caching_options(False).set_cpu_request("1").set_memory_request("1Gi").set_memory_limit("4Gi").set_retry(2)

    predicted = predict(examples=data.outputs["examples"], model_uri=model_uri, config=predict_config)
    predicted.set_cpu_request("1").set_memory_request("1Gi").set_memory_limit("2Gi").set_retry(2)
