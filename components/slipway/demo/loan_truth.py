"""The account of what was planted in the demo data, with numbers measured on the rows as they are written."""

from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.demo import loan_faults as faults
from slipway.demo.loan_applications import Columns, Floats

LABEL, LEAK, GROUP, TIME, ROW_ID = "defaulted", "collections_calls", "applicant_id", "applied_at", "application_id"
FEATURES = (
    *("gender", "age", "ethnic_group", "region", "education", "employment_type", "employer_tenure_years"),
    *("annual_income", "credit_score", "debt_to_income", "credit_utilization", "open_accounts", "delinquencies_2y"),
    *("inquiries_6m", "oldest_account_opened", "home", "existing_customer", "loan_amount", "term_months", "purpose"),
    *("interest_rate", "channel"),
)
PROTECTED = ("gender", "age", "ethnic_group")


def copies_and_originals(columns: Columns) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Position of each near-duplicate, and of the row that it repeats; shape (copies,) each."""
    original = columns["_original"].astype(np.int64)
    copies = np.flatnonzero(original >= 0)
    position_by_row = np.argsort(columns["_row"], kind="stable")[len(copies) :]  # a copy's _row is -1
    return copies, position_by_row[original[copies]]


def planted_truth(columns: Columns, gaps: dict[str, faults.Gap]) -> dict[str, Any]:
    """What was planted where, ready for JSON.

    Args:
        columns: all rows with the columns that begin with ``_``.
        gaps: missing cells by column.
    """
    defaulted = columns["_defaulted"].astype(bool)
    chance = columns["_chance"].astype(np.float64)
    return {
        "label": {"column": LABEL, "positive": "yes", "positive_rate": _rounded(defaulted.mean())},
        "row_id_column": ROW_ID,
        "group_column": GROUP,
        "groups": len(np.unique(columns[GROUP])),
        "time_column": TIME,
        "protected_attributes": list(PROTECTED),
        "features": list(FEATURES),
        "best_auc": _best_auc(columns, chance, defaulted),
        "missing_values": {
            name: {
                "mechanism": gap.mechanism,
                "rule": gap.rule,
                "rows": int(gap.cells.sum()),
                "fraction": _rounded(gap.cells.mean()),
            }
            for name, gap in gaps.items()
        },
        "faults": {
            "leak": _leak_truth(columns, defaulted),
            "near_duplicates": _duplicate_truth(columns),
            "drift": _drift_truth(columns, defaulted),
            "weak_slice": _slice_truth(columns, chance, defaulted),
            "biased_labels": _bias_truth(columns, defaulted),
        },
    }


def _best_auc(columns: Columns, chance: Floats, defaulted: faults.Flags) -> dict[str, Any]:
    late = columns[TIME] >= faults.DRIFT_START
    return {
        "meaning": "area under the ROC curve of the chance of default that the labels were drawn with; no model that "
        "keeps to the features can be expected to do better",
        "all_rows": _rounded(faults.area_under_curve(chance, defaulted)),
        "before_drift": _rounded(faults.area_under_curve(chance[~late], defaulted[~late])),
        "after_drift": _rounded(faults.area_under_curve(chance[late], defaulted[late])),
    }


def _leak_truth(columns: Columns, defaulted: faults.Flags) -> dict[str, Any]:
    calls = columns[LEAK].astype(np.float64)
    return {
        "column": LEAK,
        "why": "collections calls follow a default; nobody knows them when someone applies",
        "auc_alone": _rounded(faults.area_under_curve(calls, defaulted)),
        "called_fraction": {
            "yes": _rounded((calls[defaulted] > 0).mean()),
            "no": _rounded((calls[~defaulted] > 0).mean()),
        },
    }


def _duplicate_truth(columns: Columns) -> dict[str, Any]:
    ids = columns[ROW_ID]
    copies, originals = copies_and_originals(columns)
    pairs = np.stack([ids[originals], ids[copies]], axis=1)
    return {
        "what": "a row repeated under another applicant, within 20 days, with the same label",
        "changed_columns": [ROW_ID, GROUP, TIME, "annual_income", "loan_amount"],
        "largest_change": {"annual_income": "1 %", "loan_amount": 50},
        "copies": len(copies),
        "fraction": _rounded(len(copies) / len(ids)),
        "pairs_original_copy": pairs.tolist(),
    }


def _drift_truth(columns: Columns, defaulted: faults.Flags) -> dict[str, Any]:
    late = columns[TIME] >= faults.DRIFT_START
    measured: dict[str, Any] = {}
    for name in ("annual_income", "credit_utilization"):
        values = columns[name].astype(np.float64)
        measured[name] = {"mean_before": _rounded(values[~late].mean()), "mean_after": _rounded(values[late].mean())}
    mobile = columns["channel"] == "mobile"
    measured["channel"] = {
        "mobile_before": _rounded(mobile[~late].mean()),
        "mobile_after": _rounded(mobile[late].mean()),
    }
    return {
        "from_month": faults.DRIFT_MONTH,
        "first_row_id": int(columns[ROW_ID][late].min()),
        "rows_after": int(late.sum()),
        "covariate_shift": {name: {"rule": rule, **measured[name]} for name, rule in faults.COVARIATE_SHIFT.items()},
        "concept_change": {
            "meaning": "weights of the log-odds of default per standard deviation or unit",
            "weights": faults.concept_change(),
        },
        "positive_rate": {"before": _rounded(defaulted[~late].mean()), "after": _rounded(defaulted[late].mean())},
    }


def _slice_truth(columns: Columns, chance: Floats, defaulted: faults.Flags) -> dict[str, Any]:
    weak = columns["channel"] == faults.WEAK_CHANNEL
    return {
        "column": "channel",
        "value": faults.WEAK_CHANNEL,
        "what": f"the label is drawn with probability {faults.POSITIVE_RATE} whatever the features say",
        "rows": int(weak.sum()),
        "fraction": _rounded(weak.mean()),
        "positive_rate": _rounded(defaulted[weak].mean()),
        "best_auc_elsewhere": _rounded(faults.area_under_curve(chance[~weak], defaulted[~weak])),
    }


def _bias_truth(columns: Columns, defaulted: faults.Flags) -> dict[str, Any]:
    group, flipped = columns["ethnic_group"] == faults.BIASED_GROUP, columns["_flipped"].astype(bool)
    honest = defaulted & ~flipped
    return {
        "column": "ethnic_group",
        "value": faults.BIASED_GROUP,
        "what": "recorded as a default although the loan was repaid",
        "rate_among_repaid": faults.FLIPPED_FRACTION,
        "measured_rate_among_repaid": _rounded(flipped[group].sum() / (~honest[group]).sum()),
        "flipped": int(flipped.sum()),
        "positive_rate": {
            "group_recorded": _rounded(defaulted[group].mean()),
            "group_true": _rounded(honest[group].mean()),
            "others": _rounded(defaulted[~group].mean()),
        },
        "row_ids": columns[ROW_ID][flipped].tolist(),
    }


def _rounded(value: float) -> float:
    return round(float(value), 6)
