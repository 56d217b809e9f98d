"""Markdown summaries: nothing in a value is markup."""

import pytest

from slipway.contracts.verdicts import Verdict
from slipway.reporting.markdown import escape, markdown_table, markdown_verdict


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hours_per_week", "hours_per_week"),
        ("_x_", "\\_x\\_"),
        ("a|b", "a\\|b"),
        ("<script>", "\\<script\\>"),
        ("*b* `c` [d](e)", "\\*b\\* \\`c\\` \\[d\\](e)"),
        ("R&D &lt;", "R&amp;D &amp;lt;"),
        ("two\nlines", "two lines"),
        (None, "–"),
        (0.25, "0.25"),
    ],
)
def test_a_value_is_text_in_one_line(value: object, text: str) -> None:
    assert escape(value) == text


def test_a_table_aligns_columns_of_numbers() -> None:
    assert markdown_table(("slice", "accuracy"), [("sex=Male", 0.5), ("a|b", None)]) == (
        "| slice | accuracy |\n| --- | ---: |\n| sex=Male | 0.5 |\n| a\\|b | – |\n"
    )


def test_a_verdict_says_why_and_gives_figures() -> None:
    verdict = Verdict(reasons=("too small",), warnings=("old",))
    assert markdown_verdict("Model", verdict, {"rows": 1200}) == (
        "## Model\n\n❌ **Refused**\n\nReasons:\n\n- too small\n\nWarnings:\n\n- old\n\n"
        "| Figure | Value |\n| --- | ---: |\n| rows | 1,200 |\n"
    )


def test_a_passing_verdict_without_figures_is_two_lines() -> None:
    assert markdown_verdict("Data", Verdict(), {}) == "## Data\n\n✅ **Passed**\n"


def test_a_step_that_judges_nothing_shows_no_verdict() -> None:
    assert (
        markdown_verdict("Data", None, {"rows": 1}) == "## Data\n\n| Figure | Value |\n| --- | ---: |\n| rows | 1 |\n"
    )
