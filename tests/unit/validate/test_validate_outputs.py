import re

import pytest
from loan_tables import make_splits
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from slipway.contracts.validations import Anomaly, Drift, FeatureSummary, Validation, ValueCount
from slipway.contracts.verdicts import Verdict
from slipway.steps.validate import outputs
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.core import Inputs, Outputs, Result, run, write
from slipway.steps.validate.report import render_html, render_summary

HOSTILE = "<script>alert(1)</script>"
VALIDATION = Validation(
    verdict=Verdict(reasons=("age: too far",), warnings=("one constant column",)),
    rows={"train": 80, "eval": 10, "test": 10},
    features=(
        FeatureSummary(
            name=HOSTILE,
            type="STRING",
            kind="categorical",
            missing_fraction=0.25,
            unique=2,
            top_values=(ValueCount(value=HOSTILE, count=60.0), ValueCount(value="b", count=20.0)),
        ),
    ),
    anomalies=(
        Anomaly(feature="age", split="eval", short_description="rare", description="once", severity="WARNING"),
        Anomaly(feature="age", split="test", short_description="gone", description="no value", severity="ERROR"),
    ),
    drift=(
        Drift(feature="near", compared_with="eval", measure="l_infinity", distance=0.01, threshold=0.1),
        Drift(feature="far", compared_with="eval", measure="jensen_shannon", distance=0.5, threshold=0.1),
    ),
)


def test_the_page_needs_nothing_else_and_escapes_what_the_data_hold():
    page = render_html(VALIDATION, HOSTILE)
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert "&lt;script&gt;" in page


def test_the_page_shows_errors_first_and_the_largest_distance_first():
    page = render_html(VALIDATION, "y")
    assert page.index("no value") < page.index("once")
    assert page.index(">far<") < page.index(">near<")
    assert "age: too far" in page


def test_the_summary_holds_the_verdict_and_the_largest_drift():
    text = render_summary(VALIDATION)
    assert "Refused" in text
    assert "age: too far" in text
    assert text.index("far") < text.index("| near")


def test_a_page_without_findings_says_so():
    page = render_html(Validation(verdict=Verdict(), rows={"train": 1}, features=()), "y")
    assert "every split agrees with the schema" in page
    assert "Nothing to compare" in page


def test_metrics_are_scalars_and_facts_are_the_verdict():
    messages = {"schema": schema_pb2.Schema(), "statistics": {}, "anomalies": anomalies_pb2.Anomalies()}
    result = Result(label="y", validation=VALIDATION, **messages)
    assert result.metrics == {
        "rows_train": 80.0,
        "rows_eval": 10.0,
        "rows_test": 10.0,
        "features": 1.0,
        "anomalies": 2.0,
        "max_drift": 0.5,
        "warnings": 1.0,
    }
    assert result.facts == {"passed": False, "reasons": ["age: too far"], "warnings": ["one constant column"]}
    assert not result.passed


def test_a_crash_while_writing_leaves_the_earlier_outputs(write_table, tmp_path, monkeypatch):
    table = write_table(make_splits(train=100, other=20))
    result = run(Inputs(examples=table.root), ValidateConfig(label="repaid"))
    places = Outputs(**{name: tmp_path / name for name in ("schema", "statistics", "anomalies", "report", "summary")})
    write(result, places)
    folders = [places.schema, places.statistics, places.anomalies]
    before = {path: path.read_bytes() for folder in folders for path in folder.iterdir()}

    def full_disk(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(outputs, "write_document", full_disk)
    with pytest.raises(OSError, match="no space"):
        write(result, places)
    assert {path: path.read_bytes() for folder in folders for path in folder.iterdir()} == before
