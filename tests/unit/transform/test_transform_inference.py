"""Which columns are features, of which kind, and why."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.examples import FeatureKind
from slipway.contracts.tables import Column
from slipway.steps.transform.config import FeatureOptions, TransformConfig
from slipway.steps.transform.counting import profile_columns
from slipway.steps.transform.inference import Reading, read_kinds

NUMERIC, CATEGORICAL, TIMESTAMP = FeatureKind.NUMERIC, FeatureKind.CATEGORICAL, FeatureKind.TIMESTAMP


def read(values: pa.Array, feature: str = "", text: str = "", **config: Any) -> Reading:
    table = pa.table({"x": values, "y": pa.nulls(len(values))})
    schema = text_format.Parse(f'feature {{ name: "x" {feature} }} {text}', schema_pb2.Schema())
    columns = [Column(name=field.name, type=str(field.type)) for field in table.schema]
    settings = TransformConfig(label="y", **config)
    (reading,) = read_kinds(columns, schema, settings, lambda names: profiles(table, names), len(values))
    return reading


def profiles(table: pa.Table, names: Any) -> Any:
    with TemporaryDirectory() as folder:
        pq.write_table(table, Path(folder) / "train.parquet")
        return profile_columns([Path(folder) / "train.parquet"], table.num_rows, names)


@pytest.mark.parametrize("kind", list(FeatureKind))
def test_a_tag_says_the_kind(kind: FeatureKind):
    assert read(pa.array([1, 2]), f'annotation {{ tag: "label-free" tag: "{kind}" }}').kind is kind


@pytest.mark.parametrize("tag", ["identifier", "free_text", "constant"])
def test_a_tag_excludes_and_is_the_reason(tag: str):
    reading = read(pa.array([1, 2]), f'annotation {{ tag: "{tag}" }}')
    assert reading.kind is None
    assert reading.why.startswith(f"tagged {tag}")


def test_naming_a_column_includes_it_whatever_its_tag():
    tagged = 'annotation { tag: "identifier" }'
    assert read(pa.array([1, 2]), tagged, features={"x": FeatureOptions()}).kind is NUMERIC
    assert read(pa.array([1, 2]), tagged, features={"x": FeatureOptions(kind=CATEGORICAL)}).kind is CATEGORICAL


def test_an_encoding_sets_the_kind_too():
    assert read(pa.array([1, 2]), features={"x": FeatureOptions(encoding="one_hot")}).kind is CATEGORICAL


@pytest.mark.parametrize(
    ("feature", "text", "kind"),
    [
        ("int_domain { is_categorical: true }", "", CATEGORICAL),
        ("float_domain { is_categorical: true }", "", CATEGORICAL),
        ("int_domain { min: 1 }", "", NUMERIC),
        ("bool_domain {}", "", CATEGORICAL),
        ("time_domain {}", "", TIMESTAMP),
        ('domain: "codes"', 'string_domain { name: "codes" }', CATEGORICAL),
    ],
)
def test_without_a_tag_the_domain_says_the_kind(feature: str, text: str, kind: FeatureKind):
    assert read(pa.array([1, 2]), feature, text).kind is kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([1, 1]), NUMERIC),
        (pa.array([0.5]), NUMERIC),
        (pa.array([True]), CATEGORICAL),
        (pa.array(["a"]), CATEGORICAL),
        (pa.array(["a"]).dictionary_encode(), CATEGORICAL),
        (pa.array([0], pa.timestamp("us")), TIMESTAMP),
        (pa.array([0], pa.date32()), TIMESTAMP),
        (pa.array([[1]]), None),
        (pa.nulls(1), None),
        (pa.array(list(range(200))), None),
        (pa.array([f"user {i}" for i in range(200)]), None),
        (pa.array([f"user {i % 150}" for i in range(200)]), CATEGORICAL),
    ],
)
def test_without_tag_and_domain_the_type_and_values_say_the_kind(values: pa.Array, kind: FeatureKind | None):
    assert read(values).kind is kind


def test_what_a_request_will_not_have_is_no_feature():
    """A model must not learn from what is known only afterwards."""
    environments = 'default_environment: "TRAINING" default_environment: "SERVING"'
    assert read(pa.array([1, 2]), 'not_in_environment: "SERVING"', environments).kind is None
    assert read(pa.array([1, 2]), 'in_environment: "TRAINING"', environments).kind is None
    assert read(pa.array([1, 2]), "", 'default_environment: "TRAINING"').kind is None
    assert read(pa.array([1, 2]), "", environments).kind is NUMERIC


def test_excluding_wins_and_says_so():
    assert read(pa.array([1, 2]), exclude=("x",)) == Reading(name="x", kind=None, why="excluded by the call")


@pytest.mark.parametrize("config", [{"exclude": ("z",)}, {"features": {"z": FeatureOptions()}}])
def test_a_column_that_is_not_there_is_the_callers_fault(config: dict[str, Any]):
    with pytest.raises(InputError, match="there is no column 'z'; there are x, y"):
        read(pa.array([1]), **config)


def test_a_label_that_is_not_there_is_the_callers_fault():
    with pytest.raises(InputError, match="there is no column 'y'; there are x"):
        columns = [Column(name="x", type="int64")]
        read_kinds(columns, schema_pb2.Schema(), TransformConfig(label="y"), lambda names: {}, 1)
