"""A real S3 server for tests: moto's, in a process of its own.

moto brings packages that no role needs, so it has an environment of its own: `make test` makes it and names its
server in SLIPWAY_MOTO_SERVER. Without that, and without ``moto_server`` on PATH, tests that need it skip.
"""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import s3fs

_START_SECONDS = 30.0


@contextmanager
def running_s3_server() -> Iterator[str]:
    """``s3://<bucket>`` of an empty bucket, with the environment set so that s3fs finds the server."""
    program = os.environ.get("SLIPWAY_MOTO_SERVER") or shutil.which("moto_server")
    if program is None:
        pytest.skip("no moto_server on PATH and none named by SLIPWAY_MOTO_SERVER")
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        server = subprocess.Popen(
            [program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(endpoint, server)
            patch.setenv("AWS_ENDPOINT_URL", endpoint)
            patch.setenv("AWS_ACCESS_KEY_ID", "test")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
            patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            urllib.request.urlopen(urllib.request.Request(f"{endpoint}/models-bucket", method="PUT")).close()
            s3fs.S3FileSystem.clear_instance_cache()  # one of another server has that server's address
            yield "s3://models-bucket"
        finally:
            server.terminate()
            server.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(endpoint: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"moto_server ended with {server.returncode}")
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/data.json", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"moto_server did not answer at {endpoint}")
