"""The data: a seeded table of 18 mixed columns, and what steps before the measured ones make of it.

Runs in the role that makes each thing, before anything is measured, and once for each size.
"""

from pathlib import Path
from typing import Any

from benchmarks.contender import Contest

LABEL = "defaulted"
NUMBERS = (
    *("age", "employer_tenure_years", "annual_income", "credit_score", "debt_to_income", "credit_utilization"),
    *("open_accounts", "loan_amount", "interest_rate"),
)
CATEGORIES = (*("gender", "ethnic_group", "region", "education", "employment_type", "home", "purpose", "channel"),)
COLUMNS = (*NUMBERS, *CATEGORIES, LABEL)
SPLITS = ("train", "eval", "test")


def table(scratch: Path, folder: str, rows: int) -> Contest:
    """``table.csv`` of loan applications without names and dates, and ``examples/`` as ingest splits it."""
    import pyarrow.csv as csv

    from slipway.demo.loans import write_demo_data
    from slipway.ingest.config import IngestConfig
    from slipway.ingest.core import ingest_table

    def work() -> None:
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        data = write_demo_data(scratch, rows=rows)
        csv.write_csv(csv.read_csv(data.csv).select(list(COLUMNS)), target / "table.csv")
        ingest_table(IngestConfig(data_uri=str(target / "table.csv"), label=LABEL), target / "examples")

    return work, lambda _: {}


def splits_as_csv(scratch: Path, folder: str) -> Contest:
    """``train.csv``, ``eval.csv`` and ``test.csv``, for peers that read no Parquet."""
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    from slipway.contracts.tables import TableFolder

    def work() -> None:
        examples = TableFolder(Path(folder) / "examples")
        for split in SPLITS:
            with csv.CSVWriter(Path(folder) / f"{split}.csv", pq.read_schema(examples.files(split)[0])) as writer:
                for file in examples.files(split):
                    writer.write_table(pq.read_table(file))

    return work, lambda _: {}


def predictions(scratch: Path, folder: str, rows: int) -> Contest:
    """``predictions.parquet``: two columns to slice by, a label, and probabilities that crowd near 0 and 1."""
    import numpy as np
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    def work() -> None:
        table = csv.read_csv(Path(folder) / "table.csv").select(["gender", "region"])
        random = np.random.default_rng(rows)
        signal = random.normal(size=rows)
        label = (signal + random.normal(size=rows) > 0.8).astype(np.float32)
        probability = np.clip(np.round(1 / (1 + np.exp(-4 * signal + 2)), 3), 0.001, 0.999).astype(np.float32)
        table = table.append_column("label", [label]).append_column("prediction", [probability])
        pq.write_table(table, Path(folder) / "predictions.parquet")

    return work, lambda _: {}


def schema(scratch: Path, folder: str) -> Contest:
    """``schema/`` as validate infers it."""
    from slipway.contracts.tables import TableFolder
    from slipway.validate.config import ValidateConfig
    from slipway.validate.core import validate
    from slipway.validate.outputs import write_folders

    def work() -> None:
        root = Path(folder)
        found = validate(TableFolder(root / "examples"), ValidateConfig(label=LABEL))
        write_folders(found, root / "schema", scratch / "statistics", scratch / "anomalies")

    return work, lambda _: {}


def transformed(scratch: Path, folder: str) -> Contest:
    """``transformed/`` as Arrow and ``records/`` as TFRecord, and ``transformed.csv`` of the train split."""
    from slipway.contracts.features import ExamplesFolder, TransformFolder
    from slipway.contracts.judgements import SchemaFolder
    from slipway.contracts.tables import TableFolder
    from slipway.modeling.transformed_examples import read_examples
    from slipway.transform.config import TransformConfig
    from slipway.transform.core import transform

    def work() -> None:
        root = Path(folder)
        formats: Any = {"arrow": "transformed", "tfrecord": "records"}
        for kind, name in formats.items():
            config = TransformConfig(label=LABEL, examples_format=kind)
            graph = TransformFolder(scratch / kind)
            transform(
                TableFolder(root / "examples"),
                SchemaFolder(root / "schema"),
                graph,
                ExamplesFolder(root / name),
                config,
            )
        _write_csv(read_examples(ExamplesFolder(root / "transformed"), "train"), root / "transformed.csv")

    return work, lambda _: {}


def _write_csv(examples: Any, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.csv as csv

    columns = {f"x{index}": values for index, values in enumerate(examples.dense.T)}
    csv.write_csv(pa.table({**columns, "label": examples.label}), path)
