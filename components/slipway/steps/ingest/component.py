"""The Kubeflow Pipelines shell of ingest."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def ingest(
    examples: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    summary: dsl.Output[dsl.Markdown],
    data_uri: str,
    label: str = "",
    config: dict = {},
):
    """Read CSV, Parquet or JSON Lines and write Parquet splits for train, eval and test.

    Args:
        examples: the rows, one folder of Parquet files per split, and a manifest.
        metrics: rows, rows_train, rows_eval, rows_test, columns and rows_without_label.
        summary: the splits and the columns with their types.
        data_uri: path, folder, glob or URI (s3://, gs://, http(s)://, memory://) of the files; .gz and .zst are read.
        label: column to predict; rows without it are dropped. Empty when there is none.
        config: how rows are read and split, such as {"group_column": "customer_id"}; see IngestConfig.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.ingest.config import IngestConfig
    from slipway.steps.ingest.core import ingest_table
    from slipway.steps.ingest.summary import markdown_summary

    ingested = ingest_table(parse(IngestConfig, config, data_uri=data_uri, label=label), Path(examples.path))
    examples.metadata["digest"] = ingested.manifest.digest
    examples.metadata["rows"] = ingested.rows()
    metrics.log_metric("rows", ingested.rows())
    metrics.log_metric("rows_train", ingested.rows("train"))
    metrics.log_metric("rows_eval", ingested.rows("eval"))
    metrics.log_metric("rows_test", ingested.rows("test"))
    metrics.log_metric("columns", len(ingested.manifest.columns))
    metrics.log_metric("rows_without_label", ingested.rows_without_label)
    Path(summary.path).write_text(markdown_summary(ingested), encoding="utf-8")
