"""Short Markdown summaries, as the Kubeflow Pipelines UI shows them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from slipway.contracts.verdicts import Verdict
from slipway.reporting.values import display, is_number

_SPECIAL = re.compile(r"[\\`*\[\]<>|~#]|(?<![^\W_])_|_(?![^\W_])")


def escape(value: object) -> str:
    """``value`` as Markdown text in one line: nothing in it is markup, HTML or the end of a table cell."""
    text = " ".join(display(value).split())
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text.replace("&", "&amp;"))


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A pipe table; a column that holds numbers only is right-aligned.

    Args:
        columns: headings.
        rows: cells, as many in each row as there are columns.
    """
    cells = [list(row) for row in rows]
    marks = ["---:" if _numeric(row[index] for row in cells) else "---" for index in range(len(columns))]
    lines = [[escape(column) for column in columns], marks, *([escape(cell) for cell in row] for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def markdown_verdict(title: str, verdict: Verdict | None, figures: Mapping[str, object]) -> str:
    """A heading, whether the step passed, why not, what to look at, and the key figures as a table."""
    parts = [f"## {escape(title)}\n"]
    if verdict is not None:
        parts.append("✅ **Passed**\n" if verdict.passed else "❌ **Refused**\n")
        parts += _list("Reasons", verdict.reasons) + _list("Warnings", verdict.warnings)
    if figures:
        parts.append(markdown_table(("Figure", "Value"), figures.items()))
    return "\n".join(parts)


def _list(heading: str, items: Sequence[str]) -> list[str]:
    return [f"{heading}:\n\n" + "\n".join(f"- {escape(item)}" for item in items) + "\n"] if items else []


def _numeric(values: Iterable[object]) -> bool:
    present = [value for value in values if value is not None]
    return bool(present) and all(is_number(value) for value in present)
