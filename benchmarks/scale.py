"""Time and memory of the steps that read tables, as the rows grow and as the columns do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Curve
from benchmarks.contender import Contest
from benchmarks.tables import LABEL
from benchmarks.workplace import Workplace

_MIB = 1 << 20
_COLUMNS = 18
_WIDE_ROWS = 10_000
_HUGE_ROWS, _HUGE_COLUMNS = 100_000_000, 6
_CHUNK_CELLS = 1 << 20
_WORDS = 40
_MODEL_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step whose curves are drawn.

    Attributes:
        name: as the catalogue calls it.
        environment: of its role.
        function: gives a Contest from the folder that ``table`` wrote.
        limit_bytes: memory that its README promises, whatever the rows.
        limit_columns: of the widest table that the promise is for.
        most_rows: of the longest table that it is given.
        curves: what it is drawn by.
        predicts: whether it needs a model, which is trained on ten thousand rows with as many columns.
    """

    name: str
    environment: str
    function: str
    limit_bytes: float
    limit_columns: int = 2_000
    most_rows: int = 10_000_000
    curves: tuple[Curve, ...] = ("rows", "columns")
    predicts: bool = False


STEPS = (
    Step(
        name="ingest",
        environment="light",
        function="benchmarks.scale:ingest",
        limit_bytes=768 * _MIB,
        most_rows=_HUGE_ROWS,
    ),
    Step(
        name="validate",
        environment="tfdv",
        function="benchmarks.scale:validate",
        limit_bytes=512 * _MIB,
        limit_columns=256,
    ),
    Step(
        name="predict",
        environment="tensorflow",
        function="benchmarks.scale:predict",
        limit_bytes=1.5e9,
        curves=("rows",),
        predicts=True,
    ),
)


def comparisons(place: Workplace) -> list[Comparison]:
    """A point of a curve for each step and size."""
    sizes: list[tuple[Curve, int, int]] = [("rows", rows, columns) for rows, columns in _lengths(place)]
    sizes += [("columns", _WIDE_ROWS, columns) for columns in _widths(place)]
    return [
        _point(step, place, curve, rows, columns)
        for step in STEPS
        for curve, rows, columns in sizes
        if curve in step.curves and rows <= step.most_rows
    ]


def _lengths(place: Workplace) -> Iterator[tuple[int, int]]:
    """Ten times more rows each, to ten times those of the other benchmarks; where there is time, to a hundred million.

    The longest table has fewer columns, since its text takes 3.5 GB even so.
    """
    for rows in (10_000, 100_000, 1_000_000, 10_000_000):
        if place.full or rows <= 10 * place.rows:
            yield rows, _COLUMNS
    if place.full:
        yield _HUGE_ROWS, _HUGE_COLUMNS


def _widths(place: Workplace) -> tuple[int, ...]:
    return (10, 100, 500, 1_000, 2_000) if place.full else (10, 100, 1_000)


def _point(step: Step, place: Workplace, curve: Curve, rows: int, columns: int) -> Comparison:
    arguments = {"folder": str(place.scaled(rows, columns))}
    if step.predicts:
        arguments["model"] = str(place.scaled_model(_MODEL_ROWS, columns))
    contender = Contender(
        name="Slipway",
        environment=step.environment,
        function=step.function,
        arguments=arguments,
        limit_bytes=step.limit_bytes if columns <= step.limit_columns else None,
    )
    return Comparison(
        name=f"{step.name} {rows:,} x {columns:,}",
        title=step.name,
        rows=rows,
        columns=columns,
        curve=curve,
        contenders=(contender,),
        rounds=1,
    )


def table(scratch: Path, folder: str, rows: int, columns: int) -> Contest:
    """``table.csv``: integers, fractions and categories in turns, and a label, written in pieces."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as csv

    random = np.random.default_rng((rows, columns))
    words = pa.array([f"word {number}" for number in range(_WORDS)])

    def column(index: int, size: int) -> Any:
        if index == columns - 1:
            return words.take(pa.array(random.integers(0, 2, size)))
        if index % 3 == 2:
            return words.take(pa.array(random.integers(0, _WORDS, size)))
        return random.integers(0, 1_000_000, size) if index % 3 == 0 else random.integers(0, 10_000, size) / 10_000

    def work() -> None:
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        names = [*(f"c{index}" for index in range(columns - 1)), LABEL]
        step = max(1, _CHUNK_CELLS // columns)
        with (target / "table.csv.part").open("wb") as file:
            for start in range(0, rows, step):
                size = min(step, rows - start)
                piece = pa.table({name: column(index, size) for index, name in enumerate(names)})
                csv.write_csv(piece, file, csv.WriteOptions(include_header=not start))
        (target / "table.csv.part").rename(target / "table.csv")

    return work, lambda _: {}


def ingest(scratch: Path, folder: str) -> Contest:
    """From CSV to splits; what it writes lies in ``examples`` for the steps behind it."""
    from slipway.steps.ingest.config import IngestConfig
    from slipway.steps.ingest.core import Inputs, Outputs, Result, run, write

    root, config = Path(folder), IngestConfig(data_uri=str(Path(folder) / "table.csv"), label=LABEL)

    def work() -> Result:
        result = run(Inputs(workspace=root / ".workspace"), config)
        write(result, Outputs(examples=root / "examples", summary=root / "summary"))
        return result

    return work, lambda result: {"rows": float(result.rows())}


def validate(scratch: Path, folder: str) -> Contest:
    """From the splits of ``ingest`` to statistics, schema and verdict."""
    from slipway.contracts.tables import TableFolder
    from slipway.steps.validate.config import ValidateConfig
    from slipway.steps.validate.core import Inputs, run

    examples = Path(folder) / "examples"
    rows = sum(file.rows for files in TableFolder(examples).manifest().splits.values() for file in files)
    return lambda: run(Inputs(examples=examples), ValidateConfig(label=LABEL)), lambda _: {"rows": float(rows)}


def predict(scratch: Path, folder: str, model: str) -> Contest:
    """The splits of ``ingest`` by a model that knows the same columns."""
    from slipway.steps.predict.config import PredictConfig
    from slipway.steps.predict.core import Inputs, run

    inputs = Inputs(examples=Path(folder) / "examples", model=Path(model), workspace=scratch / "predictions")
    return (
        lambda: run(inputs, PredictConfig()),
        lambda predicted: {"rows": float(predicted.counts.rows)},
    )
