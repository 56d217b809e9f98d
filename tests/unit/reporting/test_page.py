"""Pages and their parts: whole, escaped, the same bytes for the same input."""

from html.parser import HTMLParser

import pytest
from markupsafe import Markup

from slipway.contracts.verdicts import Verdict
from slipway.reporting.page import (
    Section,
    details,
    join,
    key_figures,
    meter,
    paragraph,
    reasons_list,
    render_page,
    subheading,
    table,
    verdict_badge,
)

EVIL = "<script>alert('x')</script>"
ESCAPED = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page(count: int = 1) -> str:
    sections = [Section(title=f"Part {i}", body=paragraph("text"), lead="why") for i in range(count)]
    return render_page("Title", sections, subtitle="below", verdict=Verdict())


def test_a_page_is_a_whole_document_that_fits_a_phone() -> None:
    html = page()
    assert html.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "<title>Title</title>" in html


def test_a_page_fetches_nothing_and_runs_nothing() -> None:
    html = page(3)
    elements = Elements(html).found
    assert {tag for tag, _ in elements} & {"script", "link", "img", "iframe", "base"} == set()
    addresses = [attrs[name] for _, attrs in elements for name in ("href", "src") if name in attrs]
    assert addresses == ["#section-1", "#section-2", "#section-3"]
    assert "@import" not in html
    assert "url(" not in html


def test_navigation_appears_from_three_sections_on() -> None:
    assert "<nav" not in page(2)
    assert "<nav" in page(3)


def test_the_same_input_gives_the_same_bytes() -> None:
    assert page(3) == page(3)


def test_every_text_of_a_page_is_escaped() -> None:
    verdict = Verdict(reasons=(EVIL,), warnings=(EVIL,))
    html = render_page(EVIL, [Section(title=EVIL, body=Markup(""), lead=EVIL)] * 3, subtitle=EVIL, verdict=verdict)
    assert "<script" not in html
    assert html.count(ESCAPED) == 2 + 1 + 2 + 3 * 3


@pytest.mark.parametrize(
    "part",
    [
        table([EVIL], [[EVIL]], caption=EVIL),
        key_figures({EVIL: EVIL}),
        verdict_badge(True, EVIL),
        reasons_list([EVIL]),
        paragraph(EVIL),
        subheading(EVIL),
        details(EVIL, paragraph(EVIL)),
    ],
)
def test_every_part_escapes_its_values(part: Markup) -> None:
    assert "<script" not in part
    assert ESCAPED in part


def test_what_no_file_can_hold_is_replaced_so_that_a_page_can_always_be_written() -> None:
    html = render_page("a\x00b\ud800", [Section(title="\udfff", body=table(["\x01"], [["\ud83d"]]))])
    assert "a\ufffdb\ufffd" in html
    html.encode("utf-8")


def test_a_verdict_shows_reasons_and_warnings() -> None:
    html = render_page("t", [], verdict=Verdict(reasons=("too few rows",), warnings=("age drifts",)))
    assert 'class="verdict bad"' in html
    assert html.index("refused</span>") < html.index("<li>too few rows</li>") < html.index("<li>age drifts</li>")


def test_a_page_that_judges_nothing_shows_no_verdict() -> None:
    assert 'class="verdict' not in render_page("t", [])


@pytest.mark.parametrize(
    ("passed", "tone", "text"), [(True, "good", "passed"), (False, "bad", "refused"), (None, "none", "not judged")]
)
def test_a_badge_has_the_colour_of_its_verdict(passed: bool | None, tone: str, text: str) -> None:
    assert verdict_badge(passed) == Markup(f'<span class="badge {tone}">{text}</span>')


def test_a_table_aligns_columns_of_numbers_and_keeps_markup() -> None:
    html = table(["name", "n", "mixed"], [["a", 1234, 1], ["b", None, "x"], [Markup("<b>c</b>"), 0.5, True]])
    assert [attrs.get("class") for tag, attrs in Elements(html).found if tag == "th"] == [None, "number", None]
    assert '<td class="number">1,234</td>' in html
    assert '<td class="number">–</td>' in html
    assert "<b>c</b>" in html


def test_a_table_without_rows_keeps_its_head() -> None:
    html = table(["a", "b"], [])
    assert html.count("<th ") == 2
    assert html.count("<tr>") == 1


def test_a_table_takes_rows_from_a_generator() -> None:
    assert table(["n"], ([i] for i in range(3))).count('<td class="number">') == 3


def test_no_reason_is_no_list() -> None:
    assert reasons_list([]) == Markup("")


def test_join_keeps_order_and_adds_nothing() -> None:
    assert join(Markup("<i>"), Markup("</i>")) == Markup("<i></i>")


@pytest.mark.parametrize(("share", "shown"), [(0.25, "0.25"), (7.0, "1"), (-1.0, "0")])
def test_a_meter_stays_within_its_length(share: float, shown: str) -> None:
    assert f"--share:{shown}" in meter(share)
