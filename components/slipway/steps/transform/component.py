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
    from slipway.steps.transform.config import TransformConfig
    from slipway.steps.transform.core import Inputs, Outputs, run, write

    workspace = Path(transformed_examples.path).with_name(".workspace")
    inputs = Inputs(examples=Path(examples.path), schema=Path(schema.path), workspace=workspace)
    result = run(inputs, parse(TransformConfig, config, label=label))
    write(
        result,
        Outputs(
            transform_graph=Path(transform_graph.path),
            transformed_examples=Path(transformed_examples.path),
            summary=Path(summary.path),
        ),
    )
    metrics.metadata.update(result.metrics)
    transformed_examples.metadata.update(result.facts)
