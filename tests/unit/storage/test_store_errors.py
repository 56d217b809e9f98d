"""Which error of which library is whose fault."""

import errno

import botocore.exceptions
import google.auth.exceptions
import pytest
from aiohttp import ClientConnectionError
from gcsfs.retry import HttpError

from slipway.contracts.errors import InputError, TransientError
from slipway.storage.store_errors import translated

CALLERS_FAULT = [
    PermissionError("AccessDenied"),
    FileNotFoundError("The specified bucket does not exist"),
    botocore.exceptions.NoCredentialsError(),
    botocore.exceptions.ParamValidationError(report="Invalid bucket name"),
    google.auth.exceptions.DefaultCredentialsError("none found"),
    OSError("Forbidden: bucket/object"),
    HttpError({"code": 401, "message": "Invalid Credentials"}),
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EROFS, "Read-only file system"),
]
WORTH_ANOTHER_TRY = [
    botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
    botocore.exceptions.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ClientConnectionError("gone"),
    google.auth.exceptions.TransportError("gone"),
    HttpError({"code": 503, "message": "Service Unavailable"}),
    TimeoutError("slow"),
    ConnectionResetError("reset"),
    OSError(errno.EBUSY, "SlowDown"),
]


@pytest.mark.parametrize("error", CALLERS_FAULT, ids=repr)
def test_what_the_caller_can_correct_is_an_input_error(error: Exception):
    with pytest.raises(InputError, match="s3://bucket/models") as caught, translated("s3://bucket/models"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", WORTH_ANOTHER_TRY, ids=repr)
def test_what_may_work_again_is_a_transient_error(error: Exception):
    with pytest.raises(TransientError, match="s3://bucket/models") as caught, translated("s3://bucket/models"):
        raise error
    assert caught.value.__cause__ is error


def test_a_bug_stays_a_bug():
    with pytest.raises(ZeroDivisionError), translated("s3://bucket/models"):
        raise ZeroDivisionError
