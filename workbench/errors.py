"""What can go wrong, in one tree.

Every error a user can cause or mend is a `WorkbenchError`. Its text comes from the
message catalogues, so a screen shows it in the reader's language, and it says what
happened, where, and what to do. Anything else that is raised is a fault of ours.

::

    WorkbenchError
    ├── ImportProblem      a raw file or its mapping can't be read as asked
    ├── TableProblem       a table lacks columns, has wrong types or repeated keys
    ├── ParameterProblem   an argument is outside what a function can work with
    ├── NotFound           a project, cycle, version, list or artefact does not exist
    ├── NotAllowed         this role may not do that
    ├── Conflict           somebody else changed the row first
    ├── Damaged            a stored artefact no longer matches its hash
    └── MachineProblem     this machine lacks something (a port, a font, a package)
"""

from __future__ import annotations

from typing import Any

from workbench import locale


class WorkbenchError(Exception):
    """A problem that the user can understand and mend.

    Parameters
    ----------
    key : str
        Key of the sentence in the message catalogues, for example
        ``"errors.table.missing_columns"``.
    **values : Any
        What fills the sentence's placeholders.

    Examples
    --------
    >>> error = WorkbenchError("errors.not_found.cycle", cycle="2026 Q3", known="2026 Q2")
    >>> str(error)
    'There is no cycle "2026 Q3". Cycles in this project: 2026 Q2.'
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        self.key = key
        self.values = values
        super().__init__(key)

    def message(self, lang: str = "en") -> str:
        """Return the sentence in a language, ``"en"`` or ``"zh_CN"``."""
        return locale.text(self.key, lang, **self.values)

    def __str__(self) -> str:
        return self.message("en")


class ImportProblem(WorkbenchError):
    """A raw file or its mapping can't be read as asked."""


class TableProblem(WorkbenchError):
    """A table lacks columns, has wrong types or repeated keys."""


class ParameterProblem(WorkbenchError):
    """An argument is outside what a function can work with."""


class NotFound(WorkbenchError):
    """A project, cycle, version, list or artefact does not exist."""


class NotAllowed(WorkbenchError):
    """This role may not do that."""


class Conflict(WorkbenchError):
    """Somebody else changed the row first; nothing was overwritten.

    Attributes
    ----------
    difference : dict
        ``{column: (yours, theirs)}`` of what differs.
    """

    def __init__(self, key: str, /, *, difference: dict[str, tuple[Any, Any]], **values: Any) -> None:
        super().__init__(key, **values)
        self.difference = difference


class Damaged(WorkbenchError):
    """A stored artefact no longer matches its hash."""


class MachineProblem(WorkbenchError):
    """This machine lacks something (a port, a font, a package)."""
