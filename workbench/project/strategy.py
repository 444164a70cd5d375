"""Strategy cards, plans and launched lists of one cycle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.project import plans
from workbench.project.approvals import LaunchControl
from workbench.project.cards import STAMPS, card_rows, cards_frame
from workbench.project.cutting import ListCutting, preview_of
from workbench.project.lists import TargetLists
from workbench.project.plans import Plan
from workbench.store import Artefact
from workbench.tables import STRATEGIES

if TYPE_CHECKING:
    from workbench.project.capacity import PlanCapacity
    from workbench.project.card_file import CardFile
    from workbench.project.corporate import Corporate
    from workbench.project.handle import Project
    from workbench.project.models import Models
    from workbench.project.objectives import Objectives


class Strategy(LaunchControl, ListCutting):
    """Strategy of one cycle.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store
        self._lists = TargetLists(project)

    @cached_property
    def corporate(self) -> Corporate:
        """The bank's companies: map, playbooks, channel journeys."""
        from workbench.project.corporate import Corporate

        return Corporate(self._project)

    @cached_property
    def models(self) -> Models:
        """The plan's propensity models: figures, drivers, drift."""
        from workbench.project.models import Models

        return Models(self._project)

    @cached_property
    def card_file(self) -> CardFile:
        """Making, copying and removing cards; their scripts, and what each can find out."""
        from workbench.project.card_file import CardFile

        return CardFile(self._project)

    @cached_property
    def objectives(self) -> Objectives:
        """What is to be reached, and what the plan brings towards it."""
        from workbench.project.objectives import Objectives

        return Objectives(self._project)

    @cached_property
    def capacity(self) -> PlanCapacity:
        """What the plan may use, and the best use of it."""
        from workbench.project.capacity import PlanCapacity

        return PlanCapacity(self._project)

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
        cycle = self._project.cycle.cycle_id
        kept = self._store.database.remember(
            ("cards", cycle), lambda: cards_frame(self._store.cards.rows(cycle))
        )
        return kept.copy()

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
        plain = {name: value for name, value in card.items() if name not in STAMPS}
        frame = cards_frame([{**plain, **dict.fromkeys(STAMPS)}])
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
        from workbench.project.models import plan_studies
        from workbench.strategy import build_strategy_map, score_strategies

        project = self._project
        cycle = project.need_cycle()
        segmentation = project.insight.segmentation()
        portrait = project.imports.portrait()
        cards = self.cards()
        wanted = ("customer_id", "lifecycle_stage", "balance_total", "consent", "do_not_contact")
        customers = project.customers(_present(project, wanted))
        inputs = [segmentation.artefact_id, *([portrait.artefact_id] if portrait else [])]
        if cycle.opened_from:
            inputs.append(f"cycle:{cycle.cycle_id}")
        preview, noted = preview_of(project, scores, cards, segmentation.membership)
        artefact = self._store.artefacts.save(
            "scores",
            {
                "scores": scores,
                "criteria": criteria,
                "summary": score_strategies(criteria, dict(weights)),
                "map": build_strategy_map(customers, segmentation.membership, cards, scores=scores),
                "cards": cards.drop(columns=list(STAMPS)),
                **preview,
                **plan_studies(project, propensity),
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
                "preview": noted,
            },
        )
        return self._plan_of(artefact)

    def approve(
        self, weights: Mapping[str, float] | None = None, *, note: str = "", control_share: float = 0.2
    ) -> Plan:
        """Approve a plan of the cards as they are, over the newest segmentation.

        Parameters
        ----------
        weights : mapping of str to float, optional
            Criterion → weight; by default those of the newest plan, else the usual ones.
        note : str, default=""
            Why.
        control_share : float, default=0.2
            Share held back in strategies that are drafted because the cycle has none.

        Returns
        -------
        Plan
            The models are those of the newest plan where their offer is still the card's;
            without a plan they are learned from past campaigns.

        Raises
        ------
        NotFound
            If no segmentation is approved.
        """
        return plans.approve(self._project, weights, note, control_share)

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

    def lists(self) -> pd.DataFrame:
        """Return the cycle's launched lists.

        Returns
        -------
        pandas.DataFrame
            list_id, strategy_id, name, n, n_control, sha256, seed, launched_at, launched_by.
        """
        return self._lists.frame()

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
        return self._lists.targets(list_id)

    def launched_cards(self) -> pd.DataFrame:
        """Return the cards of the launched strategies as they were at the launch."""
        return self._lists.cards()

    def launched_plan(self) -> int | None:
        """Return the version of the plan that the newest launched list was cut from, if any."""
        return self._lists.plan_version()

    def funnel(self) -> pd.DataFrame:
        """Return the gates of the newest launched selection: gate, n_in, n_out, applied.

        Raises
        ------
        NotFound
            If no list was launched.
        """
        return self._lists.funnel()

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


def _present(project: Project, names: tuple[str, ...]) -> list[str]:
    there = project.imports.portrait_columns()
    return [name for name in names if name in there]


def _models(propensity: Any) -> dict[str, Any]:
    if propensity is None:
        return {}
    if isinstance(propensity, Mapping):
        return {str(k): json.loads(v.to_json()) for k, v in propensity.items() if hasattr(v, "to_json")}
    return {"": json.loads(propensity.to_json())}
