"""Charts: inline SVG without script, ids or outside references; the same bytes for the same input."""

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from slipway.reporting.charts import bar_chart, histogram, line_chart, scatter_chart, sparkline

pytest.importorskip("pygal", reason="this role has no pygal")

EVIL = "<script>alert('x')</script>"
NAN = float("nan")

CHARTS: dict[str, Callable[[str], Markup]] = {
    "line": lambda name: line_chart(name, [name, "b"], {name: [1.0, None], "other": [2.0, 3.0]}, y_title=name),
    "bar": lambda name: bar_chart(name, [name, "b"], {name: [1.0, -2.0], "other": [NAN, 3.0]}, y_title=name),
    "horizontal": lambda name: bar_chart(name, [name], {name: [1.0], "o": [2.0]}, horizontal=True, y_title=name),
    "scatter": lambda name: scatter_chart(name, {name: [(1.0, 2.0)], "o": [(NAN, 1.0)]}, x_title=name, y_title=name),
    "curve": lambda name: scatter_chart(name, {name: [(0.0, 0.0), (1.0, 1.0)]}, lines=True),
    "histogram": lambda name: histogram(name, [(0.0, 1.0, 5.0), (1.0, 2.0, 0.0)]),
    "spark": lambda name: sparkline(name, [1.0, 0.0, 3.0]),
    "no line": lambda name: line_chart(name, [], {}),
    "no bar": lambda name: bar_chart(name, [], {"a": []}, horizontal=True),
    "no point": lambda name: scatter_chart(name, {"a": []}),
    "no bucket": lambda name: histogram(name, []),
    "no spark": lambda name: sparkline(name, []),
    "only gaps": lambda name: line_chart(name, ["a", "b"], {"a": [None, NAN]}),
    "constant": lambda name: histogram(name, [(3.0, 3.0, 9.0)]),
}


@pytest.fixture(params=CHARTS)
def chart(request: pytest.FixtureRequest) -> Callable[[str], Markup]:
    return CHARTS[request.param]


def svg_of(chart: Markup) -> ElementTree.Element:
    text = str(chart)
    return ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + len("</svg>")])


def test_the_same_input_gives_the_same_bytes(chart: Callable[[str], Markup]) -> None:
    assert chart("a") == chart("a")


def test_a_chart_holds_no_id_script_style_or_address(chart: Callable[[str], Markup]) -> None:
    for element in svg_of(chart("a")).iter():
        assert element.tag in {"svg", "g", "path", "rect", "circle", "text", "title"}
        assert {"id", "href", "style"}.isdisjoint(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)
    assert "http" not in chart("a")


def test_a_chart_has_a_title_and_grows_with_the_page(chart: Callable[[str], Markup]) -> None:
    svg = svg_of(chart("What it shows"))
    assert svg.get("role") == "img"
    assert svg.get("viewBox", "").startswith("0 0 ")
    assert svg.get("width") is None
    assert svg[0].tag == "title"
    assert svg[0].text == "What it shows"


def test_every_text_of_a_chart_is_escaped(chart: Callable[[str], Markup]) -> None:
    assert "<script" not in chart(EVIL)
    assert "&lt;script&gt;" in chart(EVIL)


def test_a_chart_survives_what_no_file_can_hold(chart: Callable[[str], Markup]) -> None:
    str(chart("a\x00\ud800")).encode("utf-8")


def test_values_show_as_tooltips() -> None:
    titles = [title.text for title in svg_of(bar_chart("t", ["x", "y"], {"n": [1234.0, 0.5]})).iter("title")]
    assert "x: 1,234" in titles
    assert "y: 0.5" in titles


def test_a_gap_interrupts_a_line() -> None:
    svg = svg_of(line_chart("t", list("abcde"), {"n": [1.0, 2.0, None, 3.0, 4.0]}))
    lines = [path for path in svg.iter("path") if path.get("class") == "line" and "L" in path.get("d", "")]
    assert len(lines) == 2


def test_horizontal_bars_stand_in_the_given_order() -> None:
    svg = svg_of(bar_chart("t", ["first", "second"], {"n": [1.0, 2.0]}, horizontal=True))
    heights = {text.text: float(text.get("y", "0")) for text in svg.iter("text")}
    assert heights["first"] < heights["second"]


def test_horizontal_charts_grow_with_their_bars() -> None:
    def height(bars: int) -> float:
        chart = bar_chart("t", [str(i) for i in range(bars)], {"n": [1.0] * bars}, horizontal=True)
        return float(svg_of(chart).get("viewBox", "").split()[3])

    assert height(40) > 2 * height(10)


def test_many_labels_are_thinned_and_never_cut_to_nothing() -> None:
    svg = svg_of(line_chart("t", [str(i + 1) for i in range(200)], {"n": [1.0 * i for i in range(200)]}))
    labels = [text.text for text in svg.iter("text")]
    assert "1" in labels
    assert "…" not in labels
    assert len(labels) < 40


def test_a_legend_appears_from_two_series_on_and_colours_repeat() -> None:
    one = line_chart("t", ["a"], {"n": [1.0]})
    many = line_chart("t", ["a"], {f"n{i}": [1.0] for i in range(9)})
    assert 'class="key' not in one
    assert many.count('class="key') == 9
    assert many.count('class="key color-0"') == 2


def test_a_sparkline_scales_to_its_highest_bar() -> None:
    bars = [float(rect.get("height", "0")) for rect in svg_of(sparkline("t", [1.0, 2.0, 4.0])).iter("rect")]
    assert bars == [6.5, 13.0, 26.0]
