"""Demo data: loan applications with planted faults, and the truth about them.

``python -m slipway.demo.loans FOLDER`` writes ``loans.csv``, ``truth.json`` and ``overrides.yaml``.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from slipway.contracts.errors import InputError
from slipway.demo import loan_faults as faults
from slipway.demo.loan_applications import Columns, draw_applications
from slipway.demo.loan_truth import (
    FEATURES,
    GROUP,
    LABEL,
    LEAK,
    PROTECTED,
    ROW_ID,
    TIME,
    copies_and_originals,
    planted_truth,
)

LEAST_ROWS = 1_000
FIRST_ID = 100_001
_COLUMNS = (ROW_ID, GROUP, TIME, *FEATURES, LEAK, LABEL)
_DECIMALS = {
    "employer_tenure_years": 1,
    "annual_income": 0,
    "debt_to_income": 4,
    "credit_utilization": 3,
    "interest_rate": 2,
}
_OVERRIDES = f"""\
# What a careful user sets for the demo data, by step.
ingest:
  group_column: {GROUP}  # one person's applications stay in one split
  exclude_columns:
    - {ROW_ID}  # a number without meaning
    - {GROUP}  # says who, not how
    - {TIME}  # a model cannot learn from dates that will not come again
    - {LEAK}  # known only after a default
evaluate_slices:
  slices: [age]  # in parts of equal size; columns of text make slices by themselves
  slice_metric: auc  # accuracy hides a slice in which the model guesses
  fairness_features: [{", ".join(PROTECTED)}]
"""


@dataclass(frozen=True, slots=True)
class DemoData:
    """The files of a demo.

    Attributes:
        csv: the applications, with a header.
        truth: JSON: what was planted.
        overrides: YAML: step to config.
    """

    csv: Path
    truth: Path
    overrides: Path


def write_demo_data(folder: Path, rows: int = 60_000, seed: int = 7) -> DemoData:
    """Write the demo data into ``folder``; equal rows and seeds give equal bytes.

    Args:
        folder: made when it does not exist.
        rows: at least LEAST_ROWS.
        seed: of every draw, at least 0.

    Raises:
        InputError: rows or seed are out of range.
    """
    if rows < LEAST_ROWS:
        raise InputError(f"rows must be at least {LEAST_ROWS}, so that every fault shows; got {rows}")
    if seed < 0:
        raise InputError(f"seed must be at least 0, got {seed}")
    random = np.random.default_rng(seed)
    columns = _planted(rows, random)
    gaps = faults.missing_values(columns, random)
    copies, originals = copies_and_originals(columns)
    for gap in gaps.values():  # a near-duplicate lacks what its original lacks
        gap.cells[copies] = gap.cells[originals]
    folder.mkdir(parents=True, exist_ok=True)
    data = DemoData(folder / "loans.csv", folder / "truth.json", folder / "overrides.yaml")
    pa.csv.write_csv(_table(columns, gaps), data.csv, pa.csv.WriteOptions(quoting_style="none", quoting_header="none"))
    truth = {"rows": rows, "seed": seed, **planted_truth(columns, gaps)}
    data.truth.write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    data.overrides.write_text(_OVERRIDES, encoding="utf-8")
    return data


def _planted(rows: int, random: np.random.Generator) -> Columns:
    """All columns in order of time, faults included, none missing; shape (rows,) each."""
    copies = round(rows * faults.DUPLICATED_FRACTION)
    columns = draw_applications(rows - copies, random)
    faults.shift_covariates(columns, random)
    columns["_chance"] = faults.default_probability(columns)
    repaid_or_not = random.random(rows - copies) < columns["_chance"].astype(np.float64)
    columns["_flipped"] = faults.flip_labels(columns, repaid_or_not, random)
    columns["_defaulted"] = repaid_or_not | columns["_flipped"]
    columns[LEAK] = faults.leak(columns["_defaulted"], random)
    repeated, originals = faults.near_duplicates(columns, copies, random)
    columns["_original"] = np.full(rows - copies, -1)
    columns["_row"] = np.arange(rows - copies)
    repeated |= {"_original": originals, "_row": np.full(copies, -1)}
    joined = {name: np.concatenate([values, repeated[name]]) for name, values in columns.items()}
    order = np.argsort(joined[TIME], kind="stable")
    joined = {name: values[order] for name, values in joined.items()}
    joined[ROW_ID] = FIRST_ID + np.arange(rows)
    joined[GROUP] = _applicant_names(joined["_applicant"], random)
    joined[LABEL] = np.where(joined["_defaulted"], "yes", "no")
    for name, decimals in _DECIMALS.items():
        joined[name] = np.round(joined[name].astype(np.float64), decimals)
    return joined


def _applicant_names(numbers: npt.NDArray[np.generic], random: np.random.Generator) -> npt.NDArray[np.str_]:
    """Names that say nothing about when somebody first applied."""
    shuffled = random.permutation(int(numbers.max()) + 1)
    return np.char.add("A", np.char.zfill(shuffled[numbers].astype(str), 7))


def _table(columns: Columns, gaps: dict[str, faults.Gap]) -> pa.Table:
    arrays = [pa.array(columns[name], mask=gaps[name].cells if name in gaps else None) for name in _COLUMNS]
    return pa.table(arrays, names=list(_COLUMNS))


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Write loan applications with planted faults, and the truth about them."
    )
    parser.add_argument("folder", type=Path, help="where loans.csv, truth.json and overrides.yaml go")
    parser.add_argument("--rows", type=int, default=60_000, help="applications, at least 1000 (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of every draw (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        write_demo_data(options.folder, rows=options.rows, seed=options.seed)
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
