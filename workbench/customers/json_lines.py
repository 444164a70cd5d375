"""JSON lines, one object a line, to rows of text cells."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from workbench.customers.raw import SPACES, Rejected, Sheet, text_frame
from workbench.errors import ImportProblem


def parse_json_lines(
    data: bytes, *, file: str = "", first: int = 1, known: Iterable[str] = (), sized: bool = True
) -> Sheet:
    r"""Return the objects of a text with one JSON object a line.

    Numbers keep the digits they were written with, true and false become words, null an
    empty cell; a list or an object within is kept as JSON. Empty lines are no rows; a line
    that is no object is rejected.

    Parameters
    ----------
    data : bytes
        The content, in UTF-8.
    file : str, default=""
        The file's name, for messages.
    first : int, default=1
        Number of the first line.
    known : iterable of str, default=()
        Columns that earlier lines had; they come first.
    sized : bool, default=True
        Whether a content without a single object is refused.

    Returns
    -------
    Sheet

    Raises
    ------
    ImportProblem
        If no line is an object.

    Examples
    --------
    >>> sheet = parse_json_lines(b'{"id": "007", "amount": 1.50}\n\n[1]\n{"id": "8", "yes": true}\n')
    >>> sheet.frame.to_dict("records")
    [{'id': '007', 'amount': '1.50', 'yes': ''}, {'id': '8', 'amount': '', 'yes': 'true'}]
    >>> sheet.lines.tolist(), [(row.line, row.cause) for row in sheet.rejected]
    ([1, 4], [(3, 'bad_json')])
    """
    names = dict.fromkeys(known)
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    rejected: list[Rejected] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), first):
        if not line.strip():
            continue
        row = _object(line)
        if row is None:
            text = line.decode("utf-8", "backslashreplace").strip(SPACES)
            rejected.append(
                Rejected(number, "bad_json", json.dumps({"line": text}, ensure_ascii=False), "", text[:200])
            )
            continue
        names.update(dict.fromkeys(row))
        rows.append(row)
        lines.append(number)
    if sized and not rows:
        raise ImportProblem("customers.error.no_objects", file=file)
    columns = [[row.get(name, "") for row in rows] for name in names]
    frame = text_frame(list(names), columns)
    return Sheet(frame, np.array(lines, dtype="int64"), tuple(rejected))


def _object(line: bytes) -> dict[str, str] | None:
    try:
        # Read as text: a number of 18 digits stays what it is.
        found = json.loads(line, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {" ".join(name.split()): _cell(value) for name, value in found.items()}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # A lone surrogate is no text that any table could keep.
    return text.encode("utf-8", "replace").decode("utf-8")
