"""Errors that a step may raise, and the exit code of each.

    SlipwayError            1  internal: a bug, or something nobody foresaw
    ├── InputError          2  usage: fix the call
    │   └── DataError       3  data invalid: fix the data
    └── TransientError      5  try again: a service did not answer

Exit code 4 belongs to no error: a gate that refuses is an outcome, not a crash.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process says when it ends."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    DATA_INVALID = 3
    GATE_REFUSED = 4
    RETRYABLE = 5


class SlipwayError(Exception):
    """The root of every error that Slipway raises on purpose."""

    exit_code: ExitCode = ExitCode.INTERNAL


class InputError(SlipwayError):
    """The caller asked for something that cannot be; the message says what would be right."""

    exit_code = ExitCode.USAGE


class DataError(InputError):
    """The data cannot be used as it is; the message names the file, column or row."""

    exit_code = ExitCode.DATA_INVALID


class TransientError(SlipwayError):
    """Something outside failed and may work when tried again."""

    exit_code = ExitCode.RETRYABLE
