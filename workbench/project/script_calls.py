"""Calls made with branching scripts: recorded once, made again from their moves, and judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.script_trials import ScriptComparison, compare_scripts, find_trial

if TYPE_CHECKING:
    from workbench.execution.coach import Script, ScriptRun
    from workbench.project.handle import Project
    from workbench.store.scripts import Scripts as Stored

SIMULATED = "sample bank (simulated)"
"""Who makes the calls of the sample bank, as versions and calls name it."""
VERSION_COLUMNS = ("strategy_id", "version", "cycle_id", "title", "lang", "note", "saved_at", "saved_by")
RUN_COLUMNS = (
    "run_id",
    "strategy_id",
    "version",
    "list_id",
    "customer_id",
    "contact_id",
    "segment",
    "steps",
    "end",
    "disposition",
    "at",
    "who",
)


@dataclass(frozen=True)
class StoredScript:
    """One version of a strategy's script.

    Parameters
    ----------
    strategy_id : str
        The strategy.
    version : int
        Its number, from 1.
    script : Script
        The script, read.
    text : str
        As it was written.
    saved_at : datetime.datetime
        UTC.
    saved_by, note : str
        By whom, and why.
    """

    strategy_id: str
    version: int
    script: Script = field(repr=False)
    text: str = field(repr=False)
    saved_at: Any
    saved_by: str
    note: str


class ScriptCalls:
    """Scripts of a cycle as callers and readers have them."""

    _project: Project
    _store: Stored

    # Reading ---------------------------------------------------------------------

    def versions(self, strategy_id: str | None = None) -> pd.DataFrame:
        """Return the versions of a strategy's script, or of all, oldest first."""
        rows = [[row[name] for name in VERSION_COLUMNS] for row in self._store.versions(strategy_id)]
        return pd.DataFrame(rows, columns=list(VERSION_COLUMNS))

    def one(self, strategy_id: str, version: int) -> StoredScript:
        """Return one version.

        Raises
        ------
        NotFound
            If there is none of that number.
        """
        from workbench.execution.coach import read_script

        row = self._store.find(strategy_id, version)
        return StoredScript(
            strategy_id=strategy_id,
            version=version,
            script=read_script(row["text"], self._project.execution.dispositions.codes()),
            text=row["text"],
            saved_at=row["saved_at"],
            saved_by=row["saved_by"],
            note=row["note"],
        )

    def uses(self, strategy_id: str) -> list[dict[str, Any]]:
        """Return what was in use when, oldest first; the keys are those of `trial`."""
        return self._store.uses(strategy_id)

    def trial(self, strategy_id: str) -> dict[str, Any] | None:
        """Return the trial that runs: version, other_version, share, seed, since, note, who; or None."""
        use = self._in_use(strategy_id)
        return use if use is not None and use["other_version"] is not None else None

    def current(self, strategy_id: str, customer_id: str | None = None) -> StoredScript | None:
        """Return the script in use, or None where the strategy has no branching one.

        A script of an earlier cycle goes on while the strategy of that name offers the same.

        Parameters
        ----------
        strategy_id : str
            The strategy.
        customer_id : str, optional
            Who is called: in a trial, each hears the version drawn for them. Without one it is
            the trial's first.
        """
        from workbench.execution.coach import assign_scripts

        use = self._in_use(strategy_id)
        if use is None:
            return None
        version = use["version"]
        if use["other_version"] is not None and customer_id is not None:
            drawn = assign_scripts([customer_id], share=use["share"], seed=use["seed"], scripts=("", "b"))
            version = use["other_version"] if drawn.iloc[0] else version
        return self.one(strategy_id, version)

    def _in_use(self, strategy_id: str) -> dict[str, Any] | None:
        cycle_id = self._project.cycle.cycle_id
        known = [cycle.cycle_id for cycle in self._project.cycles()]
        until = known[: known.index(cycle_id) + 1] if cycle_id in known else []
        uses = self._store.uses(strategy_id, until)
        if not uses:
            return None
        if uses[-1]["cycle_id"] != cycle_id:
            # Another strategy may have been given the number since.
            offers = [c["offer"] for c in self._cards() if c["strategy_id"] == strategy_id]
            if self._store.find(strategy_id, uses[-1]["version"])["offer"] not in offers:
                return None
        return uses[-1]

    # Calls -----------------------------------------------------------------------

    def start(self, strategy_id: str, customer_id: str | None = None) -> ScriptRun:
        """Begin a call with the script in use; see `workbench.ScriptRun`.

        Raises
        ------
        NotFound
            If the strategy has no branching script.
        """
        from workbench.execution.coach import ScriptRun

        stored = self.current(strategy_id, customer_id)
        if stored is None:
            raise NotFound("execution_coach.error.no_script", strategy=strategy_id, version="")
        return ScriptRun.start(stored.script)

    def record_run(
        self,
        key: str,
        strategy_id: str,
        customer_id: str,
        version: int,
        moves: ScriptRun | Iterable[Mapping[str, Any]],
        *,
        list_id: str | None = None,
        contact_id: str | None = None,
    ) -> int:
        """Record a call made with a script; under one key it is recorded once.

        The call is made again from its moves: what the script does not allow, such as a
        mandatory sentence that was not confirmed, is refused here too.

        Parameters
        ----------
        key : str
            Of this call, made by whoever records it.
        strategy_id, customer_id : str
            Whose list, and who was called.
        version : int
            The script's version.
        moves : ScriptRun or iterable of mapping
            The call, or its moves.
        list_id : str, optional
            The list; by default the strategy's that the customer is on.
        contact_id : str, optional
            The contact that `record` returned for the call.

        Returns
        -------
        int
            The run's number.

        Raises
        ------
        ParameterProblem
            If the call is not over, a move is not allowed, it broke off with an unknown
            disposition, the customer is held back as control, another call was recorded
            under the key, or the cycle is frozen.
        NotFound
            If there is no such version, the customer is on no list of the strategy, or the
            contact is not one with them.
        NotAllowed
            If the role may not record.
        """
        values = self.checked_run(strategy_id, customer_id, version, moves, list_id=list_id)
        cycle_id = self._project.need_cycle().cycle_id
        return self._store.record_run(cycle_id, key, {**values, "contact_id": contact_id})

    def checked_run(
        self,
        strategy_id: str,
        customer_id: str,
        version: int,
        moves: ScriptRun | Iterable[Mapping[str, Any]],
        *,
        list_id: str | None = None,
    ) -> dict[str, Any]:
        """Return a call as the store keeps it, made again from its moves; see `record_run`."""
        from workbench.execution import check_disposition
        from workbench.execution.coach import ScriptRun

        self._store.require("contributor")
        script = self.one(strategy_id, version).script
        made = moves.moves if isinstance(moves, ScriptRun) else list(moves)
        run = ScriptRun.replay(script, made)
        if not run.is_over:
            raise ParameterProblem("execution_coach.error.not_over", step=run.at.step_id)
        if run.stopped:
            check_disposition(run.stopped, self._project.execution.dispositions.codes())
        listed, segment = self._listed(strategy_id, customer_id, list_id)
        ended = run.at.is_end
        return {
            "strategy_id": strategy_id,
            "version": version,
            "list_id": listed,
            "customer_id": customer_id,
            "segment": segment,
            "moves": run.moves,
            "steps": run.steps[:-1] if ended else run.steps,
            "end_step": run.at.step_id if ended else "",
            "disposition": run.disposition,
        }

    def runs(self, strategy_id: str | None = None, version: int | None = None) -> pd.DataFrame:
        """Return the cycle's calls, oldest first; ``steps`` is the list of steps reached."""
        rows = self._store.runs(strategy_id, version, self._project.cycle.cycle_id or None)
        frame = pd.DataFrame([{**row, "end": row["end_step"]} for row in rows], columns=list(RUN_COLUMNS))
        return frame if len(frame) else frame.astype({"version": "int64", "at": "datetime64[us]"})

    def step_outcomes(
        self, strategy_id: str, segment: str | None = None, version: int | None = None
    ) -> pd.DataFrame:
        """Return each step against what came of it; see `workbench.tabulate_steps`.

        Parameters
        ----------
        strategy_id : str
            The strategy.
        segment : str, optional
            Only its customers of this segment.
        version : int, optional
            The script's version; by default the one in use.

        Raises
        ------
        NotFound
            If the strategy has no branching script.
        """
        from workbench.execution.coach import tabulate_steps

        stored = self._of(strategy_id, version)
        runs = self._heard(strategy_id, stored.version, segment)
        return tabulate_steps(runs, self._project.execution.outcomes(), stored.script)

    def objections(
        self, strategy_id: str, segment: str | None = None, version: int | None = None
    ) -> pd.DataFrame:
        """Return what customers objected, and what came of them; see `workbench.tabulate_objections`.

        Parameters as for `step_outcomes`.

        Raises
        ------
        NotFound
            If the strategy has no branching script.
        """
        from workbench.execution.coach import ScriptRun, tabulate_objections

        stored = self._of(strategy_id, version)
        rows = self._store.runs(strategy_id, stored.version, self._project.cycle.cycle_id or None)
        runs = self.runs(strategy_id, stored.version)
        runs["objections"] = [list(ScriptRun.replay(stored.script, row["moves"]).raised) for row in rows]
        if segment is not None:
            runs = runs[runs["segment"].eq(segment)]
        return tabulate_objections(runs, self._project.execution.outcomes(), stored.script)

    def mandatory_read(self, strategy_id: str, version: int | None = None) -> pd.DataFrame:
        """Return the mandatory sentences against the calls in which they had to be read.

        Parameters as for `step_outcomes`.

        Raises
        ------
        NotFound
            If the strategy has no branching script.
        """
        from workbench.execution.coach import tabulate_mandatory

        stored = self._of(strategy_id, version)
        rows = self._store.runs(strategy_id, stored.version, self._project.cycle.cycle_id or None)
        told = [(row["steps"], row["end_step"], row["moves"]) for row in rows]
        return tabulate_mandatory(pd.DataFrame(told, columns=["steps", "end", "moves"]), stored.script)

    def compare_versions(
        self, strategy_id: str, a: int, b: int, *, segment: str | None = None, alpha: float = 0.05
    ) -> ScriptComparison:
        """Compare two versions by the response rates of the customers called with them.

        Parameters
        ----------
        strategy_id : str
            The strategy.
        a, b : int
            The versions; the difference is b's rate minus a's.
        segment : str, optional
            Only customers of this segment.
        alpha : float, default=0.05
            1 − alpha is the interval's confidence.

        Raises
        ------
        NotFound
            If there is no such version.
        ParameterProblem
            If both versions are the same.
        """
        for version in (a, b):
            self._store.find(strategy_id, version)
        runs = self._heard(strategy_id, None, segment)
        trial = find_trial(self._store.uses(strategy_id), a, b)
        outcomes = self._project.execution.outcomes()
        return compare_scripts(strategy_id, (a, b), runs, outcomes, trial, alpha)

    def _listed(self, strategy_id: str, customer_id: str, list_id: str | None) -> tuple[str, str]:
        """Return the list that a customer is called from, and their segment on it."""
        store = self._project.store
        for row in store.lists.rows(self._project.cycle.cycle_id):
            if row["strategy_id"] != strategy_id or list_id not in (None, row["list_id"]):
                continue
            artefact = store.artefacts.find(row["artefact_id"])
            targets = store.artefacts.read(artefact, "targets", ["customer_id", "segment", "arm"])
            mine = targets[targets["customer_id"].eq(customer_id)]
            if len(mine) and mine["arm"].iloc[0] == "control":
                raise ParameterProblem("project.error.control", list=row["list_id"])
            if len(mine):
                return str(row["list_id"]), str(mine["segment"].iloc[0])
        raise NotFound("project.error.not_on_list", list=list_id or strategy_id)

    def _of(self, strategy_id: str, version: int | None) -> StoredScript:
        stored = self.current(strategy_id) if version is None else self.one(strategy_id, version)
        if stored is None:
            raise NotFound("execution_coach.error.no_script", strategy=strategy_id, version="")
        return stored

    def _heard(self, strategy_id: str, version: int | None, segment: str | None) -> pd.DataFrame:
        runs = self.runs(strategy_id, version)
        return runs if segment is None else runs[runs["segment"].eq(segment)]

    def _cards(self) -> list[dict[str, Any]]:
        cycle_id = self._project.cycle.cycle_id
        return self._project.store.cards.rows(cycle_id) if cycle_id else []

    def _card(self, strategy_id: str) -> dict[str, Any]:
        for card in self._cards():
            if card["strategy_id"] == strategy_id:
                return card
        raise NotFound("execution_coach.error.no_strategy", strategy=strategy_id)
