"""What compression costs and saves, for people: an HTML page and a Markdown summary."""

from markupsafe import Markup

from slipway.compression.choice import loss
from slipway.contracts.compressions import Compression, Tensor, Variant
from slipway.contracts.examples import Label
from slipway.reporting.charts import bar_chart, scatter_chart
from slipway.reporting.markdown import markdown_table, markdown_verdict
from slipway.reporting.page import Section, badge, join, key_figures, reasons_list, render_page, table
from slipway.reporting.values import NOTHING, display

_KIBIBYTE = 1024


def render_report(found: Compression, label: Label, test_rows: int, saved_model_bytes: int) -> str:
    """The whole page as HTML.

    Args:
        found: every variant and the choice.
        label: what is predicted.
        test_rows: examples that the metrics come from.
        saved_model_bytes: what TensorFlow Serving would load, the transform included.
    """
    sections = [
        Section(title="Overview", body=_overview(found, saved_model_bytes)),
        Section(
            title="What each variant costs and saves",
            body=join(_trade_off_table(found), *_charts(found)),
            lead="Sizes of LiteRT files of the network alone; the transform is not in them. Latency is the median of "
            "single predictions on one thread of the machine that ran this step.",
        ),
        Section(title="Metrics", body=_metrics_table(found), lead="On the same test examples."),
        Section(
            title="How to feed them",
            body=_tensors_table(found),
            lead="The inputs are transformed features, in the order that spec.json gives. "
            "A quantized tensor stores round(value / scale) + zero point.",
        ),
    ]
    subtitle = f"{label.problem} label {label.name}, {display(test_rows)} test examples"
    return render_page("Compression", sections, subtitle=subtitle, verdict=found.verdict)


def render_summary(found: Compression, label: Label, test_rows: int) -> str:
    """The verdict and the trade-off as Markdown."""
    figures = {
        "chosen": found.chosen or "none",
        "deciding metric": found.metric,
        "allowed loss": found.allowed_loss,
        "test examples": test_rows,
    }
    rows = [
        (v.name, v.bytes, v.latency_milliseconds, v.metrics.get(found.metric), _loss(found, v), v.accepted)
        for v in found.variants
    ]
    columns = ("Variant", "Bytes", "Latency ms", found.metric, "Loss", "Accepted")
    verdict = markdown_verdict(f"Compression of {label.name}", found.verdict, figures)
    return f"{verdict}\n{markdown_table(columns, rows)}"


def _overview(found: Compression, saved_model_bytes: int) -> Markup:
    before = found.variants[0]
    figures: dict[str, object] = {"chosen": found.chosen or NOTHING}
    for variant in found.variants[1:]:
        if variant.name == found.chosen:
            figures["times smaller"] = before.bytes / variant.bytes
            figures["times faster"] = before.latency_milliseconds / variant.latency_milliseconds
            figures[f"{found.metric}"] = variant.metrics[found.metric]
    figures[f"{found.metric} as trained"] = before.metrics[found.metric]
    figures["allowed loss"] = found.allowed_loss
    figures["SavedModel KiB"] = saved_model_bytes / _KIBIBYTE
    return key_figures(figures)


def _trade_off_table(found: Compression) -> Markup:
    rows = [
        (
            variant.name,
            variant.bytes,
            variant.latency_milliseconds,
            variant.metrics.get(found.metric),
            _loss(found, variant),
            variant.largest_difference,
            _state(found, variant),
        )
        for variant in found.variants
    ]
    columns = ("Variant", "Bytes", "Latency ms", found.metric, "Loss", "Largest difference of a prediction", "Verdict")
    return table(columns, rows)


def _state(found: Compression, variant: Variant) -> Markup:
    if variant is found.variants[0]:
        return badge("as trained", "info")
    if variant.name == found.chosen:
        return badge("chosen", "good")
    return badge("accepted") if variant.accepted else join(badge("refused", "bad"), reasons_list(variant.refusals))


def _charts(found: Compression) -> list[Markup]:
    names = [variant.name for variant in found.variants]
    points = {
        variant.name: [(variant.bytes / _KIBIBYTE, variant.metrics[found.metric])]
        for variant in found.variants
        if found.metric in variant.metrics
    }
    sizes = {"KiB": [variant.bytes / _KIBIBYTE for variant in found.variants]}
    latencies = {"microseconds": [variant.latency_milliseconds * 1000 for variant in found.variants]}
    return [
        scatter_chart(f"{found.metric} against size", points, x_title="KiB", y_title=found.metric),
        bar_chart("Size", names, sizes, y_title="KiB"),
        bar_chart("Latency of one prediction", names, latencies, y_title="microseconds"),
    ]


def _metrics_table(found: Compression) -> Markup:
    names = list(dict.fromkeys(name for variant in found.variants for name in variant.metrics))
    rows = [(name, *(variant.metrics.get(name) for variant in found.variants)) for name in names]
    return table(("Metric", *(variant.name for variant in found.variants)), rows)


def _tensors_table(found: Compression) -> Markup:
    rows = [
        (variant.name, side, tensor.name, tensor.dtype, _shape(tensor.shape), tensor.scale or None, _zero(tensor))
        for variant in found.variants
        for side, tensors in (("input", variant.inputs), ("output", variant.outputs))
        for tensor in tensors
    ]
    return table(("Variant", "Side", "Name", "Type", "Shape", "Scale", "Zero point"), rows)


def _zero(tensor: Tensor) -> int | None:
    return tensor.zero_point if tensor.scale else None


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join("rows" if size < 0 else str(size) for size in shape)


def _loss(found: Compression, variant: Variant) -> float | None:
    after = variant.metrics.get(found.metric)
    return None if after is None else loss(found.metric, found.variants[0].metrics[found.metric], after)
