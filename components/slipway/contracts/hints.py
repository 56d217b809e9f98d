"""What a message about an unknown name ends with."""

from collections.abc import Iterable

_MOST_LISTED = 30


def closest_name(name: str, names: Iterable[str]) -> str | None:
    """Return the one of ``names`` that is most like ``name``, whatever their case; None when none is close."""
    import difflib  # here, since most runs know every name

    by_lower = {known.lower(): known for known in names}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def closest_hint(name: str, names: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?``, or ``; there are x, y`` where no name is close; at most 30 are named."""
    known = list(names)
    close = closest_name(name, known)
    if close is not None:
        return f"; did you mean {close!r}?"
    if not known:
        return "; there is none"
    more = f" and {len(known) - _MOST_LISTED:,} more" if len(known) > _MOST_LISTED else ""
    return f"; there are {', '.join(known[:_MOST_LISTED])}{more}"
