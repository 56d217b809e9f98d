"""Root of the mean squared error, in the label's unit."""

from slipway.metrics.constant_answers import mean_value
from slipway.metrics.metric import REGRESSION, Direction, Metric, Requirement

ENTRY = Metric(
    name="rmse",
    problems=(REGRESSION,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("squared_errors", "count"),
    derive=lambda sums: (sums["squared_errors"] / sums["count"]) ** 0.5,
    low=0.0,
    order=20,
    default=True,
    headline=True,
    by_slice=True,
    spread=1,
    requirement=Requirement(against_baseline="relative", constant=mean_value),
)
