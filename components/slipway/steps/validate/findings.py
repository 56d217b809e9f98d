"""What the checks say, and the verdict that follows."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from slipway.contracts.verdicts import Verdict
from slipway.steps.validate.config import Check

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence about the data; ``refuses`` when the data must not go further unless ``warn_only`` says so."""

    check: Check
    message: str
    refuses: bool


def judge(findings: Iterable[Finding], warn_only: Iterable[Check]) -> Verdict:
    """Reasons and warnings, in the order of the findings."""
    lenient = frozenset(warn_only)
    reasons: list[str] = []
    warnings: list[str] = []
    for finding in findings:
        refuses = finding.refuses and finding.check not in lenient
        (reasons if refuses else warnings).append(finding.message)
        logger.log(logging.ERROR if refuses else logging.WARNING, "%s: %s", finding.check.value, finding.message)
    return Verdict(reasons=tuple(reasons), warnings=tuple(warnings))
