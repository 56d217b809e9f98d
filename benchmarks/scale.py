"""Time and memory of the steps that read raw rows, as the rows grow."""

from benchmarks.comparisons import Comparison, Contender
from benchmarks.workplace import Workplace

_STEPS = {
    "ingest": ("light", "benchmarks.ingest:slipway", "csv"),
    "validate": ("tfdv", "benchmarks.statistics:step", "folder"),
}
_NOTE = "One cold process each; peak memory holds what the imports take."


def comparisons(place: Workplace) -> list[Comparison]:
    """A row of the table for each step and size."""
    found = []
    for rows in sizes(place):
        folder = place.table(rows)
        arguments = {"csv": str(folder / "table.csv"), "folder": str(folder)}
        for step, (environment, function, needed) in _STEPS.items():
            contender = Contender(
                name="Slipway",
                environment=environment,
                function=function,
                arguments={needed: arguments[needed]},
            )
            found.append(
                Comparison(
                    name=f"{step} {rows:,}",
                    title=f"{step} of {rows:,} rows",
                    rows=rows,
                    contenders=(contender,),
                    rounds=place.rounds(1),
                    note=_NOTE,
                )
            )
    return found


def sizes(place: Workplace) -> list[int]:
    """Ten times more each, to a million rows, or to ten where there is time."""
    most = 100 * place.rows if place.full else 10 * place.rows
    return [rows for rows in (10_000, 100_000, 1_000_000, 10_000_000) if rows <= most]
