"""Mean absolute error, in the label's unit."""

from slipway.metrics.metric import REGRESSION, Direction, Metric

ENTRY = Metric(
    name="mae",
    problems=(REGRESSION,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("absolute_errors", "count"),
    derive=lambda sums: sums["absolute_errors"] / sums["count"],
    low=0.0,
    order=31,
    headline=True,
    by_slice=True,
    spread=1,
    tfma="MeanAbsoluteError",
)
