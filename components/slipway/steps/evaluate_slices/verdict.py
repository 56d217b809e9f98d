"""From metrics to a verdict: thresholds, change against the baseline, slices and fairness."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.contracts.errors import InputError
from slipway.contracts.evaluations import Evaluation, FairnessGap, Interval, SliceMetrics
from slipway.contracts.examples import Label, Problem
from slipway.contracts.verdicts import Verdict
from slipway.metrics.metric import METRICS, Direction, Metric, default_metric, metrics_of, ranked_metric
from slipway.reporting.values import display
from slipway.steps.evaluate_slices.config import ChangeThreshold, EvaluateSlicesConfig, ValueThreshold

_NAMED = 5
"""How many slices or features a warning names."""


def check_metric_names(config: EvaluateSlicesConfig, problem: Problem) -> None:
    """Refuse thresholds on metrics that a problem does not have.

    Raises:
        InputError: naming the setting and the metrics there are.
    """
    known = metrics_of(problem)
    for field in ("thresholds", "slice_thresholds", "change_thresholds", "slice_change_thresholds"):
        for name in getattr(config, field):
            if name not in known:
                raise InputError(f"{field} names {name!r}; metrics of a {problem} problem are {', '.join(known)}")
    if config.slice_metric:
        ranked_metric(config.slice_metric, problem, "slice_metric")
    for name, threshold in {**config.change_thresholds, **config.slice_change_thresholds}.items():
        if threshold.direction is None and not known[name].is_ranked:
            raise InputError(f"change_thresholds.{name} needs a direction; more of it is neither better nor worse")


def slice_metric(config: EvaluateSlicesConfig, problem: Problem) -> str:
    """Return the metric by which slices are compared."""
    return config.slice_metric or default_metric(problem).name


def with_verdict(
    evaluation: Evaluation,
    label: Label,
    truth: NDArray[Any],
    verdict: Verdict,
    config: EvaluateSlicesConfig,
) -> Evaluation:
    """Return ``evaluation`` with a verdict: what ``verdict`` says already, and what its metrics say."""
    metrics, problem = evaluation.metrics, evaluation.problem
    reasons = [*verdict.reasons, *value_reasons(config.thresholds, metrics, "")]
    if config.default_thresholds:
        reasons += default_reasons(label, truth, metrics, evaluation.intervals, config)
    if evaluation.baseline_metrics:
        changes = default_changes(config, problem) | config.change_thresholds
        reasons += change_reasons(changes, metrics, evaluation.baseline_metrics, "")
    reasons += slice_reasons(evaluation.slices, metrics, problem, config)
    warnings = [
        *verdict.warnings,
        *slice_warnings(evaluation.slices, metrics, problem, config),
        *fairness_warnings(evaluation.fairness, config),
    ]
    return replace(evaluation, verdict=Verdict(reasons=tuple(reasons), warnings=tuple(warnings)))


def default_reasons(
    label: Label,
    truth: NDArray[Any],
    metrics: Mapping[str, float],
    intervals: Mapping[str, Interval],
    config: EvaluateSlicesConfig,
) -> list[str]:
    """Return why the model is not better than a constant answer, or below what is required of every model.

    A metric with a configured threshold is left to that. Accuracy refuses only when chance does not explain the
    difference: a good model of a rare class can lie as low.
    """
    if label.problem is not Problem.REGRESSION and len(np.unique(truth)) < 2:
        name = label.classes[int(truth[0])]
        return [f"every label is {name!r}; such examples cannot show whether the model is better than that answer"]
    reasons = []
    for metric in _required(label.problem):
        if metric.name in config.thresholds:
            continue
        if metric.name in metrics:
            reasons += _constant_reasons(metric, label, truth, metrics[metric.name], intervals.get(metric.name))
        if metric.requirement.least is not None:
            reasons += value_reasons({metric.name: ValueThreshold(lower_bound=metric.requirement.least)}, metrics, "")
    return reasons


def _required(problem: Problem) -> list[Metric]:
    """Return the metrics of a problem, the one that decides by default first."""
    return sorted(metrics_of(problem).values(), key=lambda metric: not metric.default)


def _constant_reasons(
    metric: Metric, label: Label, truth: NDArray[Any], value: float, interval: Interval | None
) -> list[str]:
    """Return why a metric of ``value`` is no better than that of a constant answer; at most one reason."""
    required, higher = metric.requirement, metric.direction is Direction.HIGHER_IS_BETTER
    if required.constant is None:
        return []
    constant = required.constant(truth, label.classes)
    told = f"{metric.name} is {display(value)}"
    bound = f"the {display(constant.value)} of {constant.answer}"
    if required.beyond_chance:
        best = value if interval is None else interval.high if higher else interval.low
        worse = "below" if higher else "above"
        return [f"{told}, {worse} {bound}"] if metric.worsening(constant.value, best) > 0 else []
    better = "above" if higher else "below"
    return [f"{told}, not {better} {bound}"] if metric.worsening(constant.value, value) >= 0 else []


def value_reasons(thresholds: Mapping[str, ValueThreshold], metrics: Mapping[str, float], where: str) -> list[str]:
    """Return what breaks its bounds; an undefined metric breaks those of all examples (``where`` empty), as in TFMA."""
    reasons = []
    for name, threshold in thresholds.items():
        value = metrics.get(name)
        if value is None:
            reasons += [] if where else [f"{name} is undefined for these examples; {_bounds(threshold)}"]
        elif not _within(value, threshold):
            reasons.append(f"{name}{where} is {display(value)}; {_bounds(threshold)}")
    return reasons


def change_reasons(
    thresholds: Mapping[str, ChangeThreshold],
    metrics: Mapping[str, float],
    baseline: Mapping[str, float],
    where: str,
) -> list[str]:
    """Return what became worse than the baseline by more than is allowed."""
    reasons = []
    for name, threshold in thresholds.items():
        value, before = metrics.get(name), baseline.get(name)
        if value is None or before is None:
            reasons += [] if where else [f"{name} is undefined, so its change against the baseline is not known"]
            continue
        direction = METRICS.get(name).direction
        if threshold.direction is not None:
            direction = Direction[threshold.direction.upper()]
        change, edge = value - before, "at least" if direction is Direction.HIGHER_IS_BETTER else "at most"
        told = f"{name}{where} is {display(value)}, the baseline's {display(before)}: a change of {_signed(change)}"
        if threshold.absolute is not None and direction * change < direction * threshold.absolute:
            reasons.append(f"{told}; it should be {edge} {_signed(threshold.absolute)}")
        relative = change / before if not math.isclose(before, 0.0) else math.nan
        if threshold.relative is not None and not direction * relative >= direction * threshold.relative:
            reasons.append(
                f"{told}, {_signed(100 * relative)} %; it should be {edge} {_signed(100 * threshold.relative)} %"
            )
    return reasons


def default_changes(config: EvaluateSlicesConfig, problem: Problem) -> dict[str, ChangeThreshold]:
    """Return what is required against a baseline when nothing else is said."""
    changes = {}
    for metric in _required(problem) if config.default_thresholds else ():
        bound = -metric.direction * config.baseline_tolerance
        if metric.requirement.against_baseline == "absolute":
            changes[metric.name] = ChangeThreshold(absolute=bound)
        elif metric.requirement.against_baseline == "relative":
            changes[metric.name] = ChangeThreshold(relative=bound)
    return changes


def slice_reasons(
    slices: Sequence[SliceMetrics],
    overall: Mapping[str, float],
    problem: Problem,
    config: EvaluateSlicesConfig,
) -> list[str]:
    """Return what breaks a threshold in a slice, and which slices are too far behind all examples."""
    reasons = []
    for part in slices:
        where = f" of {part.name} ({part.examples} examples)"
        reasons += value_reasons(config.slice_thresholds, part.metrics, where)
        if part.baseline_metrics:
            changes = config.slice_change_thresholds
            reasons += change_reasons(changes, part.metrics, part.baseline_metrics, where)
    metric = slice_metric(config, problem)
    for part, gap in behind(slices, overall, metric) if config.max_slice_gap is not None else ():
        if config.max_slice_gap is not None and gap > config.max_slice_gap:
            told = f"{metric} of {part.name} ({part.examples} examples) is {display(part.metrics[metric])}"
            reasons.append(f"{told}, {display(gap)} worse than overall; at most {config.max_slice_gap:g} is allowed")
    return reasons


def behind(
    slices: Iterable[SliceMetrics], overall: Mapping[str, float], metric: str
) -> list[tuple[SliceMetrics, float]]:
    """Return slices with how much worse than all examples each is, widest gap first; negative is better."""
    worsening = METRICS.get(metric).worsening
    gaps = [
        (part, worsening(overall[metric], part.metrics[metric]))
        for part in slices
        if metric in part.metrics and metric in overall
    ]
    return sorted(gaps, key=lambda item: (-item[1], item[0].name))


def slice_warnings(
    slices: Sequence[SliceMetrics], overall: Mapping[str, float], problem: Problem, config: EvaluateSlicesConfig
) -> Iterator[str]:
    """Yield a warning that names the slices that are significantly worse than all examples."""
    metric = slice_metric(config, problem)
    worse = [(part, gap) for part, gap in behind(slices, overall, metric) if part.worse]
    if worse:
        named = [f"{part.name} {display(part.metrics[metric])}" for part, _ in worse[:_NAMED]]
        where = "1 slice" if len(worse) == 1 else f"{len(worse)} slices"
        start = f"{metric} is significantly worse than the overall {display(overall[metric])} in {where}"
        yield f"{start}: {_listed(named, len(worse))}"


def fairness_warnings(gaps: Sequence[FairnessGap], config: EvaluateSlicesConfig) -> Iterator[str]:
    """Yield warnings that name the features with significant gaps wider than is allowed, each measure once."""
    for measure in dict.fromkeys(gap.measure for gap in gaps):
        wide = [gap for gap in gaps if gap.measure == measure and gap.significant and gap.gap > config.max_fairness_gap]
        named = [f"{gap.feature} {display(gap.gap)} ({gap.highest} above {gap.lowest})" for gap in wide[:_NAMED]]
        if named:
            listed = _listed(named, len(wide))
            yield f"{measure} differs by more than {config.max_fairness_gap:g} between the slices of {listed}"


def _listed(named: Sequence[str], count: int) -> str:
    more = f" and {count - len(named)} more" if count > len(named) else ""
    return ", ".join(named) + more


def _within(value: float, threshold: ValueThreshold) -> bool:
    low, high = threshold.lower_bound, threshold.upper_bound
    return (low is None or value >= low) and (high is None or value <= high)


def _bounds(threshold: ValueThreshold) -> str:
    low, high = threshold.lower_bound, threshold.upper_bound
    parts = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    return f"it should be {' and '.join(part for part in parts if part)}"


def _signed(value: float) -> str:
    return f"{value:+.3g}"
