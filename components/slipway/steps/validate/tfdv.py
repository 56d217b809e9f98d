"""Schema inference and anomalies of TFDV, which are one compiled extension.

``import tensorflow_data_validation`` also imports TensorFlow, Apache Beam, the Google Cloud clients and pandas: seven
seconds of processor time and half a gigabyte, of which inference and anomalies use nothing. They take and give
serialized messages. So the extension is loaded from its place in the installed package, under its own name: TFDV, if
something imports it in this process before or after, and this module share one copy.

The extension is no public interface. Where a release of TFDV has another, TFDV's public functions do the same, slower.
"""

import importlib.util
import logging
import sys
from functools import cache
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, Protocol, TypeAlias

from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

logger = logging.getLogger(__name__)
PACKAGE = "tensorflow_data_validation"
EXTENSION = f"{PACKAGE}.pywrap.tensorflow_data_validation_extension"
_LARGEST_STRING_DOMAIN = 100
"""TFDV's own default: a text column with more values is no category."""

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


class Validation(Protocol):
    """What validate needs of TFDV."""

    def infer(self, statistics: Statistics) -> schema_pb2.Schema:
        """Return the schema of one dataset."""

    def validate(
        self, statistics: Statistics, schema: schema_pb2.Schema, environment: str, previous: Statistics | None
    ) -> anomalies_pb2.Anomalies:
        """Return where one dataset departs from a schema, and how far it is from an earlier one."""


class Extension:
    """TFDV's compiled functions, which take and give serialized messages."""

    def __init__(self, module: Any) -> None:
        """Use ``module``, whose layout is that of TFDV 1.16 and 1.17."""
        self._functions = module.validation

    def infer(self, statistics: Statistics) -> schema_pb2.Schema:
        """Return the schema of one dataset."""
        (dataset,) = statistics.datasets
        schema = schema_pb2.Schema()
        schema.ParseFromString(self._functions.InferSchema(dataset.SerializeToString(), _LARGEST_STRING_DOMAIN, False))
        return schema

    def validate(
        self, statistics: Statistics, schema: schema_pb2.Schema, environment: str, previous: Statistics | None
    ) -> anomalies_pb2.Anomalies:
        """Return where one dataset departs from a schema, and how far it is from an earlier one."""
        (current,) = statistics.datasets
        (control,) = [item.SerializeToString() for item in previous.datasets] if previous is not None else [b""]
        serving = version = features_needed = settings = b""
        found = self._functions.ValidateFeatureStatistics(
            *(current.SerializeToString(), schema.SerializeToString(), environment.encode(), control),
            *(serving, version, features_needed, settings, False),
        )
        anomalies = anomalies_pb2.Anomalies()
        anomalies.ParseFromString(found)
        return anomalies


class PublicFunctions:
    """The same by TFDV's public functions; the first use imports all of TFDV."""

    def infer(self, statistics: Statistics) -> schema_pb2.Schema:
        """Return the schema of one dataset."""
        import tensorflow_data_validation as tfdv

        schema: schema_pb2.Schema = tfdv.infer_schema(statistics, infer_feature_shape=False)
        return schema

    def validate(
        self, statistics: Statistics, schema: schema_pb2.Schema, environment: str, previous: Statistics | None
    ) -> anomalies_pb2.Anomalies:
        """Return where one dataset departs from a schema, and how far it is from an earlier one."""
        import tensorflow_data_validation as tfdv

        anomalies: anomalies_pb2.Anomalies = tfdv.validate_statistics(
            statistics, schema, environment=environment or None, previous_statistics=previous
        )
        return anomalies


@cache
def load_validation() -> Validation:
    """Return TFDV's compiled functions where they answer as this module calls them, else its public ones."""
    try:
        extension = Extension(_load_extension())
        _probe(extension)
    except (ImportError, AttributeError, TypeError, ValueError, RuntimeError, DecodeError) as error:
        logger.warning("the compiled part of %s is not as expected (%s); using its public functions", PACKAGE, error)
        return PublicFunctions()
    return extension


def infer_schema(statistics: Statistics) -> schema_pb2.Schema:
    """Return what ``tfdv.infer_schema(statistics, infer_feature_shape=False)`` does.

    Args:
        statistics: one dataset, every feature with its statistics.
    """
    return load_validation().infer(statistics)


def validate_statistics(
    statistics: Statistics, schema: schema_pb2.Schema, *, environment: str = "", previous: Statistics | None = None
) -> anomalies_pb2.Anomalies:
    """Return what ``tfdv.validate_statistics`` does.

    Args:
        statistics: one dataset.
        schema: what it should be like.
        environment: one of those of ``schema``; empty for all.
        previous: one dataset, to compare with by the drift comparators of ``schema``.
    """
    return load_validation().validate(statistics, schema, environment, previous)


def _load_extension() -> ModuleType:
    if EXTENSION in sys.modules:
        return sys.modules[EXTENSION]
    package = importlib.util.find_spec(PACKAGE)
    places = list(package.submodule_search_locations or ()) if package else []
    spec = PathFinder.find_spec(EXTENSION, [f"{place}/pywrap" for place in places])
    if spec is None or spec.loader is None:
        raise ImportError(f"{PACKAGE} has no extension {EXTENSION}")
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    return extension


def _probe(extension: Extension) -> None:
    """Refuse an extension that does not find the one anomaly of a small dataset.

    Raises:
        TypeError: it takes other arguments.
        ValueError: it gives another answer.
    """
    dataset = statistics_pb2.DatasetFeatureStatistics(num_examples=2)
    feature = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.INT)
    feature.path.step.append("x")
    common = feature.num_stats.common_stats
    common.num_non_missing, common.tot_num_values = 2, 2
    common.min_num_values = common.max_num_values = 1
    statistics = Statistics(datasets=[dataset])
    schema = extension.infer(statistics)
    if [item.name for item in schema.feature] != ["x"]:
        raise ValueError("it infers another schema")
    schema.feature[0].type = schema_pb2.BYTES
    if list(extension.validate(statistics, schema, "", None).anomaly_info) != ["x"]:
        raise ValueError("it finds other anomalies")


# When this module is imported, so that a warm process has loaded it before a task comes.
load_validation()
