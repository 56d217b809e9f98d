"""Schema inference and anomalies of TFDV, which are one compiled extension.

``import tensorflow_data_validation`` also imports TensorFlow, Apache Beam, the Google Cloud clients and pandas: seven
seconds of processor time and half a gigabyte, of which inference and anomalies use nothing. They take and give
serialized messages. So the extension is loaded from its place in the installed package, under its own name: TFDV, if
something imports it in this process before or after, and this module share one copy.
"""

import importlib.util
import sys
from importlib.machinery import PathFinder
from types import ModuleType

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

_PACKAGE = "tensorflow_data_validation"
_EXTENSION = f"{_PACKAGE}.pywrap.tensorflow_data_validation_extension"
_LARGEST_STRING_DOMAIN = 100
"""TFDV's own default: a text column with more values is no category."""


def _load() -> ModuleType:
    if _EXTENSION in sys.modules:
        return sys.modules[_EXTENSION]
    package = importlib.util.find_spec(_PACKAGE)
    places = list(package.submodule_search_locations or ()) if package else []
    spec = PathFinder.find_spec(_EXTENSION, [f"{place}/pywrap" for place in places])
    if spec is None or spec.loader is None:
        raise ImportError(f"{_PACKAGE} has no extension {_EXTENSION}; this release of it is another than the lock's")
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)
    return extension


_validation = _load().validation


def infer_schema(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> schema_pb2.Schema:
    """What ``tfdv.infer_schema(statistics, infer_feature_shape=False)`` gives.

    Args:
        statistics: one dataset, every feature with its statistics.
    """
    (dataset,) = statistics.datasets
    schema = schema_pb2.Schema()
    schema.ParseFromString(_validation.InferSchema(dataset.SerializeToString(), _LARGEST_STRING_DOMAIN, False))
    return schema


def validate_statistics(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    *,
    environment: str = "",
    previous: statistics_pb2.DatasetFeatureStatisticsList | None = None,
) -> anomalies_pb2.Anomalies:
    """What ``tfdv.validate_statistics`` gives.

    Args:
        statistics: one dataset.
        schema: what it should be like.
        environment: one of those of ``schema``; empty for all.
        previous: one dataset, to compare with by the drift comparators of ``schema``.
    """
    serialized = [dataset.SerializeToString() for dataset in statistics.datasets]
    before = [dataset.SerializeToString() for dataset in previous.datasets] if previous is not None else [b""]
    (current,), (control,) = serialized, before
    serving = version = features_needed = settings = b""
    found = _validation.ValidateFeatureStatistics(
        *(current, schema.SerializeToString(), environment.encode(), control, serving, version),
        *(features_needed, settings, False),
    )
    anomalies = anomalies_pb2.Anomalies()
    anomalies.ParseFromString(found)
    return anomalies
