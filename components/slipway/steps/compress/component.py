"""The Kubeflow Pipelines shell of compress."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def compress(
    transformed_examples: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    compressed_model: dsl.Output[dsl.Model],
    metrics: dsl.Output[dsl.Metrics],
    report: dsl.Output[dsl.HTML],
    summary: dsl.Output[dsl.Markdown],
    config: dict = {},
) -> bool:
    """Convert a model to LiteRT in several compressed forms and choose the smallest that is still good enough.

    Args:
        transformed_examples: those the model was trained with; int8 is calibrated on train, all is measured on test.
        model: the trained model; its network, without the transform, is compressed.
        compressed_model: a LiteRT file of each variant, model.tflite (the chosen one) and compression.json.
        metrics: bytes, latency and deciding metric before and after, the compression ratio, and the verdict.
        report: what each variant costs and saves, all metrics, and how to feed the files.
        summary: the verdict and the trade-off as a table.
        config: settings of CompressConfig, such as {"metric": "auc", "allowed_loss": 0.002, "variants": ["int8"]}.

    Returns:
        True when a compressed variant is within the allowed loss and bounds.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.compress.config import CompressConfig
    from slipway.steps.compress.core import Inputs, Outputs, run, write

    inputs = Inputs(transformed_examples=Path(transformed_examples.path), model=Path(model.path))
    result = run(inputs, parse(CompressConfig, config))
    outputs = Outputs(
        compressed_model=Path(compressed_model.path), report=Path(report.path), summary=Path(summary.path)
    )
    write(result, outputs)
    metrics.metadata.update(result.metrics)
    compressed_model.metadata.update(result.facts)
    return result.passed
