"""How values are written for people, the same in HTML, Markdown and charts."""

import re
from numbers import Integral, Real

NOTHING = "–"
_SMALLEST_PLAIN = 1e-4
_SMALLEST_GROUPED = 1e3
_LARGEST_PLAIN = 1e12
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def is_number(value: object) -> bool:
    """Whether ``value`` is a number to align with others; a bool is none. NumPy's scalars count."""
    return isinstance(value, Real) and not isinstance(value, bool)


def display(value: object) -> str:
    """``value`` as short plain text, not escaped.

    Integers get thousands separators, other numbers four significant digits, booleans are yes and no; None and NaN
    are a dash. What no page can hold (control characters, lone surrogates) becomes U+FFFD.
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}".replace("-", "−")
    if isinstance(value, Real):
        return _number(float(value))
    return printable(str(value))


def printable(text: str) -> str:
    """``text`` with every character that neither XML nor UTF-8 can hold replaced by U+FFFD."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _number(value: float) -> str:
    if value != value:
        return NOTHING
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == 0:
        return "0"
    if size < _SMALLEST_PLAIN or size >= _LARGEST_PLAIN:
        return f"{value:.3g}".replace("-", "−")
    if size >= _SMALLEST_GROUPED:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:.4g}".replace("-", "−")
