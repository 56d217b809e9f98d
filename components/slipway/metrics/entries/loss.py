"""Mean cross entropy, with probabilities kept 1e-7 away from 0 and 1 as in Keras."""

from slipway.metrics.constant_answers import share_of_each_class
from slipway.metrics.metric import CLASSIFICATION, Direction, Metric, Requirement

ENTRY = Metric(
    name="loss",
    problems=CLASSIFICATION,
    direction=Direction.LOWER_IS_BETTER,
    needs=("loss", "count"),
    derive=lambda sums: sums["loss"] / sums["count"],
    low=0.0,
    order=10,
    headline=True,
    tfma="BinaryCrossEntropy",
    requirement=Requirement(constant=share_of_each_class),
)
