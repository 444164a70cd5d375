"""The objectives of one cycle, and what its plan brings towards them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound
from workbench.project.cards import STAMPS
from workbench.tables import OBJECTIVES

if TYPE_CHECKING:
    from workbench.project.handle import Project

_MEASURED_BY = ("balance_total", "contribution", "satisfaction", "idle_days", "recency", "lifecycle_stage")


@dataclass(frozen=True)
class Shares:
    """What a plan brings towards the objectives.

    Parameters
    ----------
    strategies : pandas.DataFrame
        What `expected_contributions` returned: one row a strategy.
    objectives : pandas.DataFrame
        What `roll_up` returned: one row an objective, each followed by its parts.
    margin : float or None
        What the bank earns in a year on one CNY of balances; None where not known.
    plan_version : int or None
        The plan; None without one.
    """

    strategies: pd.DataFrame
    objectives: pd.DataFrame
    margin: float | None
    plan_version: int | None


class Objectives:
    """Objectives of one cycle, at ``project.strategy.objectives``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.objectives

    # Reading ---------------------------------------------------------------------

    def frame(self) -> pd.DataFrame:
        """Return the cycle's objectives.

        Returns
        -------
        pandas.DataFrame
            A `workbench.tables.OBJECTIVES` with row_version, updated_at, updated_by.
        """
        rows = self._store.rows(self._project.cycle.cycle_id)
        stamps = pd.DataFrame(rows, columns=list(STAMPS))
        return _frame([{n: v for n, v in row.items() if n not in STAMPS} for row in rows]).join(stamps)

    def one(self, objective_id: str) -> dict[str, Any]:
        """Return one objective, with its ``row_version``.

        Raises
        ------
        NotFound
            If the cycle has none of that name.
        """
        rows = self.frame()
        found = rows[rows["objective_id"].eq(objective_id)]
        if found.empty:
            known = ", ".join(rows["objective_id"]) or "-"
            raise NotFound("strategy_objectives.error.unknown", objective=objective_id, known=known)
        return {str(name): value for name, value in found.iloc[0].items()}

    def check(self) -> pd.DataFrame:
        """Return what is wrong with the tree and with what cards say of it; see `check_objectives`."""
        from workbench.strategy import check_objectives

        project = self._project
        return check_objectives(
            self._plain(), project.strategy.cards(), as_of=project.need_cycle().snapshot_date
        )

    def margin(self) -> float | None:
        """Return what the bank earns in a year on one CNY of balances, as its portrait says; else None."""
        known = self._project.customers(["contribution", "balance_total"])
        if len(known.columns) < 2:
            return None
        balances = float(known["balance_total"].clip(lower=0).sum())
        share = float(known["contribution"].sum()) / balances if balances else 0.0
        return share if share > 0 else None

    def shares(self) -> Shares:
        """Return what each strategy of the newest plan brings, and what is missing.

        Without a plan nothing is brought, and the targets stand alone.

        Returns
        -------
        Shares
        """
        from workbench.strategy import expected_contributions, roll_up

        project = self._project
        objectives = self._plain()
        plan = project.strategy.plan() if project.strategy.artefact() is not None else None
        margin = self.margin()
        if plan is None or plan.segmentation_version is None:
            nothing = expected_contributions_of_nothing()
            return Shares(nothing, roll_up(objectives, nothing), margin, None)
        cards = project.strategy.cards()
        cards = cards[cards["strategy_id"].isin(set(plan.criteria["strategy_id"]))]
        found = expected_contributions(
            objectives,
            cards,
            project.strategy.scores(plan.version),
            project.customers(self._wanted(cards)),
            project.insight.segmentation(plan.segmentation_version).membership,
            margin=margin,
        )
        return Shares(found, roll_up(objectives, found), margin, plan.version)

    # Writing ---------------------------------------------------------------------

    def save(self, objectives: pd.DataFrame | Mapping[str, Any], expected_version: int | None = None) -> None:
        """Make a table the cycle's objectives, or change one of them.

        Parameters
        ----------
        objectives : pandas.DataFrame or mapping
            A `workbench.tables.OBJECTIVES`; or one objective, which is changed or added.
        expected_version : int, optional
            The ``row_version`` of the one that was edited. If it is no longer the stored
            one, nothing is written.

        Raises
        ------
        ParameterProblem
            If the tree could not be added up any more.
        Conflict
            If somebody else changed the objective first; ``difference`` shows what differs.
        TableProblem
            If it does not fit the table.
        """
        from workbench.strategy import refuse_objectives

        cycle_id = self._project.need_cycle().cycle_id
        if isinstance(objectives, pd.DataFrame):
            table = _frame(_records(objectives))
            refuse_objectives(table)
            self._store.replace(cycle_id, _plain_rows(table))
            return
        one = _frame([{str(n): v for n, v in objectives.items() if n not in STAMPS}])
        OBJECTIVES.check(one)
        others = self._plain()
        others = others[~others["objective_id"].eq(one["objective_id"].iloc[0])]
        refuse_objectives(pd.concat([others, one], ignore_index=True) if len(others) else one)
        self._store.save(cycle_id, _plain_rows(one)[0], expected_version)

    def delete(self, objective_id: str, expected_version: int | None = None) -> None:
        """Remove an objective that has no parts; cards that served it serve none.

        Raises
        ------
        NotFound
            If there is none of that name.
        ParameterProblem
            If it has parts.
        Conflict
            If somebody changed it first.
        """
        self._store.delete(self._project.need_cycle().cycle_id, objective_id, expected_version)

    def fill(self) -> pd.DataFrame:
        """Draft the tree from the bank's own figures where there is none, and measure where it stands.

        Cards that serve no objective get the leaf that fits; see `assign_objectives`.

        Returns
        -------
        pandas.DataFrame
            The cycle's cards.
        """
        from workbench.strategy import assign_objectives, measure_objectives, suggest_objectives

        project = self._project
        day = project.need_cycle().snapshot_date
        assert day is not None
        customers = project.customers(["customer_id", *_MEASURED_BY])
        if project.insight.artefact() is not None:
            members = project.insight.segmentation().membership[["customer_id", "segment"]]
            customers = customers.merge(members, on="customer_id", how="left")
        before = self._plain()
        tree = suggest_objectives(customers, as_of=day) if before.empty else before
        measured = measure_objectives(tree, customers)
        if len(measured):
            self.save(measured)
        cards = project.strategy.cards()
        given = assign_objectives(cards, measured)
        if given["objective_id"].ne(cards["objective_id"]).any():
            project.strategy.save(given)
        return project.strategy.cards()

    def _plain(self) -> pd.DataFrame:
        return self.frame().drop(columns=list(STAMPS))

    def _wanted(self, cards: pd.DataFrame) -> list[str]:
        from workbench.strategy import read_conditions

        asked = [each.column for text in cards["eligibility"] for each in read_conditions(text)]
        names = ("lifecycle_stage", "tier", "consent", "do_not_contact", *asked)
        # What the bank lacks is said by the room that asks for it, with the card's condition.
        there = set(self._project.imports.portrait_columns())
        return ["customer_id", *(name for name in dict.fromkeys(names) if name in there)]


def expected_contributions_of_nothing() -> pd.DataFrame:
    """Return the table of contributions for a cycle without a plan."""
    from workbench.strategy.objective_shares import CONTRIBUTED

    return pd.DataFrame(columns=list(CONTRIBUTED))


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    from workbench.strategy.objective_templates import objectives_frame

    return objectives_frame(rows)


def _records(objectives: pd.DataFrame) -> list[dict[str, Any]]:
    kept = objectives[[name for name in OBJECTIVES.names if name in objectives.columns]]
    return [{str(name): value for name, value in row.items()} for row in kept.to_dict("records")]


def _plain_rows(objectives: pd.DataFrame) -> list[dict[str, Any]]:
    """Return objectives as JSON holds them: days as ISO text, missing figures as null."""
    rows = _records(objectives)
    for row in rows:
        for name, value in row.items():
            if isinstance(value, pd.Timestamp):
                row[name] = value.date().isoformat()
            elif isinstance(value, float):
                row[name] = None if value != value else value
    return rows
