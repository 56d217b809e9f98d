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

    from slipway.contracts import documents, published_models
    from slipway.steps.push import config as settings
    from slipway.steps.push import contents, core
    from slipway.steps.push import summary as words
    from slipway.storage import folders

    publication = core.push_model(
        contents.sources(model.path, compressed_model.path, schema.path, statistics.path, evaluation.path),
        documents.parse(settings.PushConfig, config, destination=destination, model_name=model_name),
    )
    with folders.atomic_folder(Path(pushed.path)) as folder:
        documents.write_document(publication.pushed, published_models.PushFolder(folder).pushed_path)
    pushed.metadata.update(publication.pushed.facts())
    metrics.log_metric("version", publication.pushed.version)
    metrics.log_metric("pushed", float(publication.pushed.pushed))
    metrics.log_metric("bytes", publication.bytes)
    Path(summary.path).write_text(words.push_summary(publication), encoding="utf-8")
    return publication.pushed.uri
