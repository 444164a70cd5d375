"""The token in front of every path: pages, static files and sockets alike."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from workbench.errors import MachineProblem

TOKEN_VARIABLE = "WORKBENCH_TOKEN"  # noqa: S105 (the variable's name)
_PURPOSE = b"workbench viewer cookie"
_LEAST = 16


def new_token() -> str:
    """Return a token that nobody guesses (192 bits)."""
    return secrets.token_urlsafe(24)


def kept_token(file: Path) -> str:
    """Return the token that a file keeps; where there is none, write a new one for its owner alone.

    Parameters
    ----------
    file : pathlib.Path
        Removed, it makes every address that was given out useless.

    Raises
    ------
    MachineProblem
        If it can't be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     file = Path(place) / "kept" / "token"
    ...     kept_token(file) == kept_token(file)
    True
    """
    try:
        found = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        found = ""
    except (OSError, UnicodeDecodeError) as error:
        raise MachineProblem("publish.error.token_file", file=file, reason=str(error)) from None
    if len(found) >= _LEAST:
        return found
    made = new_token()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(made)
    except OSError as error:
        raise MachineProblem("publish.error.token_file", file=file, reason=error.strerror) from None
    return made


class Token:
    """One process's token: who shows it once gets a cookie that stands for it.

    Parameters
    ----------
    value : str
        The secret.
    port : int
        Cookies don't tell ports apart, so the cookie's name does.
    days : int, optional
        How long a browser keeps the cookie; by default until it is closed.

    Examples
    --------
    >>> token = Token("secret", 8866)
    >>> token.matches("secret"), token.matches("Secret"), token.matches("")
    (True, False, False)
    >>> token.in_cookies([f"{token.cookie_name}={token.cookie_value}"])
    True
    """

    def __init__(self, value: str, port: int, days: int | None = None) -> None:
        self._value = value.encode()
        self.days = days
        self.cookie_name = f"workbench-{port}"
        self.cookie_value = hmac.new(self._value, _PURPOSE, hashlib.sha256).hexdigest()

    def matches(self, shown: str) -> bool:
        """Say whether a token is ours, in a time that tells nothing about it."""
        return bool(shown) and hmac.compare_digest(shown.encode("utf-8", "replace"), self._value)

    def in_cookies(self, headers: Iterable[str]) -> bool:
        """Say whether one of the Cookie headers carries our cookie."""
        for header in headers:
            try:
                morsel = SimpleCookie(header).get(self.cookie_name)
            except CookieError:
                continue
            if morsel and hmac.compare_digest(morsel.value.encode(), self.cookie_value.encode()):
                return True
        return False

    def in_header(self, authorization: str) -> bool:
        """Say whether an Authorization header carries the token.

        Examples
        --------
        >>> Token("secret", 1).in_header("Bearer secret"), Token("secret", 1).in_header("Basic secret")
        (True, False)
        """
        kind, _, shown = authorization.partition(" ")
        return kind.lower() in ("token", "bearer") and self.matches(shown.strip())


def split_query(query: str) -> tuple[str, str]:
    """Return the token of a query string, and the rest of it.

    Examples
    --------
    >>> split_query("lang=zh&token=abc")
    ('abc', 'lang=zh')
    """
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    shown = next((value for name, value in pairs if name == "token"), "")
    return shown, urlencode([(name, value) for name, value in pairs if name != "token"])
