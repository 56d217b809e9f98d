"""Sections of a run's report about what leaves it: compression and the push."""

from markupsafe import Markup

from slipway.contracts.compressions import Compression, Variant
from slipway.contracts.published_models import PushedVersion
from slipway.reporting.charts import bar_chart, scatter_chart
from slipway.reporting.page import Section, badge, join, key_figures, paragraph, reasons_list, subheading, table
from slipway.reporting.values import display
from slipway.runs.local.summary import RunSummary
from slipway.runs.report.artifacts import RunArtifacts
from slipway.runs.report.data import titled

_KIB = 1024


def release_sections(run: RunSummary, artifacts: RunArtifacts) -> list[Section]:
    """Sections for what compress and push of this run wrote; none for a step that did not run."""
    sections = [
        _compression(titled("Compression", name, len(artifacts.compressions)), item)
        for name, item in artifacts.compressions.items()
    ]
    return sections + [
        _push(titled("Push", name, len(artifacts.pushes)), item, run) for name, item in artifacts.pushes.items()
    ]


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


def _push(title: str, pushed: PushedVersion, run: RunSummary) -> Section:
    lead = (
        f"Version {pushed.version} was written."
        if pushed.pushed
        else f"Version {pushed.version} already had this content; nothing was written."
    )
    figures = {"version": pushed.version, "version before": pushed.previous_version, "digest": pushed.digest[:8]}
    address = Markup("<p>Address: <code>{}</code></p>").format(pushed.uri)
    judged = [step for step in run.steps if step.verdict is not None]
    why = [f"{step.name}: {'passed' if step.verdict.passed else 'refused'}" for step in judged if step.verdict]
    gates = join(subheading("Why it may be served"), reasons_list(why)) if why else paragraph("No step judged it.")
    return Section(title=title, lead=lead, body=join(key_figures(figures), address, gates))
