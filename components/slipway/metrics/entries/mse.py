"""Mean squared error, in the square of the label's unit."""

from slipway.metrics.metric import REGRESSION, Direction, Metric

ENTRY = Metric(
    name="mse",
    problems=(REGRESSION,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("squared_errors", "count"),
    derive=lambda sums: sums["squared_errors"] / sums["count"],
    low=0.0,
    order=19,
    spread=2,
    tfma="MeanSquaredError",
)
