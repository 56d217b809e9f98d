"""The Kubeflow Pipelines shell of transform."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def transform(
    examples: dsl.Input[dsl.Dataset],
    schema: dsl.Input[dsl.Artifact],
    transform_graph: dsl.Output[dsl.Artifact],
    transformed_examples: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    summary: dsl.Output[dsl.Markdown],
    label: str,
    config: dict = {},
):
    """Fit the preprocessing on the train split, save it as a TensorFlow graph, and transform every split with it.

    Args:
        examples: raw rows, one folder of Parquet files per split, as ingest writes them.
        schema: TensorFlow Metadata schema whose tags say of which kind each column is, as validate writes it.
        transform_graph: SavedModel that takes raw features, the form of its examples, and the plan of every column.
        transformed_examples: train, eval and test as dense vectors, ids and labels; Arrow or TFRecord.
        metrics: features, width of the dense vector, id columns, classes, and rows of each split.
        summary: what was inferred and fitted for each column, and why.
        label: the column that is predicted.
        config: further settings by name; see the table in the step's README.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.contracts.examples import ExamplesFolder, TransformFolder
    from slipway.contracts.tables import TableFolder
    from slipway.contracts.validations import SchemaFolder
    from slipway.steps.transform import core
    from slipway.steps.transform.config import TransformConfig
    from slipway.steps.transform.summary import describe, key_figures

    result = core.transform(
        TableFolder(Path(examples.path)),
        SchemaFolder(Path(schema.path)),
        TransformFolder(Path(transform_graph.path)),
        ExamplesFolder(Path(transformed_examples.path)),
        parse(TransformConfig, config, label=label),
    )
    Path(summary.path).write_text(describe(result), encoding="utf-8")
    metrics.metadata.update(key_figures(result))
    transformed_examples.metadata.update(key_figures(result))
