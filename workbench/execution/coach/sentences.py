"""Whether the mandatory sentences were read in the calls that were made."""

from __future__ import annotations

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.coach.script_text import Script

SENTENCE_COLUMNS = ("must", "calls", "due", "read", "missed", "broke_off")


def tabulate_mandatory(runs: pd.DataFrame, script: Script) -> pd.DataFrame:
    r"""Return each mandatory sentence against the calls in which it had to be read.

    Parameters
    ----------
    runs : pandas.DataFrame
        One row a call: ``steps`` (the steps reached, without the end), ``end`` (the end
        reached; empty where the call broke off) and ``moves`` (as `workbench.ScriptRun` keeps them).
    script : Script
        The script that the calls were made with.

    Returns
    -------
    pandas.DataFrame
        One row a sentence, in the script's order: ``must`` (its name), ``calls`` (all),
        ``due`` (calls that went on from a step that holds it), ``read`` (of these, with the
        sentence confirmed), ``missed`` (due less read) and ``broke_off`` (calls that ended in
        a step that holds it, before it was confirmed).

    Raises
    ------
    ParameterProblem
        If the runs lack a column.

    Examples
    --------
    >>> from workbench.execution.coach import ScriptRun, read_script
    >>> script = read_script("step hello\n  must say [recording]: This call is recorded.\n"
    ...                      "  answer: Yes -> done\nend done: reached, yes")
    >>> whole = ScriptRun.start(script).confirm("recording").answer(1)
    >>> cut = ScriptRun.start(script).stop("no_answer")
    >>> runs = pd.DataFrame({"steps": [["hello"]] * 2, "end": ["done", ""]})
    >>> runs["moves"] = [whole.moves, cut.moves]
    >>> tabulate_mandatory(runs, script).values.tolist()
    [['recording', 2, 1, 1, 0, 1]]
    """
    missing = [name for name in ("steps", "end", "moves") if name not in runs.columns]
    if missing:
        raise ParameterProblem("execution_coach.error.run_columns", columns=", ".join(missing))
    held: dict[str, set[str]] = {}
    for step in script.steps:
        for part in step.musts:
            held.setdefault(part.must, set()).add(step.step_id)
    rows = []
    for must, steps in held.items():
        due = read = broke_off = 0
        for heard, end, moves in zip(runs["steps"], runs["end"], runs["moves"], strict=True):
            path = [*heard, *([end] if end else [])]
            said = any(move["do"] == "confirm" and move["name"] == must for move in moves)
            # An end counts as gone on from: a call is over there only with its sentences said.
            went_on = any(step in steps for step in path[:-1]) or (bool(end) and end in steps)
            due += went_on
            read += went_on and said
            broke_off += not went_on and not said and any(step in steps for step in path)
        rows.append((must, len(runs), due, read, due - read, broke_off))
    return pd.DataFrame(rows, columns=list(SENTENCE_COLUMNS)).astype(
        {"must": "str", **dict.fromkeys(SENTENCE_COLUMNS[1:], "int64")}
    )
