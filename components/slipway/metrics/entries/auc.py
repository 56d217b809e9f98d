"""Area under the receiver operating characteristic."""

from slipway.metrics.metric import BINARY, Direction, Metric, Requirement

ENTRY = Metric(
    name="auc",
    problems=(BINARY,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("roc_area",),
    derive=lambda sums: sums["roc_area"],
    low=0.0,
    high=1.0,
    order=30,
    headline=True,
    by_slice=True,
    tfma="AUC",
    requirement=Requirement(least=0.6, against_baseline="absolute"),
)
