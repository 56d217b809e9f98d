"""Share of examples whose class is among the three most probable; two of three classes."""

from slipway.metrics.metric import MULTICLASS, Direction, Metric

ENTRY = Metric(
    name="top_k_accuracy",
    problems=(MULTICLASS,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("correct_in_top", "count"),
    derive=lambda sums: sums["correct_in_top"] / sums["count"],
    low=0.0,
    high=1.0,
    order=30,
    headline=True,
    by_slice=True,
)
