"""Strategy cards, plans and launched lists of one cycle."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.store import Artefact
from workbench.tables import STRATEGIES, TARGETS

if TYPE_CHECKING:
    from workbench.project.handle import Project

_STAMPS = ("row_version", "updated_at", "updated_by")
CARD_COLUMNS = (*STRATEGIES.names, "capacity_factor")
"""Columns of a card: the table's, and how much larger the review wants its list."""


@dataclass(frozen=True)
class Plan:
    """An approved plan: how the strategies were weighed.

    Parameters
    ----------
    version : int
        Its number in the project.
    cycle_id : str
        The cycle.
    summary : pandas.DataFrame
        What `score_strategies` returned at the approved weights.
    criteria : pandas.DataFrame
        What `build_criteria` returned.
    weights : dict
        Criterion → weight.
    map : pandas.DataFrame
        What `build_strategy_map` returned.
    note : str
        Why these weights.
    segmentation_version : int or None
        The segmentation it was made from.
    approved_at : datetime.datetime
        UTC.
    approved_by, sha256, artefact_id : str
        Who; the content's hash; where it is stored.
    n : int
        Rows of customer scores kept with it.
    models : dict
        strategy_id → stored propensity model, for `Propensity.from_json`.
    """

    version: int
    cycle_id: str
    summary: pd.DataFrame
    criteria: pd.DataFrame
    weights: dict[str, float]
    map: pd.DataFrame
    note: str
    segmentation_version: int | None
    approved_at: dt.datetime
    approved_by: str
    sha256: str
    artefact_id: str
    n: int
    models: dict[str, Any]


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


