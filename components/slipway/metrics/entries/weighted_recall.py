"""Mean recall over the classes; classes count by their examples."""

from slipway.metrics.class_averages import class_recall, weighted_average
from slipway.metrics.metric import MULTICLASS, Direction, Metric

ENTRY = Metric(
    name="weighted_recall",
    problems=(MULTICLASS,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("class_hits", "class_labels"),
    derive=lambda sums: weighted_average(class_recall(sums), sums),
    low=0.0,
    high=1.0,
    order=51,
)
