"""Made-up calls with a script: for a class, and to try a script before customers hear it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.execution.coach.script_run import ScriptRun
from workbench.execution.coach.script_text import Script

HUNG_UP = "refused"
_LONGEST = 60
_TRIES = 40


def rehearse_calls(
    contacts: pd.DataFrame,
    scripts: Mapping[int, Script],
    *,
    hang_up: float = 0.15,
    objects: float = 0.25,
    random_state: int = 0,
) -> pd.DataFrame:
    r"""Make up how calls went through a script, so that each ends as it is known to have ended.

    Nothing of it was observed but the end: which way a customer took through the script is
    drawn. Such calls teach how the figures are read; they say nothing about customers.

    Parameters
    ----------
    contacts : pandas.DataFrame
        ``disposition``, ``responded`` (missing where nothing was answered) and ``script_version``
        of each call.
    scripts : mapping of int to Script
        The scripts by their version.
    hang_up : float, default=0.15
        Share of the customers who, at any step, break off before the next one; only of those
        whose call came to ``refused``.
    objects : float, default=0.25
        Share of those who object to a step.
    random_state : int, default=0
        Seed.

    Returns
    -------
    pandas.DataFrame
        The contacts and ``moves``, as `workbench.replay_contacts` records them; missing where
        the script has no way to the call's end.

    Raises
    ------
    ParameterProblem
        If a column is absent, a script is not given, or a share is not between 0 and 1.

    Examples
    --------
    >>> from workbench.execution.coach import read_script
    >>> script = read_script("step hello\n  must say [recording]: This call is recorded.\n"
    ...     "  answer: Yes -> done\n  answer: No -> gone\nend done: reached, yes\nend gone: refused, no")
    >>> contacts = pd.DataFrame({"disposition": ["reached"], "responded": [True], "script_version": [1]})
    >>> [move["do"] for move in rehearse_calls(contacts, {1: script}, objects=0)["moves"][0]]
    ['confirm', 'answer']
    """
    missing = [n for n in ("disposition", "responded", "script_version") if n not in contacts.columns]
    if missing:
        raise ParameterProblem("execution_replay.error.columns", columns=", ".join(missing))
    if not (0 <= hang_up < 1 and 0 <= objects < 1):
        raise ParameterProblem("execution_replay.error.share", share=hang_up if objects < 1 else objects)
    rng = np.random.default_rng(random_state)
    cells = zip(contacts["disposition"], contacts["responded"], contacts["script_version"], strict=True)
    moves: list[Any] = []
    for disposition, responded, version in cells:
        if pd.isna(version):
            moves.append(None)
            continue
        if int(version) not in scripts:
            raise ParameterProblem("execution_replay.error.script", version=int(version))
        answer = None if pd.isna(responded) else bool(responded)
        moves.append(_call(scripts[int(version)], str(disposition), answer, hang_up, objects, rng))
    return contacts.assign(moves=pd.Series(moves, index=contacts.index, dtype="object"))


def _call(
    script: Script,
    disposition: str,
    responded: bool | None,
    hang_up: float,
    objects: float,
    rng: np.random.Generator,
) -> list[dict[str, Any]] | None:
    """Draw ways through a script until one ends as it should."""
    ends = {
        step.step_id
        for step in script.steps
        if step.is_end and step.disposition == disposition and step.responded in (None, responded)
    }
    near = _ways(script, ends)
    breaks = hang_up if disposition == HUNG_UP else 0.0
    for _ in range(_TRIES):
        run = ScriptRun.start(script)
        for _ in range(_LONGEST):
            if len(run.steps) > 1 and not run.is_over and rng.random() < breaks:
                return list(run.stop(disposition).moves)
            for part in run.unsaid:
                run = run.confirm(part.must)
            if run.is_over:
                break
            said = [n for n, each in enumerate(run.objections, 1) if not each.to]
            if said and rng.random() < objects:
                run = run.object(int(rng.choice(said)))
            open_ways = [n for n, each in enumerate(run.answers, 1) if each.to in near]
            if not open_ways:
                break
            run = run.answer(int(rng.choice(open_ways)))
        if run.is_over and run.steps[-1] in ends:
            return list(run.moves)
    return list(ScriptRun.start(script).stop(disposition).moves) if responded is None else None


def _ways(script: Script, ends: set[str]) -> set[str]:
    """Return the steps from which one of some ends can be reached."""
    near = set(ends)
    while True:
        found = {step.step_id for step in script.steps if any(each.to in near for each in step.answers)}
        if found <= near:
            return near
        near |= found
