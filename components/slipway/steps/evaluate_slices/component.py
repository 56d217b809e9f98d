"""The Kubeflow Pipelines shell of ``evaluate_slices``."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def evaluate_slices(
    examples: dsl.Input[dsl.Dataset],
    model: dsl.Input[dsl.Model],
    evaluation: dsl.Output[dsl.Artifact],
    metrics: dsl.Output[dsl.Metrics],
    classification_metrics: dsl.Output[dsl.ClassificationMetrics],
    report: dsl.Output[dsl.HTML],
    summary: dsl.Output[dsl.Markdown],
    baseline_uri: str = "",
    config: dict = {},
) -> bool:
    """Evaluate a model on held-out rows, overall and by slice, and say whether it may be published.

    Args:
        examples: the table as ingest split it; the test split is predicted from its raw columns.
        model: the SavedModel that train-distributed exported.
        evaluation: evaluation.json: metrics with intervals, slices, baseline, curves, fairness and the verdict.
        metrics: every metric over all rows, the main ones of the baseline, numbers of slices, and the verdict.
        classification_metrics: ROC curve and confusion matrix; empty for regression.
        report: verdict, metrics, slices sorted by gap, ROC curve, confusion matrix, calibration and fairness.
        summary: verdict with reasons and warnings, main figures, and the slices furthest behind.
        baseline_uri: a pushed version that the model must not be worse than, or MODEL/latest; empty for none.
        config: the fields of EvaluateSlicesConfig, such as slices, thresholds, max_slice_gap, confidence.

    Returns:
        True when nothing speaks against publishing the model.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
    from slipway.steps.evaluate_slices.core import Inputs, Outputs, run, write

    inputs = Inputs(examples=Path(examples.path), model=Path(model.path))
    result = run(inputs, parse(EvaluateSlicesConfig, config, baseline_uri=baseline_uri))
    write(result, Outputs(evaluation=Path(evaluation.path), report=Path(report.path), summary=Path(summary.path)))
    metrics.metadata.update(result.metrics)
    classification_metrics.metadata.update(result.classification)
    evaluation.metadata.update(result.facts)
    return result.passed
