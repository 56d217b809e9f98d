"""Evaluate a trained model on held-out rows, overall and by slice, and decide whether it may be published."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.contracts.documents import write_document
from slipway.contracts.evaluations import Evaluation, EvaluationFolder
from slipway.contracts.examples import Label, Problem
from slipway.contracts.models import ModelFolder
from slipway.contracts.tables import TableFolder
from slipway.metrics.curves import calibration_points, confusion_matrix, roc_points
from slipway.metrics.intervals import sample_weights
from slipway.metrics.metric import headline_metrics
from slipway.metrics.scores import fairness_gaps, overall_intervals, score, slice_metrics
from slipway.serving.served_models import opened_model
from slipway.steps.evaluate_slices import verdict as thresholds
from slipway.steps.evaluate_slices.config import EvaluateSlicesConfig
from slipway.steps.evaluate_slices.predictions import Predicted, predict
from slipway.steps.evaluate_slices.report import render_report, render_summary
from slipway.storage.folders import atomic_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What evaluate-slices reads.

    Attributes:
        examples: a table folder as ingest writes it.
        model: a model folder as train-distributed writes it.
    """

    examples: Path
    model: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where evaluate-slices writes: an EvaluationFolder, an HTML page, and Markdown."""

    evaluation: Path
    report: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found.

    Attributes:
        evaluation: metrics, slices, curves and the verdict.
        label: what is predicted.
        baseline_uri: what the model was compared with; empty for nothing.
    """

    evaluation: Evaluation
    label: Label
    baseline_uri: str

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against publishing the model."""
        return self.evaluation.verdict.passed

    @property
    def metrics(self) -> dict[str, Any]:
        """Scalars for the metrics artifact: every metric, the main ones of the baseline, counts and the verdict."""
        evaluation, before = self.evaluation, self.evaluation.baseline_metrics
        headlines = headline_metrics(evaluation.problem)
        return {
            **evaluation.metrics,
            **{f"baseline_{name}": before[name] for name in headlines if name in before},
            "slices": float(len(evaluation.slices)),
            "omitted_slices": float(len(evaluation.omitted_slices)),
            "worse_slices": float(sum(part.worse for part in evaluation.slices)),
            "passed": self.passed,
        }

    @property
    def classification(self) -> dict[str, Any]:
        """What ``ClassificationMetrics.log_roc_curve`` and ``log_confusion_matrix`` would store."""
        return _classification(self.evaluation)

    @property
    def facts(self) -> dict[str, bool]:
        """What the evaluation's artifact says of itself."""
        return {"passed": self.passed}


def run(inputs: Inputs, config: EvaluateSlicesConfig) -> Result:
    """Predict the split, score it overall and by slice, and decide on the scores.

    Raises:
        InputError: an unknown slice column or metric, or no model at ``config.baseline_uri``.
        DataError: the split is empty, holds no known label, or lacks a column.
        TransientError: the baseline's store did not answer.
    """
    model = ModelFolder(inputs.model)
    label = model.card().spec.label
    thresholds.check_metric_names(config, label.problem)
    with opened_model(config.baseline_uri) as baseline:
        predicted = predict(TableFolder(inputs.examples), model, baseline, config)
    return Result(evaluation=evaluate(predicted, config), label=label, baseline_uri=config.baseline_uri)


def write(result: Result, outputs: Outputs) -> None:
    """Write evaluation, report and summary."""
    pages = {
        outputs.report: render_report(result.evaluation, result.label, result.baseline_uri),
        outputs.summary: render_summary(result.evaluation, result.label),
    }
    with atomic_folder(outputs.evaluation) as folder:
        write_document(result.evaluation, EvaluationFolder(folder).evaluation_path)
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def evaluate(predicted: Predicted, config: EvaluateSlicesConfig) -> Evaluation:
    """Return the scores of both models on the rows, and whether the new one may be published."""
    label, truth, problem = predicted.label, predicted.truth, predicted.label.problem
    metric = thresholds.slice_metric(config, problem)
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
        fairness=fairness_gaps(scores, predicted.slicings, config.fairness_features, config.confidence),
        omitted_slices={name: size for slicing in predicted.slicings for name, size in slicing.omitted.items()},
        slice_metric=metric,
    )
    return thresholds.with_verdict(evaluation, label, truth, predicted.found, config)


def _classification(evaluation: Evaluation) -> dict[str, Any]:
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
