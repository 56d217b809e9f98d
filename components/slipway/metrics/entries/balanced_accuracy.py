"""Mean of the recalls of both classes, which a constant answer brings to one half."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="balanced_accuracy",
    problems=(BINARY,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("true_positives", "predicted_positives", "positives", "count"),
    derive=lambda sums: (
        (
            sums["true_positives"] / sums["positives"]
            + 1
            - (sums["predicted_positives"] - sums["true_positives"]) / (sums["count"] - sums["positives"])
        )
        / 2
    ),
    low=0.0,
    high=1.0,
    order=43,
    tfma="BalancedAccuracy",
)
