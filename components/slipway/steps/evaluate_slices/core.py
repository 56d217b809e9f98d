"""Evaluate a trained model on held-out rows, overall and by slice, and judge it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.contracts.documents import write_document
from slipway.contracts.evaluations import Evaluation, EvaluationFolder, FairnessGap
from slipway.contracts.examples import Problem
from slipway.contracts.models import ModelFolder
from slipway.contracts.tables import TableFolder
from slipway.metrics.curves import calibration_points, confusion_matrix, roc_points
from slipway.metrics.intervals import sample_weights
from slipway.metrics.metric import headline_metrics
from slipway.metrics.scores import Scores, fairness_gaps, overall_intervals, score, slice_metrics
from slipway.serving.served_models import opened_model
from slipway.steps.evaluate_slices import verdict as judging
from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
from slipway.steps.evaluate_slices.predictions import Predicted, predict
from slipway.steps.evaluate_slices.report import render_report, render_summary
from slipway.storage.folders import atomic_folder


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the shell hands to Kubeflow Pipelines.

    Attributes:
        passed: the verdict.
        metrics: scalar figures for the metrics artifact.
        classification: curve and confusion matrix as ``system.ClassificationMetrics`` holds them; empty for regression.
    """

    passed: bool
    metrics: dict[str, Any]
    classification: dict[str, Any]


def evaluate(
    examples: TableFolder,
    model: ModelFolder,
    baseline_uri: str,
    config: EvaluateSlicesConfig,
    *,
    evaluation: Path,
    report: Path,
    summary: Path,
) -> Evaluated:
    """Predict the split, score it overall and by slice, judge the scores, and write evaluation, report and summary.

    Args:
        examples: rows as ingest splits them.
        model: what to evaluate.
        baseline_uri: a pushed version to compare with, or ``<destination>/<model_name>/latest``; empty for none.
        config: slices, thresholds and intervals.
        evaluation: the EvaluationFolder to make.
        report: the HTML file to write.
        summary: the Markdown file to write.

    Raises:
        InputError: an unknown slice column or metric, or no model at ``baseline_uri``.
        DataError: the split is empty, holds no known label, or lacks a column.
        TransientError: the baseline's store did not answer.
    """
    label = model.card().spec.label
    judging.check_metric_names(config, label.problem)
    with opened_model(baseline_uri) as baseline:
        predicted = predict(examples, model, baseline, config)
    found = judge(predicted, config)
    pages = {report: render_report(found, label, baseline_uri), summary: render_summary(found, label)}
    with atomic_folder(evaluation) as folder:
        write_document(found, EvaluationFolder(folder).evaluation_path)
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Evaluated(found.verdict.passed, _figures(found), _classification(found))


def judge(predicted: Predicted, config: EvaluateSlicesConfig) -> Evaluation:
    """Score both models on the rows and say whether the new one may be published."""
    label, truth, problem = predicted.label, predicted.truth, predicted.label.problem
    metric = judging.slice_metric(config, problem)
    if not len(truth):
        return Evaluation(verdict=predicted.found, problem=problem, metrics={}, slice_metric=metric)
    weights = sample_weights(len(truth), config.confidence)
    scores = score(label, truth, predicted.predictions, predicted.slicings, weights)
    before = None
    if predicted.baseline is not None:
        before = score(label, truth, predicted.baseline, predicted.slicings, weights[:1])
    evaluation = Evaluation(
        verdict=predicted.found,
        problem=problem,
        metrics=scores.metrics(),
        baseline_metrics=before.metrics() if before else {},
        intervals=overall_intervals(scores, config.confidence),
        slices=slice_metrics(scores, before, predicted.slicings, metric, config.confidence),
        classes=label.classes,
        confusion=confusion_matrix(label, truth, predicted.predictions),
        roc=roc_points(truth, predicted.predictions[:, 1]) if problem is Problem.BINARY else (),
        calibration=calibration_points(label, truth, predicted.predictions),
        fairness=_fairness(scores, predicted, config),
        omitted_slices={name: size for slicing in predicted.slicings for name, size in slicing.omitted.items()},
        slice_metric=metric,
    )
    return judging.with_verdict(evaluation, label, truth, predicted.found, config)


def _fairness(scores: Scores, predicted: Predicted, config: EvaluateSlicesConfig) -> tuple[FairnessGap, ...]:
    if predicted.label.problem is not Problem.BINARY:
        return ()
    return fairness_gaps(scores, predicted.slicings, config.fairness_features, config.confidence)


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    """Scalars for the metrics artifact: every metric, the main ones of the baseline, counts and the verdict."""
    figures: dict[str, Any] = dict(evaluation.metrics)
    before = evaluation.baseline_metrics
    figures |= {f"baseline_{name}": before[name] for name in headline_metrics(evaluation.problem) if name in before}
    figures |= {
        "slices": float(len(evaluation.slices)),
        "omitted_slices": float(len(evaluation.omitted_slices)),
        "worse_slices": float(sum(part.worse for part in evaluation.slices)),
        "passed": evaluation.verdict.passed,
    }
    return figures


def _classification(evaluation: Evaluation) -> dict[str, Any]:
    """What ``ClassificationMetrics.log_roc_curve`` and ``log_confusion_matrix`` would store."""
    held: dict[str, Any] = {}
    if evaluation.roc:
        held["confidenceMetrics"] = [
            {
                "confidenceThreshold": point.threshold,
                "recall": point.true_positive_rate,
                "falsePositiveRate": point.false_positive_rate,
            }
            for point in evaluation.roc
        ]
    if evaluation.confusion:
        held["confusionMatrix"] = {
            "annotationSpecs": [{"displayName": name} for name in evaluation.classes],
            "rows": [{"row": list(row)} for row in evaluation.confusion],
        }
    return held
