"""Parts of a date from epoch seconds, in integer arithmetic that NumPy arrays and TensorFlow tensors share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SECONDS_PER_DAY = 86_400
_DAYS_PER_ERA = 146_097

PERIODS = {"month": 12, "day_of_week": 7, "hour": 24}
"""Parts and the number of their values."""


def date_parts(seconds: Any, parts: Sequence[str]) -> dict[str, Any]:
    """Return some of month (January is 0), day of week (Monday is 0) and hour, in UTC.

    Args:
        seconds: since 1970 UTC, int64, any shape; years before 1 count by the proleptic Gregorian calendar.
        parts: names in PERIODS.

    Returns:
        int64 in [0, PERIODS[part]), in the order of ``parts`` and the shape of ``seconds``.
    """
    days = seconds // _SECONDS_PER_DAY
    rules = {
        "month": lambda: _month(days),
        # The first of January 1970 was a Thursday.
        "day_of_week": lambda: (days + 3) % 7,
        "hour": lambda: seconds % _SECONDS_PER_DAY // 3600,
    }
    return {part: rules[part]() for part in parts}


def _month(days: Any) -> Any:
    """Return the month of a day number, 0 for January.

    By civil_from_days of Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March there, so that
    the leap day is the last one.
    """
    day_of_era = (days + 719_468) % _DAYS_PER_ERA
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * day_of_year + 2) // 153
    return (from_march + 2) % 12
