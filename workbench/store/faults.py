"""What a database says when it can't, as a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, OperationalError

from workbench.errors import Damaged, MachineProblem, ParameterProblem, WorkbenchError
from workbench.store.engines import BUSY_SECONDS, place_of

_TOO_LONG_WAITED = "55P03"
_NO_RIGHTS = "42501"
_READ_ONLY = "25006"
_GONE = ("08", "57")
"""Classes of conditions: the connection is broken, or the server's operator ended it."""


def file_fault(error: DBAPIError, file: str) -> WorkbenchError | None:
    """Return the sentence for what SQLite said, or None for a fault of ours.

    Parameters
    ----------
    error : sqlalchemy.exc.DBAPIError
        What was raised.
    file : str
        The database's file.
    """
    text = str(error.orig)
    if isinstance(error, OperationalError):
        if "locked" in text or "busy" in text:
            return MachineProblem("store.error.busy", seconds=BUSY_SECONDS, file=file)
        if "unable to open" in text or "readonly" in text or "disk" in text:
            return MachineProblem("store.error.unwritable", file=file, cause=text)
    elif isinstance(error, DatabaseError) and ("not a database" in text or "malformed" in text):
        return Damaged("store.error.damaged_state", file=file)
    return None


def server_fault(error: DBAPIError, url: sa.URL, *, reaching: bool) -> WorkbenchError | None:
    """Return the sentence for what a PostgreSQL server or its driver said, or None for a fault of ours.

    Parameters
    ----------
    error : sqlalchemy.exc.DBAPIError
        What was raised.
    url : sqlalchemy.URL
        The database.
    reaching : bool
        Whether the connection was still being made.
    """
    said: Any = error.orig
    state = str(getattr(said, "sqlstate", None) or "")
    place, cause = place_of(url), _cause(said, url)
    if reaching:
        asked = getattr(getattr(said, "pgconn", None), "needs_password", False)
        key = "store.error.password" if asked or "password" in cause else "store.error.no_server"
        return MachineProblem(key, place=place, cause=cause)
    if state == _TOO_LONG_WAITED:
        return MachineProblem("store.error.busy", seconds=BUSY_SECONDS, file=place)
    if state == _NO_RIGHTS:
        return MachineProblem("store.error.rights", place=place, cause=cause)
    if state == _READ_ONLY:
        return MachineProblem("store.error.unwritable", file=place, cause=cause)
    if isinstance(error, DataError):
        return ParameterProblem("store.error.value", cause=cause)
    if error.connection_invalidated or state[:2] in _GONE:
        return MachineProblem("store.error.lost_server", place=place, cause=cause)
    if isinstance(error, OperationalError):
        return MachineProblem("store.error.server", place=place, cause=cause)
    return None


def _cause(said: Any, url: sa.URL) -> str:
    """Return what was said in one line, never with the password."""
    # The detail would repeat a row's values.
    message = getattr(getattr(said, "diag", None), "message_primary", None) or str(said)
    line = " ".join(message.split()).rstrip(".")
    password = str(url.password or url.query.get("password") or "")
    return line.replace(password, "***") if password else line
