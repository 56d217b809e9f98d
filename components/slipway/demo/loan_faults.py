"""The faults planted in the loan applications, each with an account of what was done and what came of it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.demo.loan_applications import END, Columns, Floats, Weights, log_odds

DRIFT_MONTH = "2025-03"
DRIFT_START = np.datetime64(f"{DRIFT_MONTH}-01T00:00:00", "s")
BEFORE = Weights()
AFTER = Weights(credit_score=-0.45, debt_to_income=1.3, credit_utilization=0.2, inquiries=0.5, strained=0.3)
POSITIVE_RATE = 0.215
WEAK_CHANNEL = "broker"
BIASED_GROUP = "group_c"
FLIPPED_FRACTION = 0.12
DUPLICATED_FRACTION = 0.015
INCOME_FACTOR = 0.82
UTILIZATION_STEP = 0.12
MOBILE_FRACTION = 0.45
COVARIATE_SHIFT = {
    "annual_income": f"multiplied by {INCOME_FACTOR}",
    "credit_utilization": f"plus {UTILIZATION_STEP}, at most 1.2",
    "channel": f"web and branch become mobile with probability {MOBILE_FRACTION}",
}

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing cells of a column, shape (rows,), why they are missing and by which rule."""

    cells: Flags
    mechanism: str
    rule: str


def shift_covariates(columns: Columns, random: np.random.Generator) -> None:
    """Drift: from DRIFT_MONTH on incomes fall, credit is used up more, and web and branch customers move to mobile."""
    late = columns["applied_at"] >= DRIFT_START
    columns["annual_income"] = np.where(late, columns["annual_income"] * INCOME_FACTOR, columns["annual_income"])
    used = columns["credit_utilization"]
    columns["credit_utilization"] = np.where(late, np.clip(used + UTILIZATION_STEP, 0, 1.2), used)
    moves = late & np.isin(columns["channel"], ("web", "branch")) & (random.random(len(late)) < MOBILE_FRACTION)
    columns["channel"] = np.where(moves, "mobile", columns["channel"])


def default_probability(columns: Columns) -> Floats:
    """Chance of default of each row, shape (rows,); POSITIVE_RATE on average, before and after the concept changes.

    In the weak slice it is POSITIVE_RATE whatever the columns say.
    """
    late = columns["applied_at"] >= DRIFT_START
    chance = np.empty(len(late))
    for rows, weights in ((~late, BEFORE), (late, AFTER)):
        odds = log_odds({name: values[rows] for name, values in columns.items()}, weights)
        chance[rows] = _sigmoid(odds + _intercept(odds, POSITIVE_RATE))
    return np.where(columns["channel"] == WEAK_CHANNEL, POSITIVE_RATE, chance)


def _intercept(odds: Floats, rate: float) -> float:
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _sigmoid(odds + middle).mean() < rate else (low, middle)
    return low


def _sigmoid(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-odds))


def flip_labels(columns: Columns, defaulted: Flags, random: np.random.Generator) -> Flags:
    """Bias: where BIASED_GROUP repaid, FLIPPED_FRACTION of the rows are recorded as defaults. Which rows, (rows,)."""
    repaid: Flags = (columns["ethnic_group"] == BIASED_GROUP) & ~defaulted
    return repaid & (random.random(len(defaulted)) < FLIPPED_FRACTION)


def leak(defaulted: Flags, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Calls by the collections department: they follow a default, so nobody knows them when someone applies."""
    after_default = np.where(random.random(len(defaulted)) < 0.97, 1 + random.poisson(4, len(defaulted)), 0)
    otherwise = np.where(random.random(len(defaulted)) < 0.015, 1, 0)
    return np.where(defaulted, after_default, otherwise)


def near_duplicates(
    columns: Columns, copies: int, random: np.random.Generator
) -> tuple[Columns, npt.NDArray[np.int64]]:
    """Rows that repeat others under a new applicant, some days apart, with a slightly other amount and income.

    Returns:
        The copies, and the row that each repeats, shape (copies,).
    """
    rows = np.sort(random.choice(len(columns["applied_at"]), copies, replace=False))
    repeated = {name: values[rows] for name, values in columns.items()}
    days = random.integers(1, 21, copies).astype("timedelta64[D]")
    moment = repeated["applied_at"]
    later = moment + days
    # A copy stays on its side of the drift, since its other columns do.
    crosses = (later >= END) | ((moment < DRIFT_START) & (later >= DRIFT_START))
    repeated["applied_at"] = np.where(crosses, moment - days, later)
    repeated["annual_income"] = repeated["annual_income"] * random.uniform(0.99, 1.01, copies)
    repeated["loan_amount"] = repeated["loan_amount"] + 10 * random.integers(-5, 6, copies)
    repeated["_applicant"] = columns["_applicant"].max() + 1 + np.arange(copies)
    return repeated, rows


def missing_values(columns: Columns, random: np.random.Generator) -> dict[str, Gap]:
    """What is missing, by column."""
    rows = len(columns["age"])
    chance = random.random((5, rows))
    income = columns["annual_income"]
    high, low = np.quantile(income, [0.9, 0.2])
    young = columns["age"] < 26
    loose = np.isin(columns["employment_type"], ("self_employed", "contract"))
    return {
        "open_accounts": Gap(chance[0] < 0.04, "completely at random", "4 % of all rows"),
        "oldest_account_opened": Gap(chance[1] < 0.06, "completely at random", "6 % of all rows"),
        "annual_income": Gap(
            chance[2] < np.where(income > high, 0.25, np.where(income < low, 0.12, 0.03)),
            "not at random",
            f"25 % of incomes above {high:.0f}, 12 % of those below {low:.0f}, 3 % of the others",
        ),
        "credit_score": Gap(
            chance[3] < np.where(young, 0.3, 0.02),
            "at random given age",
            "30 % of applicants younger than 26, 2 % of the others",
        ),
        "employer_tenure_years": Gap(
            (columns["_employment"] >= 4) | (chance[4] < np.where(loose, 0.2, 0.02)),
            "not at random",
            "all of the retired and unemployed, 20 % of the self-employed and contract workers, 2 % of the others",
        ),
    }


def area_under_curve(scores: Floats, positive: Flags) -> float:
    """Chance that a positive row scores higher than a negative one, ties counted half (Mann-Whitney U)."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(positive.sum())
    negatives = len(positive) - positives
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def concept_change() -> dict[str, Any]:
    """The weights of the log-odds that differ before and after DRIFT_MONTH."""
    before, after = asdict(BEFORE), asdict(AFTER)
    return {name: {"before": before[name], "after": after[name]} for name in before if before[name] != after[name]}
