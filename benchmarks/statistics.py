"""Statistics, schema and anomalies beside TFDV's documented ways: from CSV on Beam, and from a data frame in memory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.comparisons import Comparison, Contender, Goal
from benchmarks.contender import Contest, Result
from benchmarks.tables import LABEL, SPLITS
from benchmarks.workplace import Workplace

_BEAM, _MEMORY = "TFDV on Beam", "TFDV in memory"
_NOTE = (
    "Statistics of train, eval and test, a schema of train, and anomalies of the other two. Slipway and the data frame "
    "read Parquet, Beam the same rows as CSV. The whole step also does what TFDV does not: drift between splits, "
    "leakage, duplicates, kinds of columns and a verdict. Compared: of every column and split how many values there "
    "are, mean, standard deviation, and distinct values."
)


def comparisons(place: Workplace) -> list[Comparison]:
    """One pass over three splits."""
    arguments = {"folder": str(place.table(place.rows, "splits_as_csv"))}
    contenders = [
        ("Slipway", "slipway", 2, False),
        ("Slipway, the whole step", "step", 2, place.hurried),
        (_MEMORY, "in_memory", 2, False),
        (_BEAM, "on_beam", 0, place.hurried),
    ]
    return [
        Comparison(
            name="statistics",
            title="Statistics, schema and anomalies",
            rows=place.rows,
            contenders=tuple(
                Contender(
                    name=name,
                    environment="tfdv",
                    function=f"benchmarks.statistics:{function}",
                    arguments=arguments,
                    repeats=repeats,
                    once=once,
                )
                for name, function, repeats, once in contenders
            ),
            rounds=place.rounds(2),
            goals=(
                Goal(against=_BEAM, measure="work", at_least=30.0),
                Goal(against=_MEMORY, measure="work", at_least=1.0),
                Goal(against=_MEMORY, measure="warm", at_least=1.0),
            ),
            tolerance=1e-6,
            note=_NOTE,
        )
    ]


def slipway(scratch: Path, folder: str) -> Contest:
    """What the peers do, by the functions of the validate step."""
    import pyarrow as pa

    from slipway.contracts.examples import ColumnKind
    from slipway.contracts.tables import TableFolder
    from slipway.engines.engine import ENGINES
    from slipway.features.kinds import KindSettings, infer_kind, infer_label_kind, profile_column
    from slipway.statistics.parquet_parts import read_sample
    from slipway.steps.validate.anomalies import split_anomalies
    from slipway.steps.validate.schema import infer
    from slipway.steps.validate.splits import ScanPlan, scan_split

    table, engine = TableFolder(Path(folder) / "examples"), ENGINES.get("local")

    def work() -> dict[str, Any]:
        manifest = table.manifest()
        types = {column.name: column.type for column in manifest.columns}
        sample = read_sample(table.files("train"), manifest.rows("train"), 100_000, list(types))
        rows = sum(map(manifest.rows, SPLITS))
        profiles = {name: profile_column(sample.column(name), types[name]) for name in types}
        kinds = {name: infer_kind(profile, rows, KindSettings()) for name, profile in profiles.items()}
        kinds[LABEL] = infer_label_kind(profiles[LABEL])
        integers = [name for name in types if pa.types.is_int64(sample.schema.field(name).type)]
        categories = frozenset(name for name in integers if kinds[name].kind is ColumnKind.CATEGORICAL)
        plan = ScanPlan(columns=tuple(types), integer_categories=categories)
        scans = {split: scan_split(table, manifest, split, plan, {}, engine) for split in SPLITS}
        schema = infer(scans["train"].statistics, kinds)
        for split in SPLITS:
            split_anomalies(split, scans[split].statistics, schema, schema)
        return {split: scans[split].statistics for split in SPLITS}

    return work, figures


def step(scratch: Path, folder: str) -> Contest:
    """The validate step."""
    from slipway.steps.validate.config import ValidateConfig
    from slipway.steps.validate.core import Inputs, run

    inputs = Inputs(examples=Path(folder) / "examples")
    return lambda: run(inputs, ValidateConfig(label=LABEL)).statistics, figures


def in_memory(scratch: Path, folder: str) -> Contest:
    """``generate_statistics_from_dataframe`` in this process."""
    import pandas
    import tensorflow_data_validation as tfdv

    from slipway.contracts.tables import TableFolder

    table = TableFolder(Path(folder) / "examples")

    def work() -> dict[str, Any]:
        frames = {split: pandas.concat(map(pandas.read_parquet, table.files(split))) for split in SPLITS}
        found = {split: tfdv.generate_statistics_from_dataframe(frames[split], n_jobs=1) for split in SPLITS}
        return _judged(found)

    return work, figures


def on_beam(scratch: Path, folder: str) -> Contest:
    """``generate_statistics_from_csv`` on Beam's direct runner."""
    import tensorflow_data_validation as tfdv

    def work() -> dict[str, Any]:
        return _judged({split: tfdv.generate_statistics_from_csv(f"{folder}/{split}.csv") for split in SPLITS})

    return work, figures


def _judged(found: dict[str, Any]) -> dict[str, Any]:
    import tensorflow_data_validation as tfdv

    schema = tfdv.infer_schema(found["train"], infer_feature_shape=False)
    for split in ("eval", "test"):
        tfdv.validate_statistics(found[split], schema)
    return found


def figures(found: dict[str, Any]) -> Result:
    """What statistics say about every column of every split."""
    return dict(
        figure
        for split, statistics in found.items()
        for feature in statistics.datasets[0].features
        for figure in _feature_figures(split, feature)
    )


def _feature_figures(split: str, feature: Any) -> Iterable[tuple[str, float]]:
    name = f"{split} {feature.path.step[0] if feature.path.step else feature.name}"
    kind = feature.WhichOneof("stats")
    statistics = getattr(feature, kind)
    yield f"{name} values", float(statistics.common_stats.tot_num_values)
    if kind == "num_stats":
        yield f"{name} mean", float(statistics.mean)
        yield f"{name} standard deviation", float(statistics.std_dev)
    elif kind == "string_stats":
        yield f"{name} distinct", float(statistics.unique)
