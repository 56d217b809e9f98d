"""Signing in: Dex's pages as a browser sees them, Google's tokens, and what a failure says."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import parse_qs

import google.auth.exceptions
import google.oauth2.id_token
import pytest

from slipway.contracts.errors import InputError, TransientError
from slipway.storage.credentials.iap import iap_credentials
from slipway.storage.signing_in import CREDENTIALS, Credentials, Endpoint

USER = {"SLIPWAY_DEX_USERNAME": "user@example.com", "SLIPWAY_DEX_PASSWORD": "12341234"}


def sign_in(way: str, host: str = "", environment: Mapping[str, str] = MappingProxyType({})) -> Credentials:
    return CREDENTIALS.get(way).credentials(Endpoint(host=host, environment=environment))


class Dex(BaseHTTPRequestHandler):
    """An endpoint behind a login as Kubeflow installs it: choice of a connector, form, approval, session cookie."""

    approval = True
    open = False

    def do_GET(self):
        path = self.path.partition("?")[0]
        signed_in = "session=granted" in self.headers.get("Cookie", "")
        if path == "/" and (signed_in or self.open):
            self._say(200)
        elif path == "/":
            self._go("/dex/auth?client_id=x")
        elif path == "/dex/auth/local":
            self._go("/dex/auth/local/login?state=s")
        elif path == "/callback":
            self._go("/", "session=granted")
        else:
            self._say(200)

    def do_POST(self):
        form = {n: v[0] for n, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        path = self.path.partition("?")[0]
        if path == "/dex/auth/local/login" and form == {"login": USER["SLIPWAY_DEX_USERNAME"], "password": "12341234"}:
            self._go("/dex/approval?req=r" if self.approval else "/callback")
        elif path == "/dex/approval" and form == {"approval": "approve"}:
            self._go("/callback")
        else:
            self._say(200)

    def log_message(self, *_):
        pass

    def _go(self, where, cookie=None):
        self.send_response(303)
        self.send_header("Location", where)
        if cookie:
            self.send_header("Set-Cookie", f"{cookie}; Path=/; HttpOnly")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _say(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def dex():
    listeners = []

    def start(**values):
        handler = type("Handler", (Dex,), values)
        listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        listeners.append(listener)
        return f"http://127.0.0.1:{listener.server_port}"

    yield start
    for listener in listeners:
        listener.shutdown()
        listener.server_close()


@pytest.mark.parametrize("approval", [True, False])
def test_a_user_of_dex_gets_a_session(dex, approval):
    assert sign_in("dex", dex(approval=approval), USER).cookie == "session=granted"


def test_a_wrong_password_is_refused_and_not_repeated(dex):
    with pytest.raises(InputError, match="refuses this user name and password") as refused:
        sign_in("dex", dex(), {**USER, "SLIPWAY_DEX_PASSWORD": "wrong-one"})
    assert "wrong-one" not in str(refused.value)


def test_an_endpoint_without_a_login_says_so(dex):
    with pytest.raises(InputError, match="does not ask for a login"):
        sign_in("dex", dex(open=True), USER)


def test_an_endpoint_that_does_not_answer_may_later():
    with pytest.raises(TransientError, match="no answer"):
        sign_in("dex", "http://127.0.0.1:1", USER)


def test_an_id_token_is_kept_until_shortly_before_it_expires(monkeypatch):
    made, now = [], [0.0]

    def fetch(request, audience):
        made.append(audience)
        return f"token-{len(made)}"

    monkeypatch.setattr(google.oauth2.id_token, "fetch_id_token", fetch)
    token = iap_credentials("client.apps", clock=lambda: now[0]).token
    assert [token(), token()] == ["token-1", "token-1"]
    now[0] = 3500.0
    assert token() == "token-2"
    assert made == ["client.apps", "client.apps"]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (google.auth.exceptions.DefaultCredentialsError("none found"), InputError, "no Google identity"),
        (google.auth.exceptions.TransportError("timed out"), TransientError, "did not answer"),
        (google.auth.exceptions.RefreshError("denied"), InputError, "refused an ID token"),
    ],
)
def test_what_google_says_becomes_an_error_of_ours(monkeypatch, error, kind, words):
    def fail(request, audience):
        raise error

    monkeypatch.setattr(google.oauth2.id_token, "fetch_id_token", fail)
    with pytest.raises(kind, match=words):
        iap_credentials("client.apps").token()


def test_a_token_file_is_read_again_when_it_changes(tmp_path):
    (tmp_path / "token").write_text("one\n")
    token = sign_in("token", environment={"SLIPWAY_KFP_TOKEN_FILE": str(tmp_path / "token")}).token
    assert token() == "one"
    (tmp_path / "token").write_text("two\n")
    assert token() == "two"


def test_a_cookie_comes_from_the_environment_or_a_file(tmp_path):
    (tmp_path / "cookie").write_text("a=b\n")
    assert sign_in("cookie", environment={"SLIPWAY_KFP_COOKIE": "c=d"}).cookie == "c=d"
    assert sign_in("cookie", environment={"SLIPWAY_KFP_COOKIE_FILE": str(tmp_path / "cookie")}).cookie == "a=b"
    with pytest.raises(InputError, match="needs NAME=VALUE"):
        sign_in("cookie", environment={"SLIPWAY_KFP_COOKIE": "nonsense"})


def test_credentials_show_no_secret():
    credentials = sign_in("token", environment={"SLIPWAY_KFP_TOKEN": "s3cr3t"})
    assert repr(credentials) == "Credentials(token=True, cookie=False)"


@pytest.mark.parametrize("way", CREDENTIALS.names())
def test_every_way_says_what_is_missing_and_none_needs_nothing(way, tmp_path):
    environment = {"KF_PIPELINES_SA_TOKEN_PATH": str(tmp_path / "absent")}
    if way in ("none", "iap"):  # Google is asked when the first token is needed
        assert (sign_in(way, environment=environment).token is None) == (way == "none")
        return
    with pytest.raises(InputError, match=f"auth {way}"):
        sign_in(way, environment=environment)
