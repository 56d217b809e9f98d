"""Mean label: the share of positive examples, or the mean value."""

from slipway.metrics.metric import BINARY, REGRESSION, Direction, Metric

ENTRY = Metric(
    name="mean_label",
    problems=(BINARY, REGRESSION),
    direction=Direction.NONE,
    needs=("labels", "count"),
    derive=lambda sums: sums["labels"] / sums["count"],
    order=60,
    tfma="MeanLabel",
)
