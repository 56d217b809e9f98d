"""Share of examples whose predicted class is the true one."""

from slipway.metrics.constant_answers import majority_class
from slipway.metrics.metric import CLASSIFICATION, Direction, Metric, Requirement

ENTRY = Metric(
    name="accuracy",
    problems=CLASSIFICATION,
    direction=Direction.HIGHER_IS_BETTER,
    needs=("correct", "count"),
    derive=lambda sums: sums["correct"] / sums["count"],
    low=0.0,
    high=1.0,
    order=20,
    default=True,
    headline=True,
    by_slice=True,
    tfma="BinaryAccuracy",
    requirement=Requirement(against_baseline="absolute", constant=majority_class, beyond_chance=True),
)