class Strategy:
    """Strategy of one cycle.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store

    # Cards -----------------------------------------------------------------------

    def save(self, strategies: pd.DataFrame) -> None:
        """Make these the cycle's strategy cards.

        Parameters
        ----------
        strategies : pandas.DataFrame
            A `workbench.tables.STRATEGIES`.

        Raises
        ------
        TableProblem
            If it is not such a table.
        ParameterProblem
            If a card with a launched list is left out.
        """
        STRATEGIES.check(strategies)
        self._store.cards.replace(self._project.need_cycle().cycle_id, card_rows(strategies))

    def cards(self) -> pd.DataFrame:
        """Return the cycle's strategy cards.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.STRATEGIES` with capacity_factor where a review set one,
            and row_version, updated_at, updated_by.
        """
        return cards_frame(self._store.cards.rows(self._project.cycle.cycle_id))

    def card(self, strategy_id: str) -> dict[str, Any]:
        """Return one card, with its ``row_version``.

        Raises
        ------
        NotFound
            If the cycle has no such strategy.
        """
        cards = self.cards()
        found = cards[cards["strategy_id"].eq(strategy_id)]
        if found.empty:
            known = ", ".join(cards["strategy_id"]) or "-"
            raise NotFound("project.error.no_strategy", strategy=strategy_id, known=known)
        return dict(found.iloc[0])

    def save_card(self, card: Mapping[str, Any], expected_version: int | None = None) -> int:
        """Change one card, or add it.

        Parameters
        ----------
        card : mapping
            The columns of `workbench.tables.STRATEGIES`.
        expected_version : int, optional
            The ``row_version`` that was edited. If it is no longer the stored one, nothing
            is written.

        Returns
        -------
        int
            The card's new version.

        Raises
        ------
        Conflict
            If somebody else changed the card first; ``difference`` shows what differs.
        TableProblem
            If the card doesn't fit the table.
        """
        plain = {name: value for name, value in card.items() if name not in _STAMPS}
        frame = cards_frame([{**plain, **dict.fromkeys(_STAMPS)}])
        STRATEGIES.check(frame)
        cycle_id = self._project.need_cycle().cycle_id
        return self._store.cards.save(cycle_id, card_rows(frame)[0], expected_version)

    # Plans -----------------------------------------------------------------------

    def save_scores(
        self,
        scores: pd.DataFrame,
        weights: Mapping[str, float],
        criteria: pd.DataFrame,
        propensity: Any = None,
        note: str = "",
    ) -> Plan:
        """Approve a plan: the weights, what they give, and every customer's score.

        Parameters
        ----------
        scores : pandas.DataFrame
            A `workbench.tables.SCORES`, from `score_customers`.
        weights : mapping of str to float
            Criterion → weight.
        criteria : pandas.DataFrame
            From `build_criteria`.
        propensity : mapping of str to Propensity, or Propensity, optional
            The models behind the scores; kept as JSON.
        note : str, default=""
            Why.

        Returns
        -------
        Plan
            The new version, or the one with the same content.
        """
        from workbench.strategy import build_strategy_map, score_strategies

        project = self._project
        cycle = project.need_cycle()
        segmentation = project.insight.segmentation()
        portrait = project.imports.portrait()
        cards = self.cards()
        customers = project.customers(_present(project, ("customer_id", "lifecycle_stage", "balance_total")))
        inputs = [segmentation.artefact_id, *([portrait.artefact_id] if portrait else [])]
        if cycle.opened_from:
            inputs.append(f"cycle:{cycle.cycle_id}")
        artefact = self._store.artefacts.save(
            "scores",
            {
                "scores": scores,
                "criteria": criteria,
                "summary": score_strategies(criteria, dict(weights)),
                "map": build_strategy_map(customers, segmentation.membership, cards),
                "cards": cards.drop(columns=list(_STAMPS)),
            },
            cycle_id=cycle.cycle_id,
            documents={"propensity": _models(propensity)},
            inputs=inputs,
            parameters={"weights": dict(weights)},
            summary={
                "n": len(scores),
                "weights": dict(weights),
                "note": note,
                "segmentation": segmentation.version,
                "n_strategies": len(cards),
            },
        )
        return self._plan_of(artefact)

    def plan(self, version: int | None = None) -> Plan:
        """Return an approved plan, by default the cycle's newest.

        Raises
        ------
        NotFound
            If there is none.
        """
        artefact = self.artefact(version)
        if artefact is None:
            raise NotFound("project.error.no_plan", cycle=self._project.cycle.cycle_id or "-")
        return self._plan_of(artefact)

    def scores(self, version: int | None = None) -> pd.DataFrame:
        """Return every customer's scores of a plan: a `workbench.tables.SCORES`.

        Raises
        ------
        NotFound
            If there is no plan.
        """
        artefact = self.artefact(version)
        if artefact is None:
            raise NotFound("project.error.no_plan", cycle=self._project.cycle.cycle_id or "-")
        return self._store.artefacts.read(artefact, "scores")

    def artefact(self, version: int | None = None) -> Artefact | None:
        """Return a plan without opening it, by default the cycle's newest, or None."""
        cycle_id = self._project.cycle.cycle_id
        if version is None:
            return self._store.artefacts.latest("scores", cycle_id) if cycle_id else None
        known = self._store.artefacts.versions("scores")
        return next((a for a in known if a.version == version), None)

    def _plan_of(self, artefact: Artefact) -> Plan:
        read = self._store.artefacts.read
        assert artefact.cycle_id is not None
        return Plan(
            version=artefact.version,
            cycle_id=artefact.cycle_id,
            summary=read(artefact, "summary"),
            criteria=read(artefact, "criteria"),
            weights=artefact.summary["weights"],
            map=read(artefact, "map"),
            note=artefact.summary["note"],
            segmentation_version=artefact.summary["segmentation"],
            approved_at=artefact.created_at,
            approved_by=artefact.created_by,
            sha256=artefact.sha256,
            artefact_id=artefact.artefact_id,
            n=artefact.summary["n"],
            models=self._store.artefacts.document(artefact, "propensity"),
        )

    # Lists -----------------------------------------------------------------------

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
            If a customer is already on another list of this cycle, or there is no customer.
        """
        TARGETS.check(selection.targets)
        if selection.targets.empty:
            raise ParameterProblem("project.error.empty_selection")
        cards = {row["strategy_id"]: row for row in card_rows(self.cards())}
        unknown = sorted(set(selection.targets["strategy_id"]) - set(cards))
        if unknown:
            known = ", ".join(cards) or "-"
            raise NotFound("project.error.no_strategy", strategy=", ".join(unknown), known=known)
        launched = self._store.lists.rows(self._project.need_cycle().cycle_id)
        again = [row for row in launched if self._summary(row).get("selection") == selection.sha256]
        if again:
            return [_target_list(row) for row in again]
        self._refuse_twice(selection.targets, launched)
        return [
            self._launch_one(str(strategy_id), targets.reset_index(drop=True), selection, cards)
            for strategy_id, targets in selection.targets.groupby("strategy_id", sort=True)
        ]

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
        self, strategy_id: str, targets: pd.DataFrame, selection: Any, cards: Mapping[str, dict[str, Any]]
    ) -> TargetList:
        from workbench.strategy import hash_targets

        cycle_id = self._project.need_cycle().cycle_id
        plan = self.artefact()
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
            card=cards[strategy_id],
        )
        return TargetList(list_id, strategy_id, len(targets), n_control, sha256, selection.random_state)

    def lists(self) -> pd.DataFrame:
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

    def launched_cards(self) -> pd.DataFrame:
        """Return the cards of the launched strategies as they were at the launch."""
        rows = {r["strategy_id"]: r["card"] for r in self._store.lists.rows(self._project.cycle.cycle_id)}
        return cards_frame([{**card, **dict.fromkeys(_STAMPS)} for card in rows.values()]).drop(
            columns=list(_STAMPS)
        )

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

    # Ideas -----------------------------------------------------------------------

    def add_idea(self, text: str, segment: str = "") -> int:
        """Add an idea for a segment (or for all), and return its number."""
        return self._store.ideas.add(text, segment, self._project.cycle.cycle_id or None)

    def vote(self, idea_id: int, voter: str | None = None) -> bool:
        """Vote for an idea, or take the vote back; return whether it stands now."""
        return self._store.ideas.vote(idea_id, voter=voter)

    def ideas(self) -> pd.DataFrame:
        """Return the cycle's ideas, oldest first: idea_id, text, segment, author, votes …."""
        return self._store.ideas.frame(self._project.cycle.cycle_id or None)


