"""All checks over one table: what they need of each split, what they find, and the verdict that follows."""

import dataclasses
import logging
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from slipway.checks.check import Check, Evidence, Scope, SplitEvidence
from slipway.contracts.validations import Finding
from slipway.contracts.verdicts import Verdict
from slipway.engines.engine import Fold
from slipway.features.kinds import KindOfColumn

logger = logging.getLogger(__name__)

Results: TypeAlias = Mapping[str, Mapping[str, Any]]
"""What a split's accumulators came to, by check and by the name that the check gave."""


def needed_folds(
    checks: Mapping[str, Check], split: str, kinds: Mapping[str, KindOfColumn], earlier: Mapping[str, Results]
) -> dict[str, dict[str, Fold]]:
    """Return the accumulators that checks need of a split, by check and name.

    Args:
        checks: by name.
        split: about to be read.
        kinds: of every column.
        earlier: the results of the splits read before.
    """
    return {
        name: dict(
            check.folds(Scope(split=split, kinds=kinds, earlier={done: found[name] for done, found in earlier.items()}))
        )
        for name, check in checks.items()
    }


def run_checks(checks: Mapping[str, Check], evidence: Evidence, results: Mapping[str, Results]) -> tuple[Finding, ...]:
    """Return the findings of every check, in the order of the checks.

    Args:
        checks: by name.
        evidence: what is known of the data.
        results: of every split in ``evidence``.
    """
    findings: list[Finding] = []
    for name, check in checks.items():
        splits = {
            split: SplitEvidence(features=item.features, results=results[split][name])
            for split, item in evidence.splits.items()
        }
        findings += check.findings(dataclasses.replace(evidence, splits=splits), name)
    return tuple(findings)


def reach_verdict(findings: Iterable[Finding], warn_only: Iterable[str]) -> Verdict:
    """Return reasons and warnings in the order of the findings; checks in ``warn_only`` never refuse."""
    lenient = frozenset(warn_only)
    reasons: list[str] = []
    warnings: list[str] = []
    for finding in findings:
        refuses = finding.refuses and finding.check not in lenient
        (reasons if refuses else warnings).append(finding.message)
        logger.log(logging.ERROR if refuses else logging.WARNING, "%s: %s", finding.check, finding.message)
    return Verdict(reasons=tuple(reasons), warnings=tuple(warnings))
