"""The laws of accumulators, tried by Hypothesis: no data is neutral, and order and partition change nothing."""

from collections.abc import Callable, Sequence
from typing import Any

from slipway.contracts.errors import InputError
from slipway.statistics.accumulator import AnyAccumulator

Equal = Callable[[Any, Any], bool]


def check_merge_laws(
    accumulator: AnyAccumulator,
    rows: Any,
    batch_of: Callable[[Sequence[Any]], Any],
    *,
    equal: Equal = lambda first, second: bool(first == second),
    examples: int = 60,
) -> None:
    """Raise AssertionError when an accumulator's result depends on how the data come.

    Args:
        accumulator: what is tried.
        rows: a Hypothesis strategy for a single row.
        batch_of: makes of some rows, possibly none, what ``add`` takes.
        equal: whether two results are the same; give a tolerance where floating-point numbers are summed.
        examples: how many tables are tried.
    """
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def laws(data: Any) -> None:
        table = data.draw(st.lists(rows, max_size=60))
        shuffled = data.draw(st.permutations(table))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(table)), max_size=4)))
        parts = [shuffled[start:end] for start, end in zip([0, *cuts], [*cuts, len(table)], strict=True)]
        _hold(accumulator, table, parts, batch_of, equal)

    laws()


def check_foreign_bytes_are_refused(accumulator: AnyAccumulator) -> None:
    """Raise AssertionError when bytes that are no state are taken for one."""
    for content in (b"", b"no state of an accumulator"):
        try:
            accumulator.deserialize(content)
        except InputError:
            continue
        raise AssertionError(f"{content!r} is taken for a state of {accumulator}")


def _hold(
    accumulator: AnyAccumulator,
    table: Sequence[Any],
    parts: Sequence[Sequence[Any]],
    batch_of: Callable[[Sequence[Any]], Any],
    equal: Equal,
) -> None:
    def state(*batches: Sequence[Any]) -> Any:
        """A new state each time: a state that was merged or added to is not to be used again."""
        found = accumulator.create()
        for batch in batches:
            found = accumulator.add(found, batch_of(batch))
        return found

    def sent(found: Any) -> Any:
        return accumulator.deserialize(accumulator.serialize(found))

    whole = accumulator.extract(state(table))
    extract, merge, create = accumulator.extract, accumulator.merge, accumulator.create
    ways = {
        "batch by batch": extract(state(*parts)),
        "merged parts": extract(merge([state(part) for part in parts])),
        "merged in pairs": extract(merge([merge([state(part), create()]) for part in reversed(parts)])),
        "merged with no data": extract(merge([create(), state(table), create()])),
        "sent as bytes": extract(sent(state(table))),
        "merged after being sent": extract(merge([sent(state(part)) for part in parts])),
        "added to after being sent": extract(accumulator.add(sent(state(*parts[:-1])), batch_of(parts[-1]))),
    }
    for way, result in ways.items():
        assert equal(result, whole), f"{way}: {result}, and all at once: {whole}"
    assert accumulator == accumulator
    assert hash(accumulator) == hash(accumulator)
