"""Layers, lanes and bends of a pipeline's drawing."""

import pytest

from slipway.contracts.run_summaries import StepOutcome, StepSummary
from slipway.runs.report.drawing import draw_pipeline, seconds_text
from slipway.runs.report.layout import direct_edges, lay_out


def test_an_arrow_that_a_longer_way_implies_is_left_out() -> None:
    assert direct_edges({"a": [], "b": ["a"], "c": ["a", "b"]}) == [("a", "b"), ("b", "c")]


def test_a_chain_lies_in_one_lane() -> None:
    layout = lay_out({"a": [], "b": ["a"], "c": ["b", "a"]})
    assert layout.places == {"a": (0, 0.0), "b": (1, 0.0), "c": (2, 0.0)}
    assert layout.lanes == 1


def test_branches_lie_side_by_side_and_meet_again_in_the_middle() -> None:
    layout = lay_out({"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"]})
    assert layout.places == {"a": (0, 0.0), "b": (1, -0.5), "c": (1, 0.5), "d": (2, 0.0)}


def test_a_long_arrow_passes_beside_the_boxes_that_it_skips() -> None:
    layout = lay_out({"a": [], "b": ["a"], "c": ["b"], "e": ["a"], "d": ["c", "e"]})
    long = next(arrow for arrow in layout.arrows if arrow[0] == layout.places["e"])
    assert len(long) == 3
    assert set(long[1:-1]).isdisjoint(layout.places.values())


def test_order_of_the_steps_does_not_matter_for_their_layers() -> None:
    layout = lay_out({"c": ["b"], "b": ["a"], "a": []})
    assert {name: layer for name, (layer, _) in layout.places.items()} == {"a": 0, "b": 1, "c": 2}


def test_no_two_boxes_have_one_place() -> None:
    graph = {
        f"{layer}{i}": [f"{layer - 1}{j}" for j in range(3)] if layer else [] for layer in range(4) for i in range(3)
    }
    layout = lay_out(graph)
    assert len(set(layout.places.values())) == 12


def test_no_step_is_an_empty_drawing() -> None:
    assert lay_out({}).layers == 0


def test_a_drawing_shows_name_outcome_seconds_and_role_of_each_step() -> None:
    step = StepSummary(name="a<b", outcome=StepOutcome.CACHED, seconds=75.0, role="light", depends_on=("not-here",))
    drawing = str(draw_pipeline([step]))
    assert "a&lt;b" in drawing
    assert "a<b" not in drawing
    assert "✓ cached" in drawing
    assert "1 min 15 s · light" in drawing


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.6, "1 min"), (185.0, "3 min 5 s"), (7800.0, "2 h 10 min")],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
