"""Made-up loan applications: applicants, what they ask for, and the risk that follows from it.

Nothing here is a fault; faults are planted in ``loan_faults``. Every number comes from the generator that is passed in.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Columns = dict[str, npt.NDArray[Any]]

START = np.datetime64("2024-01-01T00:00:00", "s")
MONTHS = 18
END = np.datetime64("2025-07-01T00:00:00", "s")
APPLICATIONS_PER_APPLICANT = 2.2

REGIONS = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "central")
EDUCATION = ("primary", "secondary", "vocational", "bachelor", "postgraduate")
EMPLOYMENT = ("salaried", "public_sector", "contract", "self_employed", "retired", "unemployed")
PURPOSES = ("debt_consolidation", "car", "home_improvement", "education", "medical", "business", "wedding")
CHANNELS = ("web", "mobile", "branch", "broker")
CHANNEL_SHARES = (0.42, 0.24, 0.26, 0.08)
HOMES = ("rent", "mortgage", "own")
GENDERS = ("female", "male", "nonbinary")
ETHNIC_GROUPS = ("group_a", "group_b", "group_c", "group_d")
TERMS = (12, 24, 36, 48, 60)

_EMPLOYMENT_RISK = np.array([0.0, -0.35, 0.3, 0.25, -0.2, 1.0])
_PURPOSE_RISK = np.array([0.15, -0.3, -0.2, 0.0, 0.35, 0.6, 0.1])
_HOME_RISK = np.array([0.25, -0.1, -0.35])


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How strongly each driver moves the log-odds of default, per standard deviation or unit."""

    credit_score: float = -1.25
    debt_to_income: float = 0.75
    credit_utilization: float = 0.55
    delinquencies: float = 0.45
    inquiries: float = 0.22
    income: float = -0.65
    tenure: float = -0.35
    strained: float = 0.9
    applicant: float = 0.35


