"""Area under the precision-recall curve."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="auc_precision_recall",
    problems=(BINARY,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("precision_recall_area",),
    derive=lambda sums: sums["precision_recall_area"],
    low=0.0,
    high=1.0,
    order=31,
    headline=True,
    tfma="AUCPrecisionRecall",
)