def cards_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return cards as a `workbench.tables.STRATEGIES`, typed also when there are none."""
    names = [*STRATEGIES.names]
    if any(row.get("capacity_factor") is not None for row in rows):
        names.append("capacity_factor")
    frame = pd.DataFrame(rows, columns=[*names, *_STAMPS])
    for column in STRATEGIES.columns:
        if column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).astype("datetime64[us]")
        elif column.kind == "number":
            frame[column.name] = frame[column.name].astype("float64")
        else:
            frame[column.name] = frame[column.name].astype("str")
    return frame


def card_rows(strategies: pd.DataFrame) -> list[dict[str, Any]]:
    """Return cards as the store keeps them."""
    kept = [name for name in CARD_COLUMNS if name in strategies.columns]
    return [dict(row) for row in strategies[kept].to_dict("records")]  # type: ignore[arg-type]


def _present(project: Project, names: tuple[str, ...]) -> list[str]:
    there = project.imports.portrait_columns()
    return [name for name in names if name in there]


def _models(propensity: Any) -> dict[str, Any]:
    if propensity is None:
        return {}
    if isinstance(propensity, Mapping):
        return {str(k): json.loads(v.to_json()) for k, v in propensity.items() if hasattr(v, "to_json")}
    return {"": json.loads(propensity.to_json())}


def _target_list(row: Mapping[str, Any]) -> TargetList:
    return TargetList(
        row["list_id"], row["strategy_id"], row["n"], row["n_control"], row["sha256"], row["seed"]
    )
