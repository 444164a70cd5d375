"""Four eyes: large lists wait, frozen, until a second person has approved them."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.frozen import FrozenSelection, changed_since, made_from, read_frozen, refuse_stale
from workbench.project.lists import TargetList, TargetLists

if TYPE_CHECKING:
    from workbench.project.fairness import LaunchFairness
    from workbench.project.handle import Project
    from workbench.store import Store

COLUMNS = (
    "request_id",
    "status",
    "n",
    "n_control",
    "seed",
    "sha256",
    "plan_version",
    "note",
    "requested_by",
    "requested_at",
    "decided_by",
    "decided_at",
    "decision_note",
    "closed_by",
    "closed_at",
    "list_ids",
)
"""Columns of `LaunchControl.launch_requests`, before ``stale``."""


class LaunchControl:
    """How lists leave the workbench: asked for, approved by a second person, launched, exported.

    `workbench.project.strategy.Strategy` builds on it.
    """

    _project: Project
    _store: Store
    _lists: TargetLists

    @cached_property
    def fairness(self) -> LaunchFairness:
        """Whether the lists select some groups less often: computed, kept, read."""
        from workbench.project.fairness import LaunchFairness

        return LaunchFairness(self._project)

    @property
    def four_eyes(self) -> int:
        """Customers that one person may launch in a cycle; ``four_eyes`` of ``project.toml``."""
        return self._project.settings.four_eyes

    def needs_approval(self, n: int) -> bool:
        """Say whether launching so many more customers takes a second person.

        Parameters
        ----------
        n : int
            Customers on the lists to launch, control included. Lists of this cycle that
            were launched without a second person count too.
        """
        before = self._store.approvals.launched_alone(self._project.need_cycle().cycle_id)
        return before + n > self.four_eyes

    def request_launch(self, selection: Any, note: str = "") -> int:
        """Ask a second person to approve a selection; it waits as it is.

        Parameters
        ----------
        selection : Selection
            From `select` or `workbench.select_targets`.
        note : str, default=""
            What the second person should know; at most 1,000 characters.

        Returns
        -------
        int
            The request's number. Asking again for the same selection gives the same.

        Raises
        ------
        ParameterProblem
            If there is no customer, a customer is on a launched list of the cycle, or
            another request is open.
        NotAllowed
            If the role is not ``analyst``.
        """
        self._store.approvals.require("analyst")
        cycle_id = self._project.need_cycle().cycle_id
        cards: pd.DataFrame = self.cards()  # type: ignore[attr-defined]
        self._lists.check(selection, cards)
        n_control = int(selection.targets["arm"].eq("control").sum())
        plan, segmentation = self._project.strategy.artefact(), self._project.insight.artefact()
        dropped = getattr(selection, "dropped", None)
        if dropped is None:
            dropped = pd.DataFrame({"customer_id": [], "strategy_id": [], "gate": []}, dtype="str")
        # What refuses a request is asked before anything is written.
        opened = [row for row in self._store.approvals.rows(cycle_id) if row["status"] in _OPEN]
        if opened and opened[-1]["sha256"] != selection.sha256:
            raise ParameterProblem(
                "strategy_launch.error.request_open",
                request=opened[-1]["request_id"],
                who=opened[-1]["requested_by"],
            )
        artefact = self._store.artefacts.save(
            "launch_request",
            {"targets": selection.targets, "funnel": selection.funnel, "dropped": dropped},
            cycle_id=cycle_id,
            inputs=[made.artefact_id for made in (plan or segmentation,) if made is not None],
            parameters=getattr(selection, "parameters", {}),
            seed=selection.random_state,
            summary={
                "n": len(selection.targets),
                "n_control": n_control,
                "selection": selection.sha256,
                "parameters": getattr(selection, "parameters", {}),
                **made_from(self._project, cards, set(selection.targets["strategy_id"])),
            },
            side_by_side=True,
        )
        self.fairness.keep(selection, [artefact.artefact_id])
        return self._store.approvals.request(
            cycle_id,
            artefact_id=artefact.artefact_id,
            sha256=selection.sha256,
            seed=selection.random_state,
            n=len(selection.targets),
            n_control=n_control,
            plan_version=plan.version if plan else None,
            note=note,
        )

    def launch_requests(self) -> pd.DataFrame:
        """Return the cycle's requests to launch lists, oldest first.

        Returns
        -------
        pandas.DataFrame
            request_id, status (requested, approved, refused, withdrawn, launched), n,
            n_control, seed, sha256, plan_version, note, requested_by, requested_at (UTC),
            decided_by, decided_at, decision_note, closed_by, closed_at, list_ids, and
            ``stale``: what has changed since an open request was made, comma-separated
            (plan, segmentation, cards); empty when nothing has.
        """
        cycle_id = self._project.cycle.cycle_id
        rows = self._store.approvals.rows(cycle_id) if cycle_id else []
        frame = pd.DataFrame([[row[name] for name in COLUMNS] for row in rows], columns=list(COLUMNS))
        stale = [
            ", ".join(changed_since(self._project, row)) if row["status"] in _OPEN else "" for row in rows
        ]
        return frame.assign(stale=pd.Series(stale, dtype="str"))

    def requested_selection(self, request_id: int) -> FrozenSelection:
        """Return the selection that a request is about, as it was frozen.

        Raises
        ------
        NotFound
            If there is no such request.
        Damaged
            If what is stored no longer has the hash that was asked for.
        """
        return read_frozen(self._project, request_id)

    def approve_launch(self, request_id: int, note: str = "") -> None:
        """Approve a request as the second person.

        Parameters
        ----------
        request_id : int
            Its number, from `launch_requests`.
        note : str, default=""
            What was looked at.

        Raises
        ------
        NotAllowed
            If the role is ``viewer``, or the request is one's own.
        ParameterProblem
            If the plan, the segmentation or a card was changed since, or the request is no
            longer open.
        """
        self._store.approvals.require("contributor")
        refuse_stale(self._project, self._store.approvals.find(request_id))
        self._store.approvals.approve(request_id, note)

    def refuse_launch(self, request_id: int, reason: str) -> None:
        """Refuse a request as the second person.

        Parameters
        ----------
        request_id : int
            Its number.
        reason : str
            Why; whoever asked reads it.

        Raises
        ------
        NotAllowed
            If the role is ``viewer``, or the request is one's own.
        ParameterProblem
            If there is no reason, or the request is no longer open.
        """
        self._store.approvals.refuse(request_id, reason)

    def withdraw_launch(self, request_id: int, reason: str = "") -> None:
        """Take a request back, so that another can be made.

        Parameters
        ----------
        request_id : int
            Its number.
        reason : str, default=""
            Why; kept in the audit log.

        Raises
        ------
        ParameterProblem
            If it was refused, withdrawn or launched already.
        """
        self._store.approvals.withdraw(request_id, reason)

    def launch_approved(self, request_id: int) -> list[TargetList]:
        """Launch exactly what was approved.

        Parameters
        ----------
        request_id : int
            An approved request.

        Returns
        -------
        list of TargetList
            One a strategy; their customers, seed and hash are those of the request.

        Raises
        ------
        ParameterProblem
            If the request is not approved, or something it was made from changed since.
        """
        self._store.approvals.require("analyst")
        row = self._store.approvals.find(request_id)
        if row["status"] == "requested":
            raise ParameterProblem("strategy_launch.error.request_waits", request=request_id)
        if row["status"] in ("refused", "withdrawn"):
            raise ParameterProblem(
                "strategy_launch.error.request_closed",
                request=request_id,
                status=row["status"],
                who=row["closed_by"] or row["decided_by"],
            )
        if row["status"] == "approved":
            refuse_stale(self._project, row)
        lists = self._launch(self.requested_selection(request_id), self.cards())  # type: ignore[attr-defined]
        self._store.approvals.close(request_id, [each.list_id for each in lists])
        return lists

    def submit(self, selection: Any, note: str = "") -> list[TargetList]:
        """Launch a selection if one person may, else ask a second one.

        Parameters
        ----------
        selection : Selection
            From `select` or `workbench.select_targets`.
        note : str, default=""
            For the second person.

        Returns
        -------
        list of TargetList
            What was launched; empty where it waits for a second person, see
            `launch_requests`.
        """
        cycle_id = self._project.need_cycle().cycle_id
        launched = self._lists.of_selection(selection.sha256)
        passed = self._store.approvals.has_passed(cycle_id, selection.sha256)
        if launched or passed or not self.needs_approval(len(selection.targets)):
            return self.launch(selection)
        self.request_launch(selection, note)
        return []

    def launch(self, selection: Any) -> list[TargetList]:
        """Launch the lists of a selection: from now on they don't change.

        Parameters
        ----------
        selection : Selection
            From `select_targets`.

        Returns
        -------
        list of TargetList
            One a strategy. Launching the same selection again returns the same lists.

        Raises
        ------
        ParameterProblem
            If a customer is already on another list of this cycle, there is no customer, or
            a second person has to approve so many first (`request_launch`).
        """
        cards: pd.DataFrame = self.cards()  # type: ignore[attr-defined]
        self._lists.check(selection, cards)
        if launched := self._lists.of_selection(selection.sha256):
            return launched
        for row in self._store.approvals.rows(self._project.need_cycle().cycle_id):
            if row["status"] == "approved" and row["sha256"] == selection.sha256:
                return self.launch_approved(row["request_id"])
        if self.needs_approval(len(selection.targets)):
            n = self._store.approvals.launched_alone(self._project.cycle.cycle_id) + len(selection.targets)
            raise ParameterProblem("strategy_launch.error.four_eyes", n=f"{n:,}", most=f"{self.four_eyes:,}")
        return self._launch(selection, cards)

    def _launch(self, selection: Any, cards: pd.DataFrame) -> list[TargetList]:
        lists = self._lists.launch(selection, cards)
        rows = self._store.lists.rows(self._project.need_cycle().cycle_id)
        mine = {each.list_id for each in lists}
        self.fairness.keep(selection, [row["artefact_id"] for row in rows if row["list_id"] in mine])
        return lists

    def launched_selections(self) -> list[str]:
        """Return the hashes of the selections that the cycle's lists were launched from, oldest first."""
        return self._lists.selections()

    def export(
        self,
        list_id: str,
        format: str = "csv",
        *,
        masked: bool = True,
        reason: str = "",
    ) -> Path:
        """Write a launched list into the project's ``exports`` folder, logged before a byte leaves.

        Parameters
        ----------
        list_id : str
            Which list.
        format : {"csv", "xlsx"}, default="csv"
            UTF-8 text with a second file of provenance, or a workbook with sheets for
            treatment, control and provenance. No cell of either is a formula.
        masked : bool, default=True
            Whether customers' numbers are masked. Whole numbers take an analyst and a reason.
        reason : str, default=""
            What the file is for; kept in the audit log.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        NotFound
            If there is no such list.
        NotAllowed
            If the role is ``viewer``, or whole numbers are asked for by another than an
            analyst.
        ParameterProblem
            If the format is unknown, or whole numbers are asked for without a reason.
        MachineProblem
            If the disk refuses.
        """
        from workbench.project.exports import export_list

        return export_list(self._project, list_id, format, masked=masked, reason=reason)


_OPEN = ("requested", "approved")
