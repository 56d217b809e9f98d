"""Mean squared distance of the probability from the label (Brier, 1950)."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="brier",
    problems=(BINARY,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("squared_errors", "count"),
    derive=lambda sums: sums["squared_errors"] / sums["count"],
    low=0.0,
    high=1.0,
    order=63,
    tfma="MeanSquaredError",
)
