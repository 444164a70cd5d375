"""Evaluations, recommendations, and what people decide on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.project.cards import card_rows, cards_frame
from workbench.project.cycles import next_cycle
from workbench.project.review_handles import ReviewHandles
from workbench.project.review_parts import fill_parts
from workbench.store import Artefact
from workbench.tables import RECOMMENDATIONS

if TYPE_CHECKING:
    from workbench.project.advice import Advice
    from workbench.project.evidence import Evidence
    from workbench.project.handle import Project
    from workbench.project.pack import BoardPack
    from workbench.project.targeting import Targeting


@dataclass(frozen=True)
class Evaluation:
    """What the cycle's strategies brought.

    Parameters
    ----------
    version : int
        Its number in the project.
    overall, by_segment, by_stage : pandas.DataFrame
        From `evaluate_strategies`: in all, by segment, by lifecycle stage (empty where the
        portrait has none).
    sample_ratio : pandas.DataFrame
        From `check_sample_ratios`.
    kpis : pandas.DataFrame
        From `summarise_kpis`.
    computed_at : datetime.datetime
        UTC.
    computed_by, sha256, artefact_id : str
        Who; the content's hash; where it is stored.
    alpha : float
        1 − alpha is the intervals' confidence.
    """

    version: int
    overall: pd.DataFrame
    by_segment: pd.DataFrame
    by_stage: pd.DataFrame
    sample_ratio: pd.DataFrame
    kpis: pd.DataFrame
    computed_at: dt.datetime
    computed_by: str
    sha256: str
    artefact_id: str
    alpha: float


class Review(ReviewHandles):
    """Review of one cycle.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store

    @cached_property
    def pack(self) -> BoardPack:
        """The board pack; call it to write one, see `workbench.project.pack.BoardPack`."""
        from workbench.project.pack import BoardPack

        return BoardPack(self._project)

    @cached_property
    def targeting(self) -> Targeting:
        """Whether the lists put those first whom a contact changes."""
        from workbench.project.targeting import Targeting

        return Targeting(self._project)

    @cached_property
    def evidence(self) -> Evidence:
        """What stands behind the evaluation: other ways to ask, and what keeps it from being plain."""
        from workbench.project.evidence import Evidence

        return Evidence(self._project)

    def evaluate(self, alpha: float = 0.05) -> Evaluation:
        """Evaluate the cycle's strategies against their control groups, and store it.

        Parameters
        ----------
        alpha : float, default=0.05
            1 − alpha is the intervals' confidence.

        Returns
        -------
        Evaluation
            The new version, or the one with the same content.

        Raises
        ------
        NotFound
            If no list was launched.
        """
        from workbench.review import check_sample_ratios, evaluate_strategies, summarise_kpis
        from workbench.review.follow_up import leave_out_both_arms

        project = self._project
        cycle = project.need_cycle()
        lists = self._store.lists.rows(cycle.cycle_id)
        if not lists:
            raise NotFound("project.error.no_lists", cycle=cycle.cycle_id)
        targets = leave_out_both_arms(project.strategy.targets())
        contacts, outcomes = project.execution.contacts(), project.execution.outcomes()
        cards = project.strategy.launched_cards()
        frozen = self._store.artefacts.save(
            "outcomes",
            {"contacts": contacts, "outcomes": outcomes},
            cycle_id=cycle.cycle_id,
            inputs=_result_nodes(lists, contacts, outcomes),
            summary={"contacts": len(contacts), "outcomes": len(outcomes)},
        )
        shared: dict[str, Any] = {"contacts": contacts, "alpha": alpha}
        overall = evaluate_strategies(targets, outcomes, cards, **shared)
        by_stage = overall.iloc[:0]
        if "lifecycle_stage" in project.imports.portrait_columns():
            stages = project.customers(["customer_id", "lifecycle_stage"])
            by_stage = evaluate_strategies(
                targets, outcomes, cards, customers=stages, by="lifecycle_stage", **shared
            )
        artefact = self._store.artefacts.save(
            "evaluation",
            {
                "overall": overall,
                "by_segment": evaluate_strategies(targets, outcomes, cards, by="segment", **shared),
                "by_stage": by_stage,
                "sample_ratio": check_sample_ratios(targets, cards),
                "kpis": summarise_kpis(overall, previous=self._previous_kpis(), alpha=alpha),
            },
            cycle_id=cycle.cycle_id,
            inputs=[frozen.artefact_id],
            parameters={"alpha": alpha},
            summary={
                "n": len(targets),
                "alpha": alpha,
                "contacts": len(contacts),
                "outcomes": len(outcomes),
                "lists": len(lists),
            },
        )
        fill_parts(project)
        return self._of(artefact)

    def _previous_kpis(self) -> pd.DataFrame | None:
        before = self._project.cycle.opened_from
        artefact = self._store.artefacts.latest("evaluation", before) if before else None
        return None if artefact is None else self._store.artefacts.read(artefact, "kpis")

    def evaluation(self) -> Evaluation:
        """Return the cycle's newest evaluation.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        """
        artefact = self.artefact()
        if artefact is None:
            raise NotFound("project.error.no_evaluation", cycle=self._project.cycle.cycle_id or "-")
        return self._of(artefact)

    def artefact(self) -> Artefact | None:
        """Return the cycle's newest evaluation without opening it, or None."""
        cycle_id = self._project.cycle.cycle_id
        return self._store.artefacts.latest("evaluation", cycle_id) if cycle_id else None

    def results(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the contacts and the outcomes that the newest evaluation rests on.

        What was recorded since is not among them, so that figures beside the evaluation's
        agree with it.

        Returns
        -------
        contacts, outcomes : pandas.DataFrame
            `workbench.tables.CONTACTS` and `workbench.tables.OUTCOMES`.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        """
        cycle_id = self._project.cycle.cycle_id
        frozen = self._store.artefacts.latest("outcomes", cycle_id) if cycle_id else None
        if frozen is None:
            raise NotFound("project.error.no_evaluation", cycle=cycle_id or "-")
        return self._store.artefacts.read(frozen, "contacts"), self._store.artefacts.read(frozen, "outcomes")

    def _of(self, artefact: Artefact) -> Evaluation:
        tables = {
            name: self._store.artefacts.read(artefact, name)
            for name in ("overall", "by_segment", "by_stage", "sample_ratio", "kpis")
        }
        return Evaluation(
            version=artefact.version,
            **tables,
            computed_at=artefact.created_at,
            computed_by=artefact.created_by,
            sha256=artefact.sha256,
            artefact_id=artefact.artefact_id,
            alpha=artefact.summary["alpha"],
        )

    @cached_property
    def advice(self) -> Advice:
        """The rules behind recommendations, and what accepted ones change."""
        from workbench.project.advice import Advice

        return Advice(self._project)

    def rules(self) -> Any:
        """Return the rules in force: ``review_rules.toml`` of the project's folder, else the workbench's."""
        return self.advice.rules()

    def recommend(self, rules: Any = None) -> pd.DataFrame:
        """Propose what to do with each strategy, and store it for decision.

        Parameters
        ----------
        rules : Rules, optional
            By default those in force, see `rules`.

        Returns
        -------
        pandas.DataFrame
            See `recommendations`.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        """
        self.advice.propose(rules)
        return self.recommendations()

    def recommendations(self) -> pd.DataFrame:
        """Return the cycle's recommendations.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.RECOMMENDATIONS` with recommendation_id, status (open,
            accepted, rejected), decided_by, decided_at, decision_reason.
        """
        frame = self._store.decisions.frame(self._project.cycle.cycle_id)
        kept = [
            "recommendation_id",
            *RECOMMENDATIONS.names,
            "status",
            "decided_by",
            "decided_at",
            "decision_reason",
        ]
        return frame[kept].astype(dict.fromkeys(RECOMMENDATIONS.names, "str"))

    def accept(self, recommendation_id: str, reason: str = "") -> str:
        """Accept a recommendation: the next cycle starts with its change.

        The first acceptance opens the next cycle, with this one's strategies carried over.

        Parameters
        ----------
        recommendation_id : str
            Which.
        reason : str, default=""
            Why.

        Returns
        -------
        str
            The next cycle's id.

        Raises
        ------
        Conflict
            If it was decided already.
        NotAllowed
            If the role may not decide.
        """
        from workbench.review import apply_recommendations

        row = self._store.decisions.find(recommendation_id)
        project = self._project.at(row["cycle_id"])
        cycle = project.cycle
        assert cycle.snapshot_date is not None
        known = project.cycles()
        after = next((c for c in known if c.opened_from == cycle.cycle_id), None)
        name, day = next_cycle(cycle.cycle_id, cycle.snapshot_date, project.imports.last_day())
        opening: dict[str, Any] | None = None
        if after is None:
            opening = {"cycle_id": name, "snapshot_date": day, "opened_from": cycle.cycle_id}
        else:
            name = after.cycle_id
        recommendation = pd.DataFrame([row | {"status": "accepted"}])

        def changed(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
            strategies = cards_frame(cards)
            starts_on = None
            if opening is not None:
                starts_on = _following_start(strategies, cycle.snapshot_date, day)
            # Somebody may have taken the strategy out of the next cycle since it opened.
            mine = recommendation[recommendation["strategy_id"].isin(strategies["strategy_id"])]
            return card_rows(apply_recommendations(strategies, mine, starts_on=starts_on))

        self._store.decisions.carry(recommendation_id, reason, into=name, opening=opening, changed=changed)
        return name

    def reject(self, recommendation_id: str, reason: str) -> None:
        """Reject a recommendation.

        Parameters
        ----------
        recommendation_id : str
            Which.
        reason : str
            Why; it must not be empty.

        Raises
        ------
        ParameterProblem
            If no reason is given.
        Conflict
            If it was decided already.
        """
        self._store.decisions.decide(recommendation_id, "rejected", reason)

    def history(self, by: str | None = None) -> pd.DataFrame:
        """Return what past campaigns brought; see `workbench.review.evaluate_history`.

        Parameters
        ----------
        by : str, optional
            Break it down: a column of the portrait, or ``"segment"``.

        Raises
        ------
        NotFound
            If no campaign history was imported.
        """
        from workbench.review import evaluate_history

        history = self._project.table("campaign_history")
        if by is None:
            return evaluate_history(history)
        if by == "segment":
            parts = self._project.insight.segmentation().membership
        else:
            parts = self._project.customers(["customer_id", by])
        return evaluate_history(history, parts, by=by)


def _result_nodes(lists: list[dict[str, Any]], contacts: pd.DataFrame, outcomes: pd.DataFrame) -> list[str]:
    """Return where outcomes come from: a list's results, or the list itself where it has none."""
    worked = {*contacts["list_id"], *outcomes["list_id"]}
    return [f"results:{row['list_id']}" if row["list_id"] in worked else row["artefact_id"] for row in lists]


def _following_start(
    strategies: pd.DataFrame, snapshot: dt.date | None, following: dt.date
) -> dt.date | None:
    """Keep the days between a snapshot and the first contact."""
    first = strategies["starts_on"].min()
    if pd.isna(first) or snapshot is None:
        return None
    return max(following, following + (first.date() - snapshot))
