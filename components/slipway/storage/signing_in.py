"""Who sends a request: secrets come from the environment and from files, never from the command line.

A way to sign in is one module of ``slipway.storage.credentials`` with an ``ENTRY``; nothing else lists it. Nothing is
cached on disk, and no message repeats a secret.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slipway.contracts.errors import InputError
from slipway.contracts.plug_points import registry
from slipway.contracts.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is added to requests.

    Attributes:
        token: called for each request, since tokens expire; None for no bearer token.
        cookie: the Cookie header; empty for none.
    """

    token: Callable[[], str] | None = None
    cookie: str = ""

    def __repr__(self) -> str:
        """Say which kinds there are, not what they hold."""
        return f"Credentials(token={self.token is not None}, cookie={bool(self.cookie)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A service to sign in to.

    Attributes:
        host: its address, such as ``https://kubeflow.example.com``.
        client_id: the OAuth client that guards it; empty for none.
        environment: where names of files and secrets come from.
    """

    host: str = ""
    client_id: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A way to sign in.

    Attributes:
        credentials: of an endpoint, gives what requests are signed with. It raises InputError for a secret that is
            missing or refused, and TransientError for a service that does not answer.
        needs_client_id: whether the endpoint must name its OAuth client.
    """

    credentials: Callable[[Endpoint], Credentials]
    needs_client_id: bool = False


CREDENTIALS: Registry[SignIn] = registry("credentials")


def token_in_file(path: Path, what: str) -> Credentials:
    """Return the bearer token that a file holds, read anew for each request; ``what`` names the file in messages.

    Raises:
        InputError: it cannot be read, or is empty.
    """
    read_secret(path, what)  # now, and not in the middle of a submission
    return Credentials(token=lambda: read_secret(path, what))


def read_secret(path: Path, what: str) -> str:
    """Read the text of a file, without white space around it; InputError when there is none."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"{what}: cannot read {path}: {error.strerror}") from error
    if not text:
        raise InputError(f"{what}: {path} is empty")
    return text
