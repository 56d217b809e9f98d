"""A pipeline as inline SVG: steps as boxes with how they ended, arrows for what waits for what."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

from slipway.contracts.run_summaries import StepOutcome, StepSummary
from slipway.reporting.values import printable
from slipway.runs.report.layout import GraphLayout, lay_out

TONES = {
    StepOutcome.SUCCEEDED: "good",
    StepOutcome.CACHED: "good",
    StepOutcome.REFUSED: "bad",
    StepOutcome.FAILED: "bad",
    StepOutcome.SKIPPED: "none",
}
MARKS = {
    StepOutcome.SUCCEEDED: "✓",
    StepOutcome.CACHED: "✓",
    StepOutcome.REFUSED: "✕",
    StepOutcome.FAILED: "!",
    StepOutcome.SKIPPED: "–",
}
_BOX_WIDTH, _BOX_HEIGHT = 142, 62
_LAYER_GAP, _LANE_GAP = 22, 16
_LONGEST_NAME = 17
_MARGIN = 4


def draw_pipeline(steps: Sequence[StepSummary]) -> Markup:
    """Draw the pipeline twice, left to right and for phones top to bottom; the page's style shows one of them."""
    names = {step.name for step in steps}
    layout = lay_out({step.name: [name for name in step.depends_on if name in names] for step in steps})
    drawings = Markup("").join(_drawing(steps, layout, upright) for upright in (False, True))
    return Markup('<div class="pipeline">{}</div>').format(drawings)


def seconds_text(seconds: float) -> str:
    """Return a duration as people say it: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _drawing(steps: Sequence[StepSummary], layout: GraphLayout, upright: bool) -> Markup:
    along = layout.layers * (_BOX_HEIGHT if upright else _BOX_WIDTH) + (layout.layers - 1) * _LAYER_GAP
    across = layout.lanes * (_BOX_WIDTH if upright else _BOX_HEIGHT) + (layout.lanes - 1) * _LANE_GAP
    width, height = (across, along) if upright else (along, across)
    middle = across / 2
    arrows = Markup("").join(_arrow(arrow, middle, upright) for arrow in layout.arrows)
    boxes = Markup("").join(_box(step, *_corner(layout.places[step.name], middle, upright)) for step in steps)
    return Markup(
        '<svg class="{}" viewBox="{} {} {} {}" width="{}" height="{}" role="img"><title>{}</title>{}{}</svg>'
    ).format(
        "upright" if upright else "level",
        -_MARGIN,
        -_MARGIN,
        *(f"{size + 2 * _MARGIN:g}" for size in (width, height, width, height)),
        f"Pipeline of {len(steps)} steps",
        arrows,
        boxes,
    )


def _corner(place: tuple[int, float], middle: float, upright: bool) -> tuple[float, float]:
    layer, lane = place
    if upright:
        return middle + lane * (_BOX_WIDTH + _LANE_GAP) - _BOX_WIDTH / 2, layer * (_BOX_HEIGHT + _LAYER_GAP)
    return layer * (_BOX_WIDTH + _LAYER_GAP), middle + lane * (_BOX_HEIGHT + _LANE_GAP) - _BOX_HEIGHT / 2


def _arrow(arrow: Sequence[tuple[int, float]], middle: float, upright: bool) -> Markup:
    """Draw a curve from the end of the first box to the start of the last, straight where it passes a layer."""
    corners = [_corner(place, middle, upright) for place in arrow]
    steps: list[str] = []
    for index, ((x, y), (next_x, next_y)) in enumerate(pairwise(corners)):
        if upright:
            start, end = (x + _BOX_WIDTH / 2, y + _BOX_HEIGHT), (next_x + _BOX_WIDTH / 2, next_y)
            bend = (start[1] + end[1]) / 2
            controls = f"{start[0]:g} {bend:g} {end[0]:g} {bend:g}"
        else:
            start, end = (x + _BOX_WIDTH, y + _BOX_HEIGHT / 2), (next_x, next_y + _BOX_HEIGHT / 2)
            bend = (start[0] + end[0]) / 2
            controls = f"{bend:g} {start[1]:g} {bend:g} {end[1]:g}"
        steps.append(f"{'L' if index else 'M'}{start[0]:g} {start[1]:g}C{controls} {end[0]:g} {end[1]:g}")
    tip = f"M{end[0]:g} {end[1]:g}" + ("l-4 -7h8z" if upright else "l-7 -4v8z")
    return Markup('<path class="arrow" d="{}"/><path class="tip" d="{}"/>').format("".join(steps), tip)


def _box(step: StepSummary, x: float, y: float) -> Markup:
    name = printable(step.name)
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return Markup(
        '<g class="step {}" transform="translate({} {})"><title>{}: {}, {}</title>'
        '<rect class="box" width="{}" height="{}" rx="8"/><rect class="side" width="4" height="{}" y="8" rx="2"/>'
        '<text class="name" x="13" y="21">{}</text><text class="state" x="13" y="38">{} {}</text>'
        '<text class="more" x="13" y="53">{}</text></g>'
    ).format(
        TONES[step.outcome],
        f"{x:g}",
        f"{y:g}",
        name,
        step.outcome.value,
        seconds_text(step.work_seconds),
        _BOX_WIDTH,
        _BOX_HEIGHT,
        _BOX_HEIGHT - 16,
        short,
        MARKS[step.outcome],
        step.outcome.value,
        " · ".join(part for part in (_time(step), printable(step.role)) if part),
    )


def _time(step: StepSummary) -> str:
    return "" if step.outcome is StepOutcome.SKIPPED else seconds_text(step.work_seconds)
