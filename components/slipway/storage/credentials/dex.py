"""A session with Kubeflow's Dex, for endpoints behind its login page.

The way is that of a browser: the endpoint redirects to Dex, whose form takes name and password and sends back with a
session cookie.
"""

import http.cookiejar
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from slipway.contracts.errors import InputError, TransientError
from slipway.storage.signing_in import Credentials, Endpoint, SignIn

_SECONDS = 30
_FAILING = 500


def credentials(endpoint: Endpoint) -> Credentials:
    """Return the session cookies of the user in SLIPWAY_DEX_USERNAME and SLIPWAY_DEX_PASSWORD.

    Raises:
        InputError: one of them is missing, Dex refuses them, or there is no login page.
        TransientError: the endpoint does not answer.
    """
    host = endpoint.host
    user = endpoint.environment.get("SLIPWAY_DEX_USERNAME")
    password = endpoint.environment.get("SLIPWAY_DEX_PASSWORD")
    if not user or not password:
        raise InputError("auth dex needs SLIPWAY_DEX_USERNAME and SLIPWAY_DEX_PASSWORD in the environment")
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    first = _visited(browser, f"{host}/")
    if urlsplit(first).path.rstrip("/") == urlsplit(host).path.rstrip("/"):
        raise InputError(f"{host} does not ask for a login; its target needs no auth dex")
    form = _visited(browser, _password_page(first))
    last = _visited(browser, form, login=user, password=password)
    if urlsplit(last).path.endswith("/approval"):
        last = _visited(browser, last, approval="approve")
    if urlsplit(last).netloc != urlsplit(host).netloc or urlsplit(last).path == urlsplit(form).path:
        raise InputError(f"Dex at {urlsplit(form).netloc} refuses this user name and password")
    return Credentials(cookie="; ".join(f"{cookie.name}={cookie.value}" for cookie in jar))


def _visited(browser: Any, url: str, **form: str) -> str:
    """Return the address that a request ends at after redirects."""
    request = urllib.request.Request(url, data=urlencode(form).encode() if form else None)
    try:
        with browser.open(request, timeout=_SECONDS) as answer:
            return str(answer.url)
    except urllib.error.HTTPError as error:
        error.close()
        kind = TransientError if error.code >= _FAILING else InputError
        raise kind(f"signing in at {urlsplit(url).netloc}: the answer is {error.code}") from None
    except (urllib.error.URLError, TimeoutError) as error:
        raise TransientError(f"signing in at {urlsplit(url).netloc}: no answer: {error}") from error


def _password_page(url: str) -> str:
    """Return the page with the password form: Dex's first page offers connectors, of which ``local`` has it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=re.sub(r"/auth$", "/auth/local", parts.path)))


ENTRY = SignIn(credentials=credentials)
