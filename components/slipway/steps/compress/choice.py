"""Which compressed variant is good enough, and which of those is taken."""

from collections.abc import Sequence
from dataclasses import replace

from slipway.contracts.compressions import Compression, Variant
from slipway.contracts.errors import DataError
from slipway.contracts.examples import Label
from slipway.contracts.verdicts import Verdict
from slipway.metrics.metric import METRICS, default_metric, label_unit, ranked_metric
from slipway.steps.compress.config import CompressConfig

_ALLOWED_LOSS = 0.005
_ALLOWED_SHARE_OF_SPREAD = 0.01


def deciding_metric(config: CompressConfig, label: Label) -> str:
    """The metric that decides.

    Raises:
        InputError: no metric of the label's problem has this name, or neither more nor less of it is better.
    """
    return ranked_metric(config.metric or default_metric(label.problem).name, label.problem, "metric").name


def allowed_loss(config: CompressConfig, label: Label, metric: str) -> float:
    """How much worse the metric may get, in its own unit."""
    if config.allowed_loss is not None:
        return config.allowed_loss
    entry = METRICS.get(metric)
    return _ALLOWED_SHARE_OF_SPREAD * label_unit(entry, label) if entry.spread else _ALLOWED_LOSS


def choose(uncompressed: Variant, compressed: Sequence[Variant], label: Label, config: CompressConfig) -> Compression:
    """Judge every compressed variant and take the smallest accepted one; of equally small ones the fastest.

    Args:
        uncompressed: the network as trained, and its size and latency without compression.
        compressed: at least one variant, with metrics of the same examples.
        label: what is predicted.
        config: the deciding metric and the bounds.

    Raises:
        InputError: the deciding metric does not exist.
        DataError: it is undefined for the network itself, so that nothing can be compared with it.
    """
    metric = deciding_metric(config, label)
    if metric not in uncompressed.metrics:
        raise DataError(f"{metric} of the network is undefined on the test examples; choose another deciding metric")
    judged = [_judged(variant, uncompressed, metric, label, config) for variant in compressed]
    accepted = sorted((v for v in judged if v.accepted), key=lambda v: (v.bytes, v.latency_milliseconds, v.name))
    reasons = () if accepted else tuple(f"{v.name}: {reason}" for v in judged for reason in v.refusals)
    chosen = accepted[0] if accepted else None
    return Compression(
        verdict=Verdict(reasons=reasons, warnings=_warnings(uncompressed, chosen)),
        metric=metric,
        allowed_loss=allowed_loss(config, label, metric),
        variants=(uncompressed, *judged),
        chosen=chosen.name if chosen else "",
    )


def loss(metric: str, before: float, after: float) -> float:
    """How much worse ``after`` is than ``before``; negative when it is better."""
    return METRICS.get(metric).worsening(before, after)


def _judged(variant: Variant, uncompressed: Variant, metric: str, label: Label, config: CompressConfig) -> Variant:
    reasons = []
    allowed = allowed_loss(config, label, metric)
    before, after = uncompressed.metrics[metric], variant.metrics.get(metric)
    if after is None:
        reasons.append(f"{metric} is undefined on the test examples, {before:.4g} without compression")
    elif loss(metric, before, after) > allowed:
        reasons.append(f"{metric} goes from {before:.4g} to {after:.4g}, allowed is a loss of {allowed:.4g}")
    latency, most = variant.latency_milliseconds, config.max_latency_milliseconds
    if most is not None and latency > most:
        reasons.append(f"a prediction takes {latency:.4g} ms, allowed are {most:.4g} ms")
    if config.max_bytes is not None and variant.bytes > config.max_bytes:
        reasons.append(f"it has {variant.bytes} bytes, allowed are {config.max_bytes}")
    return replace(variant, accepted=not reasons, refusals=tuple(reasons))


def _warnings(uncompressed: Variant, chosen: Variant | None) -> tuple[str, ...]:
    if chosen is None or chosen.bytes < uncompressed.bytes:
        return ()
    return (
        f"{chosen.name} has {chosen.bytes} bytes and saves nothing: without compression it is {uncompressed.bytes}",
    )
