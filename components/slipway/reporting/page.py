"""Self-contained HTML pages: no script, nothing fetched, every value escaped.

jinja2 and markupsafe are in every image role; charts are in ``slipway.reporting.charts``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from slipway.contracts.verdicts import Verdict
from slipway.reporting.values import display, is_number, printable

if TYPE_CHECKING:
    from jinja2 import Environment

_NAV_FROM_SECTIONS = 3
_SHORT_CELL, _LONG_CELL = 20, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a page.

    Attributes:
        title: its heading, plain text.
        body: HTML; charts that follow each other stand side by side where there is room.
        lead: one or two sentences below the heading, plain text.
    """

    title: str
    body: Markup
    lead: str = ""


def render_page(
    title: str,
    sections: Sequence[Section],
    *,
    subtitle: str = "",
    verdict: Verdict | None = None,
    header: Markup | None = None,
    style: str = "",
) -> str:
    """A whole HTML document; the same arguments give the same bytes.

    Args:
        title: heading and window title, plain text.
        sections: in order; from three on there is a navigation bar.
        subtitle: a line below the title, plain text.
        verdict: shown at the top with its reasons and warnings; None for a page that judges nothing.
        header: HTML at the end of the page's head, below the verdict.
        style: CSS after the page's own.
    """
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            title=printable(title),
            subtitle=printable(subtitle),
            sections=sections,
            navigation=len(sections) >= _NAV_FROM_SECTIONS,
            verdict=verdict_summary(verdict) if verdict is not None else Markup(""),
            header=header or Markup(""),
            style=Markup(_stylesheet() + style),  # our own package data, no value in it
        )
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "") -> Markup:
    """A table that scrolls in its own container when the screen is narrow.

    Args:
        columns: headings, plain text.
        rows: cells, as many as there are columns: numbers, text, None for nothing, or Markup for HTML. A column that
            holds numbers only is right-aligned.
        caption: a line above the table, plain text.
    """
    cells = [list(row) for row in rows]
    numeric = [_numeric(row[index] for row in cells) for index in range(len(columns))]
    return _render("table.html.j2", columns=columns, rows=cells, numeric=numeric, caption=caption)


def key_figures(figures: Mapping[str, object]) -> Markup:
    """Big numbers with their names, side by side."""
    return _render("figures.html.j2", figures=figures)


def verdict_badge(passed: bool | None, text: str = "") -> Markup:
    """A coloured word: ``text``, or passed, refused, and for None not judged."""
    tone = {True: "good", False: "bad", None: "none"}[passed]
    return badge(text or {True: "passed", False: "refused", None: "not judged"}[passed], tone)


def badge(text: str, tone: str = "none") -> Markup:
    """A coloured word; ``tone`` is ``good``, ``warn``, ``bad``, ``info`` or ``none``."""
    return Markup('<span class="badge {}">{}</span>').format(tone, printable(text))


def reasons_list(reasons: Sequence[str]) -> Markup:
    """The reasons as a list; nothing when there are none."""
    if not reasons:
        return Markup("")
    items = join(*(Markup("<li>{}</li>").format(printable(reason)) for reason in reasons))
    return Markup('<ul class="reasons">{}</ul>').format(items)


def verdict_summary(verdict: Verdict) -> Markup:
    """A box with the verdict, its reasons and its warnings."""
    return _render("verdict.html.j2", verdict=verdict)


def paragraph(text: str) -> Markup:
    """Plain text as a paragraph."""
    return Markup("<p>{}</p>").format(printable(text))


def details(summary: str, body: Markup) -> Markup:
    """``body`` folded away under ``summary``, for what few readers need."""
    return Markup("<details><summary>{}</summary>{}</details>").format(printable(summary), body)


def half(*parts: Markup) -> Markup:
    """A block that stands beside a chart where there is room."""
    return Markup('<div class="half">{}</div>').format(join(*parts))


def meter(share: float) -> Markup:
    """A bar for a table cell; ``share`` of its full length, in [0, 1]."""
    return Markup('<span class="meter" style="--share:{}"></span>').format(f"{min(1.0, max(0.0, share)):.3g}")


def subheading(text: str) -> Markup:
    """A heading within a section."""
    return Markup("<h3>{}</h3>").format(printable(text))


def join(*parts: Markup) -> Markup:
    """The parts one after the other."""
    return Markup("").join(parts)


def cell(value: object) -> Markup:
    """``value`` as HTML text; Markup stays as it is."""
    return value if isinstance(value, Markup) else escape(display(value))


def _render(template: str, **values: object) -> Markup:
    text = _environment().get_template(template).render(**values)
    return Markup(text)  # rendered with autoescape on


def _numeric(values: Iterable[object]) -> bool:
    present = [value for value in values if value is not None]
    return bool(present) and all(is_number(value) for value in present)


def compile_templates() -> None:
    """Compile what ``render_page`` and the others would compile when they first need it."""
    environment = _environment()
    for name in environment.list_templates(extensions=["j2"]):
        environment.get_template(name)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("slipway.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell
    environment.tests["long"] = lambda value: isinstance(value, str) and len(value) > _LONG_CELL
    environment.tests["short"] = lambda value: isinstance(value, str) and len(value) <= _SHORT_CELL
    environment.globals["verdict_badge"] = verdict_badge
    environment.globals["reasons_list"] = reasons_list
    return environment


@cache
def _stylesheet() -> str:
    from importlib.resources import files

    return files("slipway.reporting").joinpath("templates/page.css").read_text(encoding="utf-8")
