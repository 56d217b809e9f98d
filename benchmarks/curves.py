"""How time and memory grow with the data: one table and one chart for all steps."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.comparisons import Comparison, Curve
from benchmarks.records import Record
from slipway.reporting.markdown import markdown_table

_CURVES: tuple[Curve, ...] = ("rows", "columns")
_COLUMNS = ("", "rows", "columns", "process, s", "work, s", "memory, MB", "limit, MB")
_HEAD = """\
## How time and memory grow

One cold process for each line; its memory holds what the imports take. A step with a limit promises to need no more
memory, whatever the rows, and is stopped when it does.
"""


def told_as_curve(record: Record) -> bool:
    """Whether it is a point of a curve, which has no section of its own."""
    return record.comparison.curve is not None


def curves_section(records: Sequence[Record]) -> str:
    """The table, the chart, and how much each step's memory grew; empty without a point."""
    points = [record for record in records if told_as_curve(record) and any(record.runs.values())]
    if not points:
        return ""
    rows = [_row(record) for curve in _CURVES for record in points if record.comparison.curve == curve]
    growth = "\n".join(f"- {line}" for line in _growth(points))
    parts = [_HEAD, markdown_table(_COLUMNS, rows), "![Time and memory by rows](curves.svg)", growth]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def write_curves(records: Sequence[Record], path: Path) -> None:
    """Lines on logarithmic scales: seconds of work and gigabytes of each step, by the rows of its table."""
    import pygal
    from pygal.style import CleanStyle

    points = [record for record in records if record.comparison.curve == "rows" and any(record.runs.values())]
    if not points:
        return
    sizes = sorted({record.comparison.rows for record in points})
    chart = pygal.Line(
        logarithmic=True,
        js=(),
        style=CleanStyle,
        width=900,
        height=480,
        x_title="rows",
        legend_at_bottom=True,
        value_formatter=lambda value: f"{value:,.3g}",
    )
    chart.uuid = "slipway-curves"
    chart.x_labels = [f"{size:,}" for size in sizes]
    for step, found in _by_step(points):
        runs = {record.comparison.rows: record.runs[record.comparison.contenders[0].name][-1] for record in found}
        dashes = {"stroke_style": {"dasharray": "6, 4"}}
        chart.add(f"{step}, seconds of work", [runs[size].work_seconds[0] if size in runs else None for size in sizes])
        chart.add(f"{step}, GB", [runs[size].peak_bytes / 1e9 if size in runs else None for size in sizes], **dashes)
    path.write_text(chart.render(is_unicode=True, disable_xml_declaration=True) + "\n", encoding="utf-8")


def _row(record: Record) -> tuple[str, ...]:
    comparison, (run, *_) = record.comparison, record.runs[record.comparison.contenders[0].name]
    limit = comparison.contenders[0].limit_bytes
    return (
        comparison.title,
        f"{comparison.rows:,}",
        f"{comparison.columns:,}",
        f"{run.process_seconds:.3g}",
        f"{run.work_seconds[0]:.3g}",
        f"{run.peak_bytes / 1e6:.0f}",
        f"{limit / 1e6:.0f}" if limit is not None else "",
    )


def _growth(points: Sequence[Record]) -> Iterable[str]:
    """How many times as much memory the largest table takes as the smallest, for each step and curve."""
    for curve in _CURVES:
        for step, found in _by_step([record for record in points if record.comparison.curve == curve]):
            least, *_, most = sorted(found, key=lambda record: _size(record.comparison)) * (1 + (len(found) == 1))
            yield (
                f"{step}: {_size(most.comparison) / _size(least.comparison):,.0f} times the {curve} take "
                f"{_peak(most) / _peak(least):.2g} times the memory"
            )


def _peak(record: Record) -> float:
    return record.runs[record.comparison.contenders[0].name][0].peak_bytes


def _size(comparison: Comparison) -> int:
    return comparison.columns if comparison.curve == "columns" else comparison.rows


def _by_step(records: Sequence[Record]) -> Iterable[tuple[str, list[Record]]]:
    for step in dict.fromkeys(record.comparison.title for record in records):
        yield step, [record for record in records if record.comparison.title == step]
