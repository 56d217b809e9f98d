"""Schemas and statistics that somebody gives by address."""

import logging
import posixpath
from collections.abc import Sequence
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from slipway.contracts.errors import InputError
from slipway.contracts.published_models import VersionFolder
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import SchemaFolder, StatisticsFolder
from slipway.storage.object_store import open_store

logger = logging.getLogger(__name__)
_SCHEMA_FILE = SchemaFolder(Path()).schema_path.name
_STATISTICS_FILE = StatisticsFolder(Path()).file(TRAIN).name
_VERSION = VersionFolder(Path())
_SCHEMA_PLACES = (_SCHEMA_FILE, f"schema/{_SCHEMA_FILE}", _VERSION.schema.schema_path.as_posix())
_STATISTICS_PLACES = (_STATISTICS_FILE, f"statistics/{_STATISTICS_FILE}", _VERSION.statistics.file(TRAIN).as_posix())
_DEFAULT_SLICE = "All Examples"


def read_schema(uri: str) -> schema_pb2.Schema:
    """Return the schema in a text file or a folder: ``schema.pbtxt``, ``schema/schema.pbtxt``, or a pushed version's.

    Raises:
        InputError: nothing is there, or no schema.
        TransientError: the store did not answer.
    """
    address, content = _read(uri, ".pbtxt", _SCHEMA_PLACES)
    schema = schema_pb2.Schema()
    try:
        text_format.Parse(content.decode("utf-8"), schema)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{address} is no tensorflow.metadata.v0.Schema in text form: {error}") from error
    if not schema.feature:
        raise InputError(f"{address} is a schema without features; it should describe the columns of the table")
    return schema


def read_statistics(uri: str) -> statistics_pb2.DatasetFeatureStatisticsList:
    """Return the statistics in a ``.pb`` file or a folder: ``train.pb``, ``statistics/train.pb``, a pushed version's.

    Returns:
        One dataset: the only one, or the one over all examples where statistics are sliced.

    Raises:
        InputError: nothing is there, or no statistics.
        TransientError: the store did not answer.
    """
    address, content = _read(uri, ".pb", _STATISTICS_PLACES)
    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    try:
        statistics.ParseFromString(content)
    except DecodeError as error:
        raise InputError(f"{address} is no binary DatasetFeatureStatisticsList: {error}") from error
    every = [item for item in statistics.datasets if item.name == _DEFAULT_SLICE] or list(statistics.datasets)
    if len(every) != 1 or not every[0].features:
        raise InputError(f"{address} holds {len(every)} statistics; it should hold those of one training split")
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=every)


def _read(uri: str, extension: str, names: Sequence[str]) -> tuple[str, bytes]:
    """Return address and content of the file ``uri``, or of the first of ``names`` in the folder ``uri``."""
    uri = uri.rstrip("/")
    if uri.endswith(extension):
        folder, name = posixpath.split(uri)
        store = open_store(folder or ".")
        return store.uri(name), store.read(name)
    store = open_store(uri)
    for name in names:
        if store.exists(name):
            logger.info("reading %s", store.uri(name))
            return store.uri(name), store.read(name)
    raise InputError(f"{uri} holds none of {', '.join(names)}; name the file itself or a folder that holds it")
