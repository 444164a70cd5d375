"""Customers over time: from the cycle before to this one, and on to the next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem, WorkbenchError
from workbench.store import Artefact

if TYPE_CHECKING:
    from workbench.project.handle import Project

KIND = "movement"
FEATURES = (
    "balance_total",
    "balance_change_3m",
    "product_count",
    "recency",
    "frequency",
    "monetary_value",
    "app_logins_90d",
    "tenure",
    "age",
    "tier",
)
"""Portrait columns whose distribution is compared, beside segment and lifecycle stage."""
_PARTS = ("segment", "lifecycle_stage")
_WANTED = ("snapshot_date", "currency")
Caveat = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """What happened between two cycles.

    Parameters
    ----------
    before, after : str
        The cycles.
    before_on, after_on : datetime.date
        Their snapshot dates.
    n_before, n_after : int
        Customers.
    cells : pandas.DataFrame
        What `workbench.count_moves` returned; empty where the two can't be compared.
    psi : pandas.DataFrame
        What `workbench.population_stability_index` returned for segments, stages and features.
    treated : pandas.DataFrame
        What `workbench.compare_churn` returned for the earlier cycle's lists, churn and win-back.
    caveats : list of (str, dict)
        Messages that every reader of the figures has to know.
    problem : (str, dict) or None
        Why the two can't be compared.
    computed_at : datetime.datetime
        UTC.
    artefact_id : str
        Where it is stored.
    """

    before: str
    after: str
    before_on: dt.date
    after_on: dt.date
    n_before: int
    n_after: int
    cells: pd.DataFrame
    psi: pd.DataFrame
    treated: pd.DataFrame
    caveats: list[Caveat]
    problem: Caveat | None
    computed_at: dt.datetime
    artefact_id: str
    _kept: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def matrix(self, by: str = "segment") -> pd.DataFrame:
        """Return who went where; see `workbench.migrate`.

        Raises
        ------
        ParameterProblem
            If the two snapshots can't be compared, as ``problem`` says; here and below.
        """
        return self._once("migrate", by)

    def value(self, by: str = "segment") -> pd.DataFrame:
        """Return what moved the money; see `workbench.decompose_value`."""
        return self._once("decompose_value", by)

    def churn(self, by: str = "segment") -> pd.DataFrame:
        """Return who was lost and won back; see `workbench.count_churn`."""
        return self._once("count_churn", by)

    def _once(self, name: str, by: str) -> pd.DataFrame:
        from workbench import review

        if self.problem is not None:
            raise ParameterProblem(self.problem[0], **self.problem[1])
        if (name, by) not in self._kept:
            self._kept[name, by] = getattr(review, name)(self.cells, by)
        return self._kept[name, by]


class Movement:
    """Customers over time, at ``project.review.movement``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts
        self._pairs: dict[tuple[str, ...], pd.DataFrame] = {}

    # Neighbours ------------------------------------------------------------------

    def earlier(self) -> Project | None:
        """Return a handle on the cycle before this one, or None."""
        before = self._project.cycle.opened_from
        return self._project.at(before) if before else None

    def later(self) -> Project | None:
        """Return a handle on the cycle after this one, or None."""
        here = self._project.cycle.cycle_id
        after = [cycle for cycle in self._project.cycles() if here and cycle.opened_from == here]
        return self._project.at(after[0].cycle_id) if after else None

    # Computing -------------------------------------------------------------------

    def fill(self) -> Artefact:
        """Compare this cycle's customers with the earlier cycle's and the later one's, and store it.

        What can't be compared (no earlier cycle, the same snapshot date) is stored as a
        sentence, with this cycle's shares.
        """
        cycle = self._project.need_cycle()
        documents: dict[str, Any] = {}
        tables = {"shares": self._shares()}
        inputs = _made_from(self._project)
        for name, other in (("back", self.earlier()), ("on", self.later())):
            if other is None or other.imports.portrait() is None:
                continue
            first, second = (other, self._project) if name == "back" else (self._project, other)
            documents[name], parts = self._compared(first, second)
            tables |= {f"{name}_{table}": frame for table, frame in parts.items()}
            inputs += [*_made_from(other), *(row["artefact_id"] for row in _lists(first))]
        return self._artefacts.save(
            KIND,
            tables,
            cycle_id=cycle.cycle_id,
            documents={"steps": documents},
            inputs=inputs,
            summary={"n": int(tables["shares"].loc[tables["shares"]["by"].eq("lifecycle_stage"), "n"].sum())},
        )

    def _compared(self, first: Project, second: Project) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
        from workbench.insight import population_stability_index
        from workbench.review import compare_churn, count_moves, missing_counterparts
        from workbench.review.churn import KINDS
        from workbench.review.follow_up import leave_out_both_arms

        before, after = self._snapshot(first), self._snapshot(second)
        step: dict[str, Any] = {
            "before": first.cycle.cycle_id,
            "after": second.cycle.cycle_id,
            "before_on": first.cycle.snapshot_date,
            "after_on": second.cycle.snapshot_date,
            "n_before": len(before),
            "n_after": len(after),
            "caveats": [],
            "problem": None,
        }
        try:
            pairs = self.pairs(first, second)
        except WorkbenchError as problem:
            step["problem"] = (problem.key, problem.values)
            return step, {}
        shared = [name for name in (*_PARTS, *FEATURES) if name in before and name in after]
        tables = {"cells": count_moves(pairs)}
        if shared:
            tables["psi"] = population_stability_index(before[shared], after[shared])
        targets = leave_out_both_arms(first.strategy.targets())
        if len(targets):
            both = [compare_churn(pairs, targets, kind) for kind in KINDS]
            tables["treated"] = pd.concat(both, ignore_index=True)
        gone, new = missing_counterparts(pairs)
        step["caveats"] = [
            *_unknown(pairs.attrs["unknown_values"]),
            *([] if "lifecycle_stage" in shared else [("review_customers.caveat.no_stage", {})]),
            *([("review_customers.caveat.gone", {"segments": ", ".join(gone)})] if gone else []),
            *([("review_customers.caveat.new", {"segments": ", ".join(new)})] if new else []),
        ]
        return step, tables

    def pairs(self, first: Project, second: Project) -> pd.DataFrame:
        """Return two cycles' customers side by side; see `workbench.pair_snapshots`.

        Raises
        ------
        ParameterProblem
            If both show the same day, or their currencies differ.
        """
        from workbench.review import pair_snapshots

        key = (*_made_from(first), *_made_from(second))
        if key not in self._pairs:
            before, after = self._snapshot(first), self._snapshot(second)
            self._pairs.clear()
            self._pairs[key] = pair_snapshots(before, after)
        return self._pairs[key]

    def _snapshot(self, project: Project) -> pd.DataFrame:
        there = set(project.imports.portrait_columns())
        wanted = [n for n in dict.fromkeys(("lifecycle_stage", *FEATURES, *_WANTED)) if n in there]
        customers = project.customers(["customer_id", *wanted])
        if project.insight.artefact() is None:
            return customers
        members = project.insight.segmentation().membership[["customer_id", "segment"]]
        return customers.merge(members, on="customer_id", how="left")

    def _shares(self) -> pd.DataFrame:
        """Return how many customers each segment and stage has now, and what they hold."""
        customers = self._snapshot(self._project)
        frames = []
        for by in _PARTS:
            if by in customers:
                named = customers.assign(part=customers[by].astype("object").where(customers[by].notna(), ""))
                grouped = named.groupby("part", sort=False)
                rows = grouped.size().rename("n").reset_index().assign(by=by)
                rows["value"] = (
                    grouped["balance_total"].sum().to_numpy()
                    if "balance_total" in customers
                    else float("nan")
                )
                frames.append(rows[["by", "part", "n", "value"]])
        return pd.concat(frames, ignore_index=True) if frames else _empty(("by", "part", "n", "value"))

    # Reading ---------------------------------------------------------------------

    def artefact(self) -> Artefact | None:
        """Return what was stored last for this cycle, or None."""
        cycle_id = self._project.cycle.cycle_id
        return self._artefacts.latest(KIND, cycle_id) if cycle_id else None

    @cached_property
    def _read_steps(self) -> dict[tuple[str, str], Step]:
        return {}

    def is_stale(self) -> bool:
        """Say whether the cycle's portrait or segments are others now than those that were compared."""
        artefact = self.artefact()
        if artefact is None:
            return False
        return not set(_made_from(self._project)) <= set(self._artefacts.manifest(artefact)["inputs"])

    def back(self) -> Step | None:
        """Return what happened since the cycle before, or None where nothing is stored."""
        return self._step(self.artefact(), "back")

    def on(self) -> Step | None:
        """Return what happened until the cycle after, or None where nothing is stored."""
        later = self.later()
        newest = later.review.movement.artefact() if later is not None else None
        return self._step(newest, "back") or self._step(self.artefact(), "on")

    def shares(self) -> pd.DataFrame:
        """Return this cycle's segments and stages: by, part, n, value.

        Raises
        ------
        NotFound
            If the cycle was not evaluated since customers are followed.
        """
        artefact = self.artefact()
        if artefact is None:
            raise NotFound("review_customers.error.not_filled", cycle=self._project.cycle.cycle_id or "-")
        return self._artefacts.read(artefact, "shares")

    def _step(self, artefact: Artefact | None, name: str) -> Step | None:
        if artefact is None:
            return None
        key = (artefact.artefact_id, name)
        if key not in self._read_steps:
            steps = self._artefacts.document(artefact, "steps")
            if name not in steps:
                return None
            self._read_steps[key] = self._made(artefact, name, steps[name])
        return self._read_steps[key]

    def _made(self, artefact: Artefact, name: str, step: dict[str, Any]) -> Step:
        there = set(self._artefacts.tables(artefact))
        tables = {
            table: self._artefacts.read(artefact, f"{name}_{table}")
            if f"{name}_{table}" in there
            else pd.DataFrame()
            for table in ("cells", "psi", "treated")
        }
        problem = step["problem"]
        return Step(
            before=step["before"],
            after=step["after"],
            before_on=dt.date.fromisoformat(step["before_on"]),
            after_on=dt.date.fromisoformat(step["after_on"]),
            n_before=step["n_before"],
            n_after=step["n_after"],
            caveats=[(key, values) for key, values in step["caveats"]],
            problem=None if problem is None else (problem[0], problem[1]),
            computed_at=artefact.created_at,
            artefact_id=artefact.artefact_id,
            cells=tables["cells"],
            psi=tables["psi"],
            treated=tables["treated"],
        )


def _made_from(project: Project) -> list[str]:
    """Return the artefacts that a cycle's snapshot is read from."""
    found = [project.imports.portrait(), project.insight.artefact()]
    return [artefact.artefact_id for artefact in found if artefact is not None]


def _lists(project: Project) -> list[dict[str, Any]]:
    return project.store.lists.rows(project.cycle.cycle_id)


def _unknown(counts: tuple[int, int]) -> list[Caveat]:
    if not any(counts):
        return []
    return [("review_customers.caveat.unknown_values", {"before": counts[0], "after": counts[1]})]


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))
