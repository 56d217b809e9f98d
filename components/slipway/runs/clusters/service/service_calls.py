"""One call of a generated REST client: what went wrong becomes an error that says what to do."""

import json
from collections.abc import Callable
from typing import TypeVar

from slipway.contracts.errors import InputError, TransientError

T = TypeVar("T")
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_NOT_SENT = {429}


class AnswerLostError(TransientError):
    """The request may have taken effect all the same: look before sending it again."""


class NotThereError(InputError):
    """There is nothing of this name or ID."""


class AlreadyThereError(InputError):
    """Somebody else made it first."""


def call_service(call: Callable[[], T], what: str) -> T:
    """Call the service and return its answer.

    Args:
        call: a method of ``kfp_server_api``.
        what: what is being done, for the message.

    Raises:
        AnswerLostError: no answer, or one that does not say whether the request took effect.
        TransientError: it certainly did not, and may another time.
        NotThereError: 404.
        AlreadyThereError: 409.
        InputError: the service refuses this call, or something else than the service answers.
    """
    import urllib3.exceptions
    from kfp_server_api.exceptions import ApiException

    try:
        return call()
    except ApiException as error:
        raise _refusal(error.status, error.reason, error.body, what) from error
    except (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError) as error:
        raise _unanswered(error, what) from error
    except AttributeError as error:  # the generated client trips over its own error for a broken TLS handshake
        if isinstance(error.__context__, ApiException):
            reason = str(error.__context__.reason).replace("\n", ": ")
            raise InputError(f"{what}: no safe connection: {reason}") from error
        raise


def _unanswered(error: Exception, what: str) -> TransientError:
    import urllib3.exceptions as urllib3_errors

    reason = getattr(error, "reason", None) or error
    refused = isinstance(reason, urllib3_errors.NewConnectionError | urllib3_errors.ConnectTimeoutError)
    kind = TransientError if refused else AnswerLostError
    return kind(f"{what}: no answer: {_plain(reason)}")


def _plain(reason: object) -> str:
    """Return the reason without the object's address that urllib3 puts before it."""
    text = str(reason)
    return text.partition(": ")[2] if text.startswith("<") or "object at 0x" in text.partition(": ")[0] else text


def _refusal(status: int | None, reason: str, body: object, what: str) -> InputError | TransientError:
    said = _message(body) or reason
    if status in (301, 302, 303, 307, 308):
        return InputError(f"{what}: the address answers with a sign-in page; the target's auth does not fit it")
    if status in (401, 403):
        return InputError(f"{what}: refused ({status}): {said}; the target's auth says who asks")
    if status == 404:
        return NotThereError(f"{what}: not there: {said}")
    if status == 409:
        return AlreadyThereError(f"{what}: there already: {said}")
    if status in _PASSING:
        kind = TransientError if status in _NOT_SENT else AnswerLostError
        return kind(f"{what}: the service answers {status}: {said}")
    return InputError(f"{what}: the service answers {status}: {said}")


def _message(body: object) -> str:
    """Return the message of Kubeflow's ``{"error": ..., "message": ...}``, or the first line of anything else."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    try:
        answer = json.loads(text)
    except ValueError:
        return text.strip().partition("\n")[0][:200]
    if isinstance(answer, dict):
        return str(answer.get("message") or answer.get("error") or "")
    return text[:200]
