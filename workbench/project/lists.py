"""Launched target lists of one cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.cards import STAMPS, card_rows, cards_frame
from workbench.tables import TARGETS

if TYPE_CHECKING:
    from workbench.project.handle import Project


@dataclass(frozen=True)
class TargetList:
    """A launched list.

    Parameters
    ----------
    list_id : str
        Its name, for example ``2026Q3-S1``.
    strategy_id : str
        The strategy.
    n, n_control : int
        Customers, and how many of them are held back.
    sha256 : str
        Hash of its content, see `workbench.strategy.hash_targets`.
    seed : int
        Seed of the control group.
    """

    list_id: str
    strategy_id: str
    n: int
    n_control: int
    sha256: str
    seed: int


class TargetLists:
    """The lists of one cycle: launched once, never changed.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store

    def launch(self, selection: Any, strategies: pd.DataFrame) -> list[TargetList]:
        """Launch the lists of a selection: from now on they don't change.

        Parameters
        ----------
        selection : Selection
            From `select_targets`.
        strategies : pandas.DataFrame
            The cycle's cards.

        Returns
        -------
        list of TargetList
            One a strategy. Launching the same selection again returns the same lists.

        Raises
        ------
        ParameterProblem
            If a customer is already on another list of this cycle, or there is no customer.
        """
        self.check(selection, strategies)
        wanted = list(dict.fromkeys(selection.targets["strategy_id"]))
        again = self.of_selection(selection.sha256)
        if {each.strategy_id for each in again} == set(wanted):
            return again
        done = {each.strategy_id: each for each in again}
        cards = {row["strategy_id"]: row for row in card_rows(strategies)}
        by_strategy = dict(iter(selection.targets.groupby("strategy_id")))
        return [
            done.get(strategy_id)
            or self._launch_one(strategy_id, by_strategy[strategy_id].reset_index(drop=True), selection, card)
            for strategy_id, card in cards.items()
            if strategy_id in by_strategy
        ]

    def check(self, selection: Any, strategies: pd.DataFrame) -> None:
        """Refuse a selection that can't be launched in this cycle.

        Raises
        ------
        ParameterProblem
            If there is no customer, or one is on another list of this cycle.
        NotFound
            If a strategy has no card.
        """
        TARGETS.check(selection.targets)
        if selection.targets.empty:
            raise ParameterProblem("project.error.empty_selection")
        cards = [row["strategy_id"] for row in card_rows(strategies)]
        unknown = sorted(set(selection.targets["strategy_id"]) - set(cards))
        if unknown:
            known = ", ".join(cards) or "-"
            raise NotFound("project.error.no_strategy", strategy=", ".join(unknown), known=known)
        launched = self._store.lists.rows(self._project.need_cycle().cycle_id)
        others = [row for row in launched if self._summary(row).get("selection") != selection.sha256]
        self._refuse_twice(selection.targets, others)

    def selections(self) -> list[str]:
        """Return the hashes of the selections that were launched, oldest first."""
        rows = self._store.lists.rows(self._project.cycle.cycle_id)
        return list(dict.fromkeys(str(self._summary(row).get("selection")) for row in rows))

    def of_selection(self, sha256: str) -> list[TargetList]:
        """Return the lists of this cycle that were launched from a selection with this hash."""
        rows = self._store.lists.rows(self._project.need_cycle().cycle_id)
        return [_target_list(row) for row in rows if self._summary(row).get("selection") == sha256]

    def _summary(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return self._store.artefacts.find(row["artefact_id"]).summary

    def _refuse_twice(self, targets: pd.DataFrame, launched: list[dict[str, Any]]) -> None:
        for row in launched:
            artefact = self._store.artefacts.find(row["artefact_id"])
            there = self._store.artefacts.read(artefact, "targets", ["customer_id"])["customer_id"]
            n = int(targets["customer_id"].isin(there).sum())
            if n:
                raise ParameterProblem("project.error.listed", n=n, list=row["list_id"])

    def _launch_one(
        self, strategy_id: str, targets: pd.DataFrame, selection: Any, card: Mapping[str, Any]
    ) -> TargetList:
        from workbench.strategy import hash_targets

        cycle_id = self._project.need_cycle().cycle_id
        plan = self._project.strategy.artefact()
        segmentation = self._project.insight.artefact()
        made_from = plan or segmentation
        taken = {row["list_id"] for row in self._store.lists.rows(cycle_id)}
        stem = f"{cycle_id.replace(' ', '')}-{strategy_id}"
        list_id = next(
            name for n in range(1, len(taken) + 2) if (name := stem if n == 1 else f"{stem}-{n}") not in taken
        )
        sha256 = hash_targets(targets)
        n_control = int(targets["arm"].eq("control").sum())
        artefact = self._store.artefacts.save(
            "target_list",
            {"targets": targets, "funnel": selection.funnel},
            cycle_id=cycle_id,
            inputs=[made_from.artefact_id] if made_from else [],
            parameters=getattr(selection, "parameters", {}),
            seed=selection.random_state,
            summary={
                "list_id": list_id,
                "strategy_id": strategy_id,
                "selection": selection.sha256,
                "n": len(targets),
                "n_control": n_control,
                "segmentation": segmentation.version if segmentation else None,
                "plan": plan.version if plan else None,
                "parameters": getattr(selection, "parameters", {}),
            },
            side_by_side=True,
        )
        self._store.lists.launch(
            list_id,
            cycle_id=cycle_id,
            strategy_id=strategy_id,
            artefact_id=artefact.artefact_id,
            n=len(targets),
            n_control=n_control,
            sha256=sha256,
            seed=selection.random_state,
            card=card,
            selection=selection.sha256,
        )
        return TargetList(list_id, strategy_id, len(targets), n_control, sha256, selection.random_state)

    def frame(self) -> pd.DataFrame:
        """Return the cycle's launched lists.

        Returns
        -------
        pandas.DataFrame
            list_id, strategy_id, name, n, n_control, sha256, seed, launched_at, launched_by.
        """
        rows = [
            (
                row["list_id"],
                row["strategy_id"],
                row["card"]["name"],
                row["n"],
                row["n_control"],
                row["sha256"],
                row["seed"],
                row["launched_at"],
                row["launched_by"],
            )
            for row in self._store.lists.rows(self._project.cycle.cycle_id)
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "list_id",
                "strategy_id",
                "name",
                "n",
                "n_control",
                "sha256",
                "seed",
                "launched_at",
                "launched_by",
            ],
        )

    def targets(self, list_id: str | None = None) -> pd.DataFrame:
        """Return the customers of a list, or of all lists of the cycle.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.TARGETS` with list_id.

        Raises
        ------
        NotFound
            If there is no such list.
        """
        rows = (
            self._store.lists.rows(self._project.cycle.cycle_id)
            if list_id is None
            else [self._store.lists.find(list_id)]
        )
        frames = [
            self._store.artefacts.read(self._store.artefacts.find(row["artefact_id"]), "targets").assign(
                list_id=row["list_id"]
            )
            for row in rows
        ]
        if not frames:
            return TARGETS.empty().assign(list_id=pd.Series(dtype="str"))
        return pd.concat(frames, ignore_index=True)

    def cards(self) -> pd.DataFrame:
        """Return the cards of the launched strategies as they were at the launch."""
        cycle = self._project.cycle.cycle_id
        kept: pd.DataFrame = self._store.database.remember(
            ("launched cards", cycle), lambda: _cards_of(self._store.lists.rows(cycle))
        )
        return kept.copy()

    def plan_version(self) -> int | None:
        """Return the plan that the newest launched list was cut from, None where there is none."""
        rows = self._store.lists.rows(self._project.cycle.cycle_id)
        version = self._summary(rows[-1]).get("plan") if rows else None
        return None if version is None else int(version)

    def funnel(self) -> pd.DataFrame:
        """Return the gates of the newest launched selection: gate, n_in, n_out, applied.

        Raises
        ------
        NotFound
            If no list was launched.
        """
        rows = self._store.lists.rows(self._project.cycle.cycle_id)
        if not rows:
            raise NotFound("project.error.no_lists", cycle=self._project.cycle.cycle_id or "-")
        return self._store.artefacts.read(self._store.artefacts.find(rows[-1]["artefact_id"]), "funnel")


def _cards_of(lists: list[dict[str, Any]]) -> pd.DataFrame:
    cards = {row["strategy_id"]: row["card"] for row in lists}
    frame = cards_frame([{**card, **dict.fromkeys(STAMPS)} for card in cards.values()])
    return frame.drop(columns=list(STAMPS))


def _target_list(row: Mapping[str, Any]) -> TargetList:
    return TargetList(
        row["list_id"], row["strategy_id"], row["n"], row["n_control"], row["sha256"], row["seed"]
    )
