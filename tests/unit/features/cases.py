"""One table of raw values, and what each means: as a number, as a category, as seconds.

WHY: validate runs with pyarrow 10, the serving graph with pyarrow 26; a value must mean the same in both, and was
written in two ways where it did not.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

NAN, INF = float("nan"), float("inf")
MISSING = None
REFUSED = "refused"
"""Where a column cannot be read so."""

NOON = dt.datetime(2024, 2, 29, 12, 0, 0)
INVALID = pa.array([b"\xff", b"a"])
ZONED = [dt.datetime(2024, 2, 29, 12, 0, 0, 500_000, tzinfo=dt.UTC), None]


@dataclass(frozen=True)
class Case:
    """A column; expected category, float32 number and seconds of each row, None where it is missing."""

    column: pa.Array
    categories: Any
    numbers: Any
    seconds: Any = REFUSED


CASES = {
    "large doubles": Case(
        pa.array([1e15, 2.0**53 - 1, 2.0**53, 1e16, -1e16, 1e300]),
        ["1000000000000000", "9007199254740991", "9.007199254740992e+15", "1e+16", "-1e+16", "1e+300"],
        [1e15, 2.0**53, 2.0**53, 1e16, -1e16, INF],
    ),
    "infinities": Case(pa.array([INF, -INF, 1.0]), ["inf", "-inf", "1"], [INF, -INF, 1.0]),
    "negative zero": Case(pa.array([-0.0, 0.0, 1.0]), ["0", "0", "1"], [0.0, 0.0, 1.0], [0, 0, 1]),
    "not a number": Case(pa.array([NAN, None, 2.5]), [MISSING, MISSING, "2.5"], [NAN, NAN, 2.5]),
    "doubles": Case(
        pa.array([1.0, 2.5, 0.1, 1e-7, 12_345_678_901.0, 5e-324]),
        ["1", "2.5", "0.1", "1e-7", "12345678901", "5e-324"],
        [1.0, 2.5, 0.1, 1e-7, 12_345_678_901.0, 0.0],
    ),
    "whole doubles": Case(pa.array([3.0, None]), ["3", MISSING], [3.0, NAN], [3, MISSING]),
    "floats": Case(
        pa.array([1.0, 0.5, 0.1, NAN], pa.float32()),
        ["1", "0.5", "0.10000000149011612", MISSING],
        [1.0, 0.5, np.float32(0.1), NAN],
    ),
    "half floats": Case(
        pa.array([np.float16(1), np.float16(0.5), np.float16(NAN)]), ["1", "0.5", MISSING], [1.0, 0.5, NAN]
    ),
    "booleans": Case(pa.array([True, False, None]), ["true", "false", MISSING], [1.0, 0.0, NAN]),
    "bits": Case(pa.array([0, 1, None], pa.int8()), ["0", "1", MISSING], [0.0, 1.0, NAN], [0, 1, MISSING]),
    "integers": Case(
        pa.array([-3, 2**24 + 1, 2**62]),
        ["-3", "16777217", "4611686018427387904"],
        [-3.0, 2.0**24, 2.0**62],
        [-3, 2**24 + 1, 2**62],
    ),
    "large unsigned integers": Case(
        pa.array([2**64 - 1, None], pa.uint64()), ["18446744073709551615", MISSING], [2.0**64, NAN]
    ),
    "decimals": Case(
        pa.array([Decimal("1.00"), Decimal("-1.50"), Decimal("-0.00"), None], pa.decimal128(25, 2)),
        ["1", "-1.5", "0", MISSING],
        [1.0, -1.5, 0.0, NAN],
    ),
    "long decimals": Case(
        pa.array([Decimal("12345678901234567890.10"), Decimal("100.00")], pa.decimal128(25, 2)),
        ["12345678901234567890.1", "100"],
        [12345678901234567890.1, 100.0],
    ),
    "wide decimals": Case(pa.array([Decimal("0.0000000010")], pa.decimal256(40, 10)), ["0.000000001"], [1e-9]),
    "texts": Case(pa.array(["ü", "", None, " ", "x "]), ["ü", MISSING, MISSING, " ", "x "], REFUSED),
    "texts of numbers": Case(
        pa.array(["2.5", "", None, "1e3", "inf"]), ["2.5", MISSING, MISSING, "1e3", "inf"], [2.5, NAN, NAN, 1e3, INF]
    ),
    "large texts": Case(pa.array(["7", ""], pa.large_string()), ["7", MISSING], [7.0, NAN]),
    "dictionary-encoded texts": Case(
        pa.array(["b", None, "a", "b"]).dictionary_encode(), ["b", MISSING, "a", "b"], REFUSED
    ),
    "dictionary-encoded numbers": Case(
        pa.array([1.0, None, 2.5]).dictionary_encode(), ["1", MISSING, "2.5"], [1.0, NAN, 2.5]
    ),
    "a dictionary that repeats itself": Case(
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None], pa.int8()), pa.array(["a", "a", ""])),
        ["a", "a", MISSING, MISSING],
        REFUSED,
    ),
    "bytes": Case(pa.array([b"a", b"", None]), ["a", MISSING, MISSING], REFUSED),
    "invalid UTF-8 as bytes": Case(INVALID, REFUSED, REFUSED),
    "invalid UTF-8 as text": Case(pa.Array.from_buffers(pa.string(), 2, INVALID.buffers()), REFUSED, REFUSED),
    "timestamps": Case(
        pa.array([NOON, NOON.replace(microsecond=500_000), None, dt.datetime(1969, 12, 31, 23, 59, 59, 500_000)]),
        ["2024-02-29 12:00:00", "2024-02-29 12:00:00.5", MISSING, "1969-12-31 23:59:59.5"],
        REFUSED,
        [1_709_208_000, 1_709_208_000, MISSING, -1],
    ),
    "timestamps in seconds": Case(
        pa.array([1_709_208_000], pa.timestamp("s")), ["2024-02-29 12:00:00"], REFUSED, [1_709_208_000]
    ),
    "timestamps in UTC": Case(
        pa.array(ZONED, pa.timestamp("us", tz="UTC")),
        ["2024-02-29 12:00:00.5Z", MISSING],
        REFUSED,
        [1_709_208_000, MISSING],
    ),
    "timestamps in a zone": Case(
        pa.array(ZONED, pa.timestamp("us", tz="Europe/Berlin")),
        ["2024-02-29 12:00:00.5Z", MISSING],
        REFUSED,
        [1_709_208_000, MISSING],
    ),
    "dates": Case(
        pa.array([dt.date(2024, 2, 29), None, dt.date(1969, 12, 31)]),
        ["2024-02-29", MISSING, "1969-12-31"],
        REFUSED,
        [1_709_164_800, MISSING, -86_400],
    ),
    "dates in milliseconds": Case(pa.array([dt.date(1970, 1, 2)], pa.date64()), ["1970-01-02"], REFUSED, [86_400]),
    "times of day": Case(
        pa.array([dt.time(1, 0, 0), dt.time(1, 0, 0, 250_000), None], pa.time64("us")),
        ["01:00:00", "01:00:00.25", MISSING],
        [3600.0, 3600.0, NAN],
        [3600, 3600, MISSING],
    ),
    "durations": Case(
        pa.array([dt.timedelta(minutes=1), dt.timedelta(milliseconds=-1500), None], pa.duration("ms")),
        ["60", "-1.5", MISSING],
        [60.0, -2.0, NAN],
        [60, -2, MISSING],
    ),
    "texts of times": Case(
        pa.array(["2024-02-29T12:00:00", "2024-02-29", ""]),
        ["2024-02-29T12:00:00", "2024-02-29", MISSING],
        REFUSED,
        [1_709_208_000, 1_709_164_800, MISSING],
    ),
    "texts of times with a zone": Case(
        pa.array(["2024-02-29T12:00:00Z", "2024-02-29T13:00:00+01:00"]),
        ["2024-02-29T12:00:00Z", "2024-02-29T13:00:00+01:00"],
        REFUSED,
        [1_709_208_000, 1_709_208_000],
    ),
    "nothing": Case(pa.nulls(2), [MISSING, MISSING], [NAN, NAN], [MISSING, MISSING]),
    "no rows": Case(pa.array([], pa.float64()), [], [], []),
    "lists": Case(pa.array([[1], [2]]), REFUSED, REFUSED),
}
