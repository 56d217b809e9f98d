"""The statistics are TFDV's, computed without it: every field of every message, over several batches."""

import copy
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow_data_validation as tfdv
from loan_tables import write_manifest
from tensorflow_data_validation.statistics import stats_impl
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.contracts.tables import TableFolder
from slipway.engines.entries.local import LocalEngine
from slipway.statistics.parquet_parts import read_canonical
from slipway.steps.validate import tfdv as ours
from slipway.steps.validate.splits import ScanPlan, scan_split

ROWS = 150_000
RANDOM = np.random.default_rng(5)
WORDS = np.array([f"word-{index}" for index in range(20_000)])
LONG = ["x" * 1024, "y" * 1025, "y" * 2000, "short"]


def some_missing(values, share=0.1):
    return pa.array(values, mask=RANDOM.random(len(values)) < share)


COLUMNS = {
    "normal": RANDOM.normal(size=ROWS),
    "heavy tail": some_missing(RANDOM.lognormal(5, 3, ROWS)),
    "mostly zero": np.where(RANDOM.random(ROWS) < 0.9, 0.0, RANDOM.normal(size=ROWS)),
    "three values": RANDOM.choice([-1.5, 0.0, 2.25], ROWS),
    "one value": np.full(ROWS, 7.5),
    "huge": RANDOM.choice([-1.7e308, 0.0, 1.7e308], ROWS),
    "infinite": RANDOM.choice([-np.inf, -1.0, 0.5, 3.0, np.inf], ROWS),
    "plus infinity": np.append(np.full(ROWS - 1, np.inf), 1.0),
    "nothing but infinities": RANDOM.choice([-np.inf, np.inf], ROWS),
    "no number": pa.nulls(ROWS, pa.float64()),
    "late": pa.array([None] * (ROWS - 3) + [1.0, 2.0, 3.0]),
    "whole": RANDOM.integers(-50, 1000, ROWS),
    "large whole": RANDOM.integers(-(2**62), 2**62, ROWS),
    "code": some_missing(RANDOM.integers(-3, 12, ROWS)),
    "many codes": RANDOM.integers(0, 5000, ROWS),
    "few words": some_missing(RANDOM.choice(WORDS[:5], ROWS)),
    "full sketch": RANDOM.choice(WORDS[:1024], ROWS),
    "more words": RANDOM.choice(WORDS[:3000], ROWS),
    "more words later": np.concatenate(
        [RANDOM.choice(WORDS[:900], 70_000), RANDOM.choice(WORDS[:1500], ROWS - 70_000)]
    ),
    "very many words": some_missing(RANDOM.choice(WORDS, ROWS)),
    "rare word": np.append(np.full(ROWS - 1, "common"), "rare"),
    "long": pa.array(LONG).take(pa.array(RANDOM.integers(0, len(LONG), ROWS))),
    "no text": pa.nulls(ROWS, pa.string()),
    "bytes": pa.array(RANDOM.choice(np.array([b"\xff\xfe", b"plain", b"\xc3\xa9"], object), ROWS), pa.binary()),
}
CODES = frozenset({"code", "many codes"})
COUNTED = 1024
OVERFULL = ("many codes", "more words", "more words later", "very many words")
"""More values than are counted. Which of them the sketch gives up has no fixed order: TFDV differs from itself."""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    root = tmp_path_factory.mktemp("columns")
    (root / "train").mkdir()
    pq.write_table(pa.table(COLUMNS), root / "train" / "part-00000.parquet", row_group_size=ROWS)
    return write_manifest(root, {"train": ROWS})


def scan(table: TableFolder, threads=2):
    plan = ScanPlan(columns=tuple(COLUMNS), integer_categories=CODES)
    return scan_split(table, table.manifest(), "train", plan, {}, LocalEngine(threads)).statistics


@pytest.fixture(scope="module")
def found(table):
    return scan(table)


def lists(column):
    """As TFDV takes them: every row a list of at most one value, null when missing."""
    present = ~np.array(column.is_null())
    offsets = np.concatenate([[0], np.cumsum(present)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets, mask=np.append(~present, False)), column.drop_null())


@pytest.fixture(scope="module")
def expected(table):
    hints = schema_pb2.Schema()
    for name in sorted(CODES):
        hints.feature.add(name=name, type=schema_pb2.INT).int_domain.is_categorical = True
    generators = stats_impl.get_generators(tfdv.StatsOptions(schema=hints), in_memory=True)
    states = [generator.create_accumulator() for generator in generators]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for batch in read_canonical(table.files("train"), list(COLUMNS)):
            rows = pa.RecordBatch.from_arrays([lists(column) for column in batch.columns], names=batch.schema.names)
            states = [each.add_input(state, rows) for each, state in zip(generators, states, strict=True)]
        return stats_impl.extract_statistics_output(states, generators)


def feature_of(statistics, name):
    """A copy, since tests change it and share the statistics."""
    (feature,) = (feature for feature in statistics.datasets[0].features if feature.path.step[0] == name)
    return copy.deepcopy(feature)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_number_of_a_column_is_tfdvs(found, expected, name):
    theirs, mine = feature_of(expected, name), feature_of(found, name)
    if name in OVERFULL:
        for feature in (mine, theirs):
            assert len(feature.string_stats.rank_histogram.buckets) == 1000
            feature.string_stats.ClearField("rank_histogram")
            feature.string_stats.ClearField("top_values")
    # As bytes: a standard deviation that is no number equals itself.
    assert mine.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", OVERFULL)
def test_of_more_values_than_are_counted_the_counts_are_upper_bounds_that_are_hardly_too_large(table, found, name):
    values = pq.read_table(table.files("train")[0], columns=[name]).column(0).drop_null().cast(pa.string())
    exact = {pair["values"]: pair["counts"] for pair in values.value_counts().to_pylist()}
    buckets = feature_of(found, name).string_stats.rank_histogram.buckets
    assert len(buckets) == 1000
    for bucket in buckets:
        assert exact[bucket.label] <= bucket.sample_count <= exact[bucket.label] + len(values) / COUNTED


def test_the_same_rows_have_the_same_statistics_however_many_values_they_have(table, found):
    """WHY: a sketch that depends on the process made statistics of a laptop and of a cluster differ."""
    again = scan(table, threads=1)
    assert again.SerializeToString(deterministic=True) == found.SerializeToString(deterministic=True)


def test_the_statistics_say_how_many_rows_there_are_and_of_which_split(found, expected):
    assert (found.datasets[0].name, found.datasets[0].num_examples) == ("train", ROWS)
    assert expected.datasets[0].num_examples == ROWS
    assert [feature.path.step[0] for feature in found.datasets[0].features] == list(COLUMNS)


def test_the_schema_and_the_anomalies_are_those_of_tfdvs_functions(found):
    schema = ours.infer_schema(found)
    assert schema == tfdv.infer_schema(found, infer_feature_shape=False)
    schema.default_environment.append("TRAINING")
    changed = type(found)()
    changed.CopyFrom(found)
    del changed.datasets[0].features[0]
    for feature in changed.datasets[0].features:
        if feature.path.step[0] == "few words":
            feature.string_stats.rank_histogram.buckets.add(label="unknown", sample_count=9)
    schema.feature[1].drift_comparator.jensen_shannon_divergence.threshold = 1e-9
    mine = ours.validate_statistics(changed, schema, environment="TRAINING", previous=found)
    theirs = tfdv.validate_statistics(changed, schema, environment="TRAINING", previous_statistics=found)
    assert set(mine.anomaly_info) >= {"normal", "few words"}
    assert len(mine.drift_skew_info) == 1
    assert mine == theirs
