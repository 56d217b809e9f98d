"""The Kubeflow Pipelines shell of validate."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TFDV, install_kfp_package=False)
def validate(
    examples: dsl.Input[dsl.Dataset],
    schema: dsl.Output[dsl.Artifact],
    statistics: dsl.Output[dsl.Artifact],
    anomalies: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
    summary: dsl.Output[dsl.Markdown],
    label: str,
    schema_uri: str = "",
    previous_statistics_uri: str = "",
    config: dict = {},
) -> bool:
    """Compute statistics of every split, infer or read the schema, and check the data against it.

    Args:
        examples: the table that ingest wrote: Parquet files per split and a manifest.
        schema: the schema, TensorFlow Metadata as text, with the kind of every column as a tag.
        statistics: TFDV statistics of every split.
        anomalies: TFDV anomalies, and the verdict with everything it rests on as JSON.
        metrics: rows per split, features, anomalies, largest drift, whether the data passed.
        report: the verdict, features with histograms, anomalies and drift as a page that works offline.
        summary: the verdict and its reasons in short.
        label: the column that is predicted.
        schema_uri: a schema.pbtxt, a folder that holds one, or a pushed version, on any store; empty infers the schema.
        previous_statistics_uri: train.pb of an earlier run, its folder, a pushed version or MODEL/latest; empty: none.
        config: further bounds, such as ``{"min_rows": 1000, "max_numeric_drift": 0.05, "warn_only": ["schema"]}``.

    Returns:
        True when the data may go further.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.validate.config import ValidateConfig
    from slipway.steps.validate.core import Inputs, Outputs, run, write

    settings = parse(
        ValidateConfig, config, label=label, schema_uri=schema_uri, previous_statistics_uri=previous_statistics_uri
    )
    result = run(Inputs(examples=Path(examples.path)), settings)
    outputs = Outputs(
        schema=Path(schema.path),
        statistics=Path(statistics.path),
        anomalies=Path(anomalies.path),
        report=Path(report.path),
        summary=Path(summary.path),
    )
    write(result, outputs)
    metrics.metadata.update(result.metrics | result.facts)
    anomalies.metadata.update(result.facts)
    return result.passed
