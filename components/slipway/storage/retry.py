"""Trying again what may pass: growing pauses with a random part, and an end.

The one place that decides how often and how long; what is worth another attempt is a TransientError.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from slipway.contracts.errors import TransientError

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to go on.

    Attributes:
        attempts: calls in all, at least 1.
        first_pause_seconds: about how long before the second call; each further pause is twice as long.
        longest_pause_seconds: no pause is longer.
        sleep: what waits; tests hand in one that does not.
    """

    attempts: int = 6
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 15.0
    sleep: Callable[[float], None] = time.sleep


def again(call: Callable[[], T], patience: Patience, before: Callable[[], T | None] | None = None) -> T:
    """What ``call`` returns, once it no longer raises TransientError.

    Args:
        call: may be called ``patience.attempts`` times.
        patience: how often, and the pauses between.
        before: asked before every attempt but the first; what it returns, unless None, ends the matter without another
            attempt. For calls that must not take effect twice: the answer may have been lost and not the request.

    Raises:
        TransientError: the last one, when patience ends.
    """
    import tenacity

    def attempt() -> T:
        tried = retrying.statistics["attempt_number"]
        found = before() if before and tried > 1 else None
        return call() if found is None else found

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(patience.attempts),
        wait=tenacity.wait_random_exponential(
            multiplier=patience.first_pause_seconds, max=patience.longest_pause_seconds
        )
        + tenacity.wait_fixed(patience.first_pause_seconds),
        sleep=patience.sleep,
        before_sleep=tenacity.before_sleep_log(logger, logging.INFO),
        reraise=True,
    )
    return retrying(attempt)
