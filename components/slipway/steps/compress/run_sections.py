"""Sections of a run's report about compression."""

from slipway.contracts.compressions import CompressedFolder, Compression, Variant
from slipway.reporting.charts import bar_chart, scatter_chart
from slipway.reporting.page import Section, badge, join, table
from slipway.reporting.run_documents import RunDocuments, titled
from slipway.reporting.values import display

_KIB = 1024


def sections(documents: RunDocuments) -> list[Section]:
    """Return a section for each compression."""
    found = _compressions(documents)
    return [_compression(titled("Compression", name, len(found)), item) for name, item in found.items()]


def figures(documents: RunDocuments) -> dict[str, object]:
    """Return the deciding metric of the chosen variant and its size for the report's head."""
    figures: dict[str, object] = {}
    for compression in _compressions(documents).values():
        chosen = next((item for item in compression.variants if item.name == compression.chosen), None)
        if chosen is None:
            continue
        if compression.metric in chosen.metrics:
            figures[f"compressed {compression.metric}"] = chosen.metrics[compression.metric]
        if reference := compression.variants[0].bytes:
            figures["compressed size"] = f"{chosen.bytes / reference:.0%}"
    return figures


def _compressions(documents: RunDocuments) -> dict[str, Compression]:
    return documents.read("compression.json", lambda root: CompressedFolder(root).compression())


def _compression(title: str, compression: Compression) -> Section:
    reference = compression.variants[0] if compression.variants else None
    rows = [_variant_row(item, compression, reference) for item in compression.variants]
    points = {
        item.name: [(item.bytes / _KIB, item.metrics[compression.metric])]
        for item in compression.variants
        if compression.metric in item.metrics
    }
    chart = scatter_chart(f"Size and {compression.metric}", points, x_title="KiB on disk", y_title=compression.metric)
    latency = bar_chart(
        "Latency of one prediction",
        [item.name for item in compression.variants],
        {"median": [item.latency_milliseconds for item in compression.variants]},
        y_title="milliseconds",
    )
    columns = ["variant", "", "KiB", "% of float", compression.metric, "change", "latency ms"]
    if any(item.refusals for item in compression.variants):
        columns.append("why not")
        rows = [[*row, "; ".join(item.refusals) or None] for row, item in zip(rows, compression.variants, strict=True)]
    chosen = f"{compression.chosen} was chosen" if compression.chosen else "No variant was chosen"
    lead = f"{chosen}: the smallest that loses at most {display(compression.allowed_loss)} {compression.metric}."
    return Section(title=title, lead=lead, body=join(table(columns, rows), chart, latency))


def _variant_row(item: Variant, compression: Compression, reference: Variant | None) -> list[object]:
    value = item.metrics.get(compression.metric)
    before = reference.metrics.get(compression.metric) if reference else None
    verdict = badge("accepted", "info") if item.accepted else badge("refused", "bad")
    if item is reference:
        verdict = badge("reference")
    if item.name == compression.chosen:
        verdict = badge("chosen", "good")
    return [
        item.name.replace("_", " "),
        verdict,
        item.bytes / _KIB,
        100 * item.bytes / reference.bytes if reference and reference.bytes else None,
        value,
        value - before if value is not None and before is not None and item is not reference else None,
        item.latency_milliseconds,
    ]
