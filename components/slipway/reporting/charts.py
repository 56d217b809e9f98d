"""Charts as inline SVG: no script, no ids, the colours and fonts of the page (light and dark).

pygal computes the layout; its stylesheet, script, comments and random ids are taken out, so that the same input gives
the same bytes and any number of charts can stand in one page. Title and legend are HTML, which stays readable when
the drawing shrinks on a phone. The style is in the page's stylesheet.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

from slipway.reporting.values import display, printable

if TYPE_CHECKING:
    from pygal.graph.graph import Graph

_WIDTH, _HEIGHT = 480, 280
_BAR_PIXELS, _BAR_GAP_PIXELS = 15, 9
_FONT_PIXELS = 13
_X_LABEL_CHARACTERS = 56
_COLOURS = 8
_LONGEST_LABEL = 28
_SVG = "{http://www.w3.org/2000/svg}"
_SPARK_WIDTH, _SPARK_HEIGHT = 120, 26
_MOST_DOTS = 60


def line_chart(
    title: str, x_labels: Sequence[str], series: Mapping[str, Sequence[float | None]], *, y_title: str = ""
) -> Markup:
    """Lines over ordered labels.

    Args:
        title: plain text.
        x_labels: one for each point; where they are many, some are written.
        series: values by name, each as long as ``x_labels``; None, NaN or an infinity leaves a gap.
        y_title: what the values are, plain text.
    """
    import pygal

    labels = [printable(str(label)) for label in x_labels]
    options = {
        "x_labels": labels,
        "show_dots": len(labels) <= _MOST_DOTS,
        "dots_size": 2,
        "allow_interruptions": True,
    }
    if sum(len(label) + 2 for label in labels) > _X_LABEL_CHARACTERS:
        longest = max(map(len, labels))
        every = math.ceil(len(labels) / max(2, _X_LABEL_CHARACTERS // (longest + 2)))
        options |= {"x_labels_major_every": every, "show_minor_x_labels": False}
    chart = pygal.Line(**_options(y_title=printable(y_title) or None, **options))
    return _figure(chart, title, {name: [_finite(value) for value in values] for name, values in series.items()})


def bar_chart(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    *,
    horizontal: bool = False,
    y_title: str = "",
) -> Markup:
    """Bars by label, in the given order from left to right, or from top to bottom when ``horizontal``.

    Args:
        title: plain text.
        labels: one for each bar.
        series: values by name, each as long as ``labels``; None leaves the place empty.
        horizontal: better for long labels or many bars.
        y_title: what the values are, plain text.
    """
    import pygal

    names = [_shortened(printable(str(label))) for label in labels]
    values = {name: [_finite(value) for value in items] for name, items in series.items()}
    if not horizontal:
        wide = sum(len(name) + 2 for name in names) > _X_LABEL_CHARACTERS
        options = _options(x_labels=names, y_title=printable(y_title) or None, x_label_rotation=35 if wide else 0)
        return _figure(pygal.Bar(rounded_bars=2, **options), title, values)
    upwards = {name: items[::-1] for name, items in values.items()}  # pygal counts from the bottom
    height = len(names) * (max(1, len(values)) * _BAR_PIXELS + _BAR_GAP_PIXELS) + (62 if y_title else 44)
    options = _options(x_labels=names[::-1], x_title=printable(y_title) or None, height=height, max_scale=5)
    return _figure(pygal.HorizontalBar(rounded_bars=2, **options), title, upwards)


def scatter_chart(
    title: str,
    points: Mapping[str, Sequence[tuple[float, float]]],
    *,
    x_title: str = "",
    y_title: str = "",
    lines: bool = False,
) -> Markup:
    """Points (x, y) by series; with ``lines`` each series is a line through its points, in order."""
    import pygal

    kept = {
        name: [(float(x), float(y)) for x, y in items if _finite(x) is not None and _finite(y) is not None]
        for name, items in points.items()
    }
    margins = {} if lines else {"xrange": _padded(kept, 0), "range": _padded(kept, 1)}
    few = all(len(items) <= _MOST_DOTS for items in kept.values())
    options = _options(
        x_title=printable(x_title) or None,
        y_title=printable(y_title) or None,
        stroke=lines,
        show_dots=few or not lines,
        dots_size=2 if lines else 4,
        x_value_formatter=display,
        show_x_guides=True,
        **margins,
    )
    return _figure(pygal.XY(**options), title, kept)


def histogram(title: str, buckets: Sequence[tuple[float, float, float]]) -> Markup:
    """Bars over an axis of numbers: (low, high, count), low below high."""
    import pygal

    bars = [(float(count), float(low), float(high)) for low, high, count in buckets if high > low]
    options = _options(x_value_formatter=display, series_margin=0.02)
    return _figure(pygal.Histogram(**options), title, {"count": bars})


def sparkline(title: str, values: Sequence[float]) -> Markup:
    """Tiny bars for a table cell, highest full; needs no pygal. ``title`` is its accessible name."""
    top = max((value for value in values if value > 0), default=1.0)
    step = _SPARK_WIDTH / max(1, len(values))
    bars = Markup("").join(
        Markup('<rect x="{}" y="{}" width="{}" height="{}"/>').format(
            *_rounded(index * step, _SPARK_HEIGHT - height, max(step - 1, step * 0.7), height)
        )
        for index, value in enumerate(values)
        if (height := max(0.0, value) / top * _SPARK_HEIGHT) > 0
    )
    box = f"0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}"
    shape = '<svg class="spark" viewBox="{}" preserveAspectRatio="none" role="img"><title>{}</title>{}</svg>'
    return Markup(shape).format(box, printable(title), bars)


def _options(**options: object) -> dict[str, Any]:
    from pygal.style import Style

    fonts = {f"{part}_font_size": _FONT_PIXELS for part in ("label", "major_label", "title", "value", "tooltip")}
    settings: dict[str, Any] = {
        "js": [],
        "style": Style(no_data_font_size=15, **fonts),
        "width": _WIDTH,
        "height": _HEIGHT,
        "margin": 4,
        "spacing": 8,
        "show_legend": False,
        "min_scale": 3,
        "max_scale": 7,
        "no_data_text": "nothing to draw",
        "truncate_label": 10_000,  # labels are shortened here; pygal would cut them to nothing
        "value_formatter": display,
        "disable_xml_declaration": True,
    }
    return settings | options


def _figure(chart: "Graph", title: str, series: Mapping[str, Sequence[Any]]) -> Markup:
    for name, values in series.items():
        chart.add(printable(str(name)), list(values))
    svg = _cleaned(ElementTree.fromstring(chart.render()), title)
    keys = Markup("").join(
        Markup('<span class="key color-{}">{}</span>').format(index % _COLOURS, printable(str(name)))
        for index, name in enumerate(series)
        if len(series) > 1
    )
    drawing = Markup(ElementTree.tostring(svg, encoding="unicode"))  # ElementTree escaped every value
    caption = Markup('<span class="name">{}</span>{}').format(printable(title), keys)
    return Markup('<figure class="chart"><figcaption>{}</figcaption>{}</figure>').format(caption, drawing)


def _cleaned(svg: ElementTree.Element, title: str) -> ElementTree.Element:
    """``svg`` without what a page must not hold, with its tooltips as titles; changed in place."""
    for parent in list(svg.iter()):
        parent.tag = parent.tag.removeprefix(_SVG)
        parent.attrib.pop("id", None)
        if "class" in parent.attrib:
            parent.set("class", _class(parent.get("class", "")))
        for name in ("x", "y", "width", "height", "cx", "cy", "d", "transform"):
            if name in parent.attrib:
                parent.set(name, _shorter(parent.get(name, "")))
        _replace_descriptions(parent)
        for child in list(parent):
            if child.tag == f"{_SVG}defs" or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
    svg.attrib = {"viewBox": svg.get("viewBox", ""), "role": "img"}
    heading = next(child for child in svg if child.tag == "title")
    heading.text = printable(title)
    return svg


def _class(names: str) -> str:
    kept = [name for name in names.split() if name not in ("reactive", "tooltip-trigger", "plot", "nofill")]
    return " ".join(_colour(name) if name.startswith("color-") else name for name in kept)


def _colour(name: str) -> str:
    return f"color-{int(name.removeprefix('color-')) % _COLOURS}"


def _replace_descriptions(parent: ElementTree.Element) -> None:
    """Turn pygal's ``desc`` elements, which its script reads, into a ``title``, which every browser shows."""
    descriptions = [child for child in parent if child.tag == f"{_SVG}desc"]
    if not descriptions:
        return
    texts = {child.get("class", ""): child.text or "" for child in descriptions}
    for child in descriptions:
        parent.remove(child)
    label, value = texts.get("x_label", ""), texts.get("value", "")
    title = ElementTree.Element("title")
    title.text = f"{label}: {value}" if label and label != value else value
    parent.insert(0, title)


def _shorter(numbers: str) -> str:
    """Coordinates with two digits after the point: a third of the bytes and the same picture."""
    return re.sub(r"-?\d+\.\d+", lambda match: f"{round(float(match[0]), 2):g}", numbers)


def _rounded(*numbers: float) -> tuple[str, ...]:
    return tuple(f"{round(number, 2):g}" for number in numbers)


def _shortened(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _padded(points: Mapping[str, Sequence[tuple[float, float]]], axis: int) -> tuple[float, float] | None:
    """The range of an axis with room around the outermost points; None when there is no point."""
    values = [point[axis] for items in points.values() for point in items]
    if not values:
        return None
    room = 0.08 * (max(values) - min(values)) or 0.1 * abs(values[0]) or 1.0
    return min(values) - room, max(values) + room


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
