"""The reference pipeline: a table in, a served, compressed and judged model out."""

from kfp import dsl

from slipway.components import compress, evaluate_slices, ingest, push, train_distributed, transform, tune, validate


@dsl.pipeline(name="continuous-training")
def continuous_training(
    data_uri: str,
    label: str,
    destination: str,
    model_name: str = "model",
    trials: int = 8,
    strategy: str = "auto",
    workers: int = 1,
    epochs: int = 30,
    schema_uri: str = "",
    previous_statistics_uri: str = "",
    baseline_uri: str = "",
    ingest_config: dict = {},
    validate_config: dict = {},
    transform_config: dict = {},
    tune_config: dict = {},
    train_distributed_config: dict = {},
    evaluate_slices_config: dict = {},
    compress_config: dict = {},
    push_config: dict = {},
):
    """Train on a table and publish the model when data, model and compressed model are good enough.

    Args:
        data_uri: path, glob or URI of CSV, Parquet or JSON Lines files.
        label: the column to predict.
        destination: directory or object store URI that the model is published in.
        model_name: folder of the model below the destination.
        trials: attempts of the hyperparameter search; 0 takes the defaults.
        strategy: auto, one_device, mirrored or multi_worker_mirrored.
        workers: worker processes of multi_worker_mirrored.
        epochs: most passes over the training split.
        schema_uri: a schema.pbtxt to validate against; empty infers one.
        previous_statistics_uri: training statistics of an earlier run, to see drift; DESTINATION/MODEL_NAME/latest
            takes those of the newest pushed version, if there is one; empty for none.
        baseline_uri: a pushed version that the new model must not be worse than, likewise; empty for none.
        ingest_config: further settings of ingest.
        validate_config: further settings of validate.
        transform_config: further settings of transform.
        tune_config: further settings of tune.
        train_distributed_config: further settings of train-distributed.
        evaluate_slices_config: further settings of evaluate-slices.
        compress_config: further settings of compress.
        push_config: further settings of push.
    """
    # What lies at an address can change under the same name, so reading it and writing to it are never cached.
    data = ingest(data_uri=data_uri, label=label, config=ingest_config)
    data.set_caching_options(False).set_cpu_request("1").set_memory_request("1Gi").set_memory_limit("4Gi").set_retry(2)

    validated = validate(
        examples=data.outputs["examples"],
        label=label,
        schema_uri=schema_uri,
        previous_statistics_uri=previous_statistics_uri,
        config=validate_config,
    )
    validated.set_cpu_request("1").set_memory_request("2Gi").set_memory_limit("8Gi").set_retry(2)

    with dsl.If(validated.outputs["Output"] == True, name="data-is-valid"):  # noqa: E712
        transformed = transform(
            examples=data.outputs["examples"],
            schema=validated.outputs["schema"],
            label=label,
            config=transform_config,
        )
        transformed.set_cpu_request("1").set_memory_request("2Gi").set_memory_limit("8Gi").set_retry(2)
        tuned = tune(
            transformed_examples=transformed.outputs["transformed_examples"], trials=trials, config=tune_config
        )
        tuned.set_cpu_request("2").set_memory_request("2Gi").set_memory_limit("8Gi").set_retry(2)
        trained = train_distributed(
            transformed_examples=transformed.outputs["transformed_examples"],
            transform_graph=transformed.outputs["transform_graph"],
            best_hyperparameters=tuned.outputs["best_hyperparameters"],
            strategy=strategy,
            workers=workers,
            epochs=epochs,
            config=train_distributed_config,
        )
        trained.set_cpu_request("2").set_memory_request("2Gi").set_memory_limit("8Gi").set_retry(2)
        evaluated = evaluate_slices(
            examples=data.outputs["examples"],
            model=trained.outputs["model"],
            baseline_uri=baseline_uri,
            config=evaluate_slices_config,
        )
        evaluated.set_cpu_request("1").set_memory_request("2Gi").set_memory_limit("8Gi").set_retry(2)

        with dsl.If(evaluated.outputs["Output"] == True, name="model-is-blessed"):  # noqa: E712
            compressed = compress(
                transformed_examples=transformed.outputs["transformed_examples"],
                model=trained.outputs["model"],
                config=compress_config,
            )
            compressed.set_cpu_request("1").set_memory_request("2Gi").set_memory_limit("8Gi").set_retry(2)

            with dsl.If(compressed.outputs["Output"] == True, name="compression-is-good"):  # noqa: E712
                published = push(
                    model=trained.outputs["model"],
                    compressed_model=compressed.outputs["compressed_model"],
                    schema=validated.outputs["schema"],
                    statistics=validated.outputs["statistics"],
                    evaluation=evaluated.outputs["evaluation"],
                    destination=destination,
                    model_name=model_name,
                    config=push_config,
                )
                published.set_caching_options(False).set_cpu_request("500m").set_memory_request("512Mi")
                published.set_memory_limit("2Gi").set_retry(2)
