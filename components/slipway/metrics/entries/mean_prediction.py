"""Mean prediction: the mean probability of the positive class, or the mean value."""

from slipway.metrics.metric import BINARY, REGRESSION, Direction, Metric

ENTRY = Metric(
    name="mean_prediction",
    problems=(BINARY, REGRESSION),
    direction=Direction.NONE,
    needs=("predictions", "count"),
    derive=lambda sums: sums["predictions"] / sums["count"],
    order=61,
    tfma="MeanPrediction",
)
