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
    """Read CSV, Parquet, JSON Lines or Avro and write Parquet splits for train, eval and test.

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
    from slipway.steps.ingest.core import Inputs, Outputs, run, write

    inputs = Inputs(workspace=Path(examples.path).with_name(".workspace"))
    result = run(inputs, parse(IngestConfig, config, data_uri=data_uri, label=label))
    write(result, Outputs(examples=Path(examples.path), summary=Path(summary.path)))
    metrics.metadata.update(result.metrics)
    examples.metadata.update(result.facts)