def draw_applications(rows: int, random: np.random.Generator) -> Columns:
    """Complete applications ordered by time, shape (rows,) each, before drift, missing values and labels.

    Columns that begin with ``_`` drive the risk and are not part of the table.
    """
    people = _draw_applicants(max(2, int(rows / APPLICATIONS_PER_APPLICANT)), random)
    who = np.sort(random.integers(0, len(people["_born"]), rows))
    columns: Columns = {name: values[who] for name, values in people.items()}
    seconds = (END - START).astype(np.int64)
    # Business grows by a third over the period: the density of applications rises linearly.
    moments = (np.sqrt(1 + random.random(rows) * (1.33**2 - 1)) - 1) / 0.33
    columns["applied_at"] = START + (moments * (seconds - 1)).astype("timedelta64[s]")
    columns["_applicant"] = who
    order = np.argsort(columns["applied_at"], kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    columns |= _draw_finances(columns, random)
    columns |= _draw_requests(columns, random)
    return columns


def _draw_applicants(people: int, random: np.random.Generator) -> Columns:
    ethnic_group = random.choice(4, people, p=[0.55, 0.2, 0.15, 0.1])
    education = random.choice(5, people, p=[0.06, 0.3, 0.22, 0.28, 0.14])
    years = np.clip(19 + random.gamma(3.2, 7.2, people), 19, 84)  # old at START; people grow older from there
    employment = random.choice(6, people, p=[0.5, 0.15, 0.12, 0.13, 0.03, 0.07])
    employment = np.where(years >= 66, 4, employment)
    # Incomes differ between groups as they do in the world; the risk does not look at the group.
    log_income = (
        10.35
        + 0.16 * education
        - np.array([0.0, 0.08, 0.14, 0.05])[ethnic_group]
        + np.array([0.0, 0.08, -0.05, 0.02, -0.35, -0.8])[employment]
        + random.normal(0, 0.38, people)
    )
    return {
        "gender": np.array(GENDERS)[random.choice(3, people, p=[0.48, 0.5, 0.02])],
        "ethnic_group": np.array(ETHNIC_GROUPS)[ethnic_group],
        "region": np.array(REGIONS)[random.integers(0, len(REGIONS), people)],
        "education": np.array(EDUCATION)[education],
        "employment_type": np.array(EMPLOYMENT)[employment],
        "_employment": employment,
        "_born": START.astype("datetime64[D]") - (years * 365.25).astype("timedelta64[D]"),
        "_log_income": log_income,
        "_care": random.normal(0, 1, people),
        "_luck": random.normal(0, 1, people),
    }


def _draw_finances(columns: Columns, random: np.random.Generator) -> Columns:
    rows = len(columns["_care"])
    care, employment = columns["_care"], columns["_employment"]
    age = ((columns["applied_at"].astype("datetime64[D]") - columns["_born"]).astype(np.int64) / 365.25).astype(
        np.int64
    )
    history_years = np.clip((age - 18) * random.beta(4, 2, rows), 0.2, 45)
    opened = columns["applied_at"].astype("datetime64[D]") - (history_years * 365.25).astype("timedelta64[D]")
    delinquencies = random.poisson(np.exp(-1.25 - 0.75 * care))
    utilization = np.clip(random.beta(2.0, 3.2, rows) - 0.1 * care + 0.05 * delinquencies, 0, 1.2)
    score = 672 + 38 * care + 0.9 * history_years - 22 * delinquencies - 45 * (utilization - 0.4)
    score = np.clip(score + random.normal(0, 34, rows), 300, 850)
    tenure = np.where(employment >= 4, 0.0, np.clip(random.exponential(5.5, rows), 0, np.maximum(age - 17, 1)))
    home = np.where(random.random(rows) < 0.45, 0, np.where(random.random(rows) < 0.7, 1, 2))
    return {
        "age": age,
        "oldest_account_opened": opened,
        "delinquencies_2y": delinquencies,
        "credit_utilization": utilization,
        "credit_score": np.round(score).astype(np.int64),
        "employer_tenure_years": tenure,
        "annual_income": np.exp(columns["_log_income"] + random.normal(0, 0.08, rows)),
        "inquiries_6m": random.poisson(np.exp(0.1 - 0.25 * care)),
        "open_accounts": 1 + random.poisson(2 + 0.12 * history_years),
        "home": np.array(HOMES)[home],
        "_home": home,
        "existing_customer": random.random(rows) < 0.35,
    }


def _draw_requests(columns: Columns, random: np.random.Generator) -> Columns:
    rows = len(columns["_care"])
    purpose = random.choice(7, rows, p=[0.36, 0.18, 0.16, 0.08, 0.08, 0.09, 0.05])
    amount = columns["annual_income"] * random.gamma(3.0, 0.11, rows) * np.where(purpose == 5, 1.5, 1.0)
    amount = np.clip(np.round(amount / 100) * 100, 1_000, 80_000).astype(np.int64)
    term = np.array(TERMS)[
        np.clip(np.searchsorted([4e3, 9e3, 16e3, 28e3], amount) + random.integers(-1, 2, rows), 0, 4)
    ]
    debts = random.gamma(2.2, 0.07, rows) * np.exp(-0.2 * columns["_care"])
    ratio = np.clip(debts + amount / term * 12 / columns["annual_income"], 0.01, 1.5)
    rate = 14.5 - 0.022 * (columns["credit_score"] - 650) + 0.03 * term + random.normal(0, 0.9, rows)
    return {
        "purpose": np.array(PURPOSES)[purpose],
        "_purpose": purpose,
        "loan_amount": amount,
        "term_months": term,
        "debt_to_income": ratio,
        "interest_rate": np.clip(rate, 3.5, 29.9),
        "channel": np.array(CHANNELS)[random.choice(4, rows, p=CHANNEL_SHARES)],
    }


def log_odds(columns: Columns, weights: Weights) -> Floats:
    """Log-odds of default of each application up to a constant, shape (rows,).

    Neither gender nor ethnic group is looked at; age enters as the inexperience of the young and the strain of the old.
    """
    ratio, utilization = columns["debt_to_income"], columns["credit_utilization"]
    odds: Floats = (
        weights.credit_score * (columns["credit_score"] - 680) / 60
        + weights.debt_to_income * (ratio - 0.35) / 0.17
        + weights.credit_utilization * (utilization - 0.4) / 0.2
        + weights.delinquencies * np.minimum(columns["delinquencies_2y"], 4)
        + weights.inquiries * np.minimum(columns["inquiries_6m"], 6)
        + weights.income * (np.log(columns["annual_income"]) - 10.7) / 0.45
        + weights.tenure * np.log1p(columns["employer_tenure_years"])
        # No sum of single columns says this: much debt and used-up credit together.
        + weights.strained * ((ratio > 0.4) & (utilization > 0.5))
        + 0.5 * ((columns["age"] - 45) / 18) ** 2
        + _EMPLOYMENT_RISK[columns["_employment"]]
        + _PURPOSE_RISK[columns["_purpose"]]
        + _HOME_RISK[columns["_home"]]
        + weights.applicant * columns["_luck"]
    )
    return odds
