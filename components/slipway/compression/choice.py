"""Which compressed variant is good enough, and which of those is taken."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from slipway.contracts.compressions import Compression, Variant
from slipway.contracts.errors import DataError
from slipway.contracts.examples import Label
from slipway.contracts.verdicts import Verdict
from slipway.metrics.metric import METRICS, default_metric, label_unit, ranked_metric

_ALLOWED_LOSS = 0.005
_ALLOWED_SHARE_OF_SPREAD = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a compressed variant may cost.

    Attributes:
        metric: the deciding metric; None means accuracy for classification and RMSE for regression.
        allowed_loss: largest worsening of it, in its own unit; None for the metric's default.
        max_latency_milliseconds: slower variants are refused; None for no bound.
        max_bytes: larger variants are refused; None for no bound.
    """

    metric: str | None = None
    allowed_loss: float | None = None
    max_latency_milliseconds: float | None = None
    max_bytes: int | None = None


def deciding_metric(bounds: Bounds, label: Label) -> str:
    """The metric that decides.

    Raises:
        InputError: no metric of the label's problem has this name, or neither more nor less of it is better.
    """
    return ranked_metric(bounds.metric or default_metric(label.problem).name, label.problem, "metric").name


def allowed_loss(bounds: Bounds, label: Label, metric: str) -> float:
    """How much worse the metric may get, in its own unit."""
    if bounds.allowed_loss is not None:
        return bounds.allowed_loss
    entry = METRICS.get(metric)
    return _ALLOWED_SHARE_OF_SPREAD * label_unit(entry, label) if entry.spread else _ALLOWED_LOSS


def choose(uncompressed: Variant, compressed: Sequence[Variant], label: Label, bounds: Bounds) -> Compression:
    """Compare every variant with the bounds and take the smallest accepted one, of equally small ones the fastest.

    Args:
        uncompressed: the network as trained, and its size and latency without compression.
        compressed: at least one variant, with metrics of the same examples.
        label: what is predicted.
        bounds: the deciding metric and what is allowed.

    Raises:
        InputError: the deciding metric does not exist.
        DataError: it is undefined for the network itself, so that nothing can be compared with it.
    """
    metric = deciding_metric(bounds, label)
    if metric not in uncompressed.metrics:
        raise DataError(f"{metric} of the network is undefined on the test examples; choose another deciding metric")
    compared = [_within_bounds(variant, uncompressed, metric, label, bounds) for variant in compressed]
    accepted = sorted((v for v in compared if v.accepted), key=lambda v: (v.bytes, v.latency_milliseconds, v.name))
    reasons = () if accepted else tuple(f"{v.name}: {reason}" for v in compared for reason in v.refusals)
    chosen = accepted[0] if accepted else None
    return Compression(
        verdict=Verdict(reasons=reasons, warnings=_warnings(uncompressed, chosen)),
        metric=metric,
        allowed_loss=allowed_loss(bounds, label, metric),
        variants=(uncompressed, *compared),
        chosen=chosen.name if chosen else "",
    )


def loss(metric: str, before: float, after: float) -> float:
    """How much worse ``after`` is than ``before``; negative when it is better."""
    return METRICS.get(metric).worsening(before, after)


def _within_bounds(variant: Variant, uncompressed: Variant, metric: str, label: Label, bounds: Bounds) -> Variant:
    reasons = []
    allowed = allowed_loss(bounds, label, metric)
    before, after = uncompressed.metrics[metric], variant.metrics.get(metric)
    if after is None:
        reasons.append(f"{metric} is undefined on the test examples, {before:.4g} without compression")
    elif loss(metric, before, after) > allowed:
        reasons.append(f"{metric} goes from {before:.4g} to {after:.4g}, allowed is a loss of {allowed:.4g}")
    latency, most = variant.latency_milliseconds, bounds.max_latency_milliseconds
    if most is not None and latency > most:
        reasons.append(f"a prediction takes {latency:.4g} ms, allowed are {most:.4g} ms")
    if bounds.max_bytes is not None and variant.bytes > bounds.max_bytes:
        reasons.append(f"it has {variant.bytes} bytes, allowed are {bounds.max_bytes}")
    return replace(variant, accepted=not reasons, refusals=tuple(reasons))


def _warnings(uncompressed: Variant, chosen: Variant | None) -> tuple[str, ...]:
    if chosen is None or chosen.bytes < uncompressed.bytes:
        return ()
    return (
        f"{chosen.name} has {chosen.bytes} bytes and saves nothing: without compression it is {uncompressed.bytes}",
    )
