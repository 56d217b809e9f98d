"""The Kubeflow Pipelines shell of push."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def push(
    model: dsl.Input[dsl.Model],
    compressed_model: dsl.Input[dsl.Model],
    schema: dsl.Input[dsl.Artifact],
    statistics: dsl.Input[dsl.Artifact],
    evaluation: dsl.Input[dsl.Artifact],
    pushed: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    summary: dsl.Output[dsl.Markdown],
    destination: str,
    model_name: str = "model",
    config: dict = {},
) -> str:
    """Publish an accepted model as the next version, whole or not at all, in TensorFlow Serving's layout.

    Args:
        model: the trained model; its SavedModel is what is served.
        compressed_model: its LiteRT form, published beside it; push refuses when compress did.
        schema: of the training data, published with the model.
        statistics: of the training data; the next run's data is compared with them.
        evaluation: metrics and verdict of evaluate-slices; push refuses when it refused.
        pushed: pushed.json: version, address, content digest, and whether anything was written.
        metrics: version, pushed (1 or 0), bytes.
        summary: where the model lies now, and the versions beside it.
        destination: folder or URI that holds models, such as /models, s3://bucket/models or gs://bucket/models.
        model_name: folder of this model in the destination; what TensorFlow Serving calls the model.
        config: further settings of PushConfig, such as {"keep_versions": 5}.

    Returns:
        The address of the version that has the model's content.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.push.config import PushConfig
    from slipway.steps.push.core import Inputs, Outputs, run, write

    inputs = Inputs(
        model=Path(model.path),
        compressed_model=Path(compressed_model.path),
        schema=Path(schema.path),
        statistics=Path(statistics.path),
        evaluation=Path(evaluation.path),
    )
    result = run(inputs, parse(PushConfig, config, destination=destination, model_name=model_name))
    write(result, Outputs(pushed=Path(pushed.path), summary=Path(summary.path)))
    metrics.metadata.update(result.metrics)
    pushed.metadata.update(result.facts)
    return result.pushed.uri
