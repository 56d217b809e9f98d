"""Whether every split has at least two label values, and no row without one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold
from slipway.statistics.tfdv_messages import Feature, common_statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelValues:
    """A label that is missing, or that has nothing to tell apart."""

    position: ClassVar[int] = 20

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the splits in which no label can be learned, or some are missing."""
        label = evidence.label
        for split, item in evidence.splits.items():
            feature = item.features[label]
            missing = common_statistics(feature).num_missing
            if common_statistics(feature).num_non_missing == 0:
                message, refuses = f"label {label} is missing in every row of split {split}", True
            elif _has_single_value(feature):
                message, refuses = f"label {label} has one value only in split {split}; nothing can be learned", True
            elif missing:
                message, refuses = f"label {label} is missing in {missing} rows of split {split}", False
            else:
                continue
            yield Finding(check=name, message=message, refuses=refuses, columns=(label,), value=missing)


def _has_single_value(feature: Feature) -> bool:
    if feature.WhichOneof("stats") == "string_stats":
        return bool(feature.string_stats.unique == 1)
    return bool(feature.num_stats.min == feature.num_stats.max)


ENTRY = LabelValues

if TYPE_CHECKING:
    _: Check = LabelValues()
