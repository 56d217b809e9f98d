import fsspec
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.published_models import VersionFolder
from slipway.steps.validate.references import read_schema, read_statistics

SCHEMA = schema_pb2.Schema(feature=[schema_pb2.Feature(name="age", type=schema_pb2.INT)])


def statistics(*names):
    result = statistics_pb2.DatasetFeatureStatisticsList()
    for name in names:
        feature = result.datasets.add(name=name).features.add()
        feature.path.step.append("age")
    return result


def test_a_remote_store_serves_as_well_as_a_folder():
    files = fsspec.filesystem("memory")
    files.pipe("/runs/1/schema.pbtxt", text_format.MessageToString(SCHEMA).encode())
    files.pipe("/runs/1/statistics/train.pb", statistics("train").SerializeToString())
    assert read_schema("memory://runs/1/") == SCHEMA
    assert read_schema("memory://runs/1/schema.pbtxt") == SCHEMA
    assert read_statistics("memory://runs/1") == statistics("train")


def test_a_pushed_version_carries_both(tmp_path):
    version = VersionFolder(tmp_path / "7")
    version.statistics.root.mkdir(parents=True)
    version.schema.schema_path.write_text(text_format.MessageToString(SCHEMA))
    version.statistics.file("train").write_bytes(statistics("train").SerializeToString())
    assert read_schema(str(version.root)) == SCHEMA
    assert read_statistics(str(version.root)) == statistics("train")


def test_of_sliced_statistics_those_of_all_examples_count(tmp_path):
    (tmp_path / "train.pb").write_bytes(statistics("sex_Male", "All Examples").SerializeToString())
    assert read_statistics(str(tmp_path)) == statistics("All Examples")


def test_several_splits_in_one_file_are_ambiguous(tmp_path):
    (tmp_path / "all.pb").write_bytes(statistics("train", "eval").SerializeToString())
    with pytest.raises(InputError, match="holds 2 statistics; it should hold those of one training split"):
        read_statistics(str(tmp_path / "all.pb"))


def test_an_unknown_address_names_itself():
    with pytest.raises(InputError, match="nosuch://bucket"):
        read_schema("nosuch://bucket/schema")
