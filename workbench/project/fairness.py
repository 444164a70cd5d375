"""The fairness of what is launched, or waits to be: computed once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.store import Artefact

ATTRIBUTES = ("age", "gender", "region")


@dataclass(frozen=True, eq=False)
class Fairness:
    """How often groups of customers were selected.

    Parameters
    ----------
    table : pandas.DataFrame
        As `workbench.check_fairness` returns it.
    n : int
        Customers compared.
    threshold : float
        The ratio below which a group is selected too rarely.
    sha256 : str
        Hash of the selection; empty where several were launched.
    """

    table: pd.DataFrame
    n: int
    threshold: float
    sha256: str


class LaunchFairness:
    """Fairness of the lists of one cycle.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    def check(self, selection: Any, threshold: float | None = None) -> Fairness | None:
        """Compute the fairness of a selection against all customers of the cycle.

        Parameters
        ----------
        selection : Selection
            From `select`, or a request's.
        threshold : float, optional
            By default 0.8, the four-fifths rule.

        Returns
        -------
        Fairness or None
            None where the portrait has neither age, gender nor region.
        """
        return self._of(selection.targets, getattr(selection, "dropped", None), selection.sha256, threshold)

    def keep(self, selection: Any, inputs: list[str]) -> Artefact | None:
        """Store the fairness of a selection beside what was made of it; None where it can't be known."""
        found = self.check(selection)
        if found is None:
            return None
        return self._project.store.artefacts.save(
            "fairness",
            {"fairness": found.table},
            cycle_id=self._project.need_cycle().cycle_id,
            inputs=inputs,
            parameters={"threshold": found.threshold},
            summary={"selection": found.sha256, "n": found.n, "threshold": found.threshold},
            side_by_side=True,
        )

    def of_selection(self, sha256: str) -> Fairness:
        """Return what was kept of a selection.

        Raises
        ------
        NotFound
            If nothing was.
        """
        store, cycle_id = self._project.store, self._project.cycle.cycle_id
        for artefact in reversed(store.artefacts.versions("fairness", cycle_id) if cycle_id else []):
            if artefact.summary["selection"] == sha256:
                table = store.artefacts.read(artefact, "fairness")
                return Fairness(table, artefact.summary["n"], artefact.summary["threshold"], sha256)
        raise NotFound("strategy_launch.error.no_fairness", cycle=cycle_id or "-")

    def launched(self) -> Fairness | None:
        """Return the fairness of all launched lists of the cycle.

        Returns
        -------
        Fairness or None
            As it was at the launch where one selection was launched; else computed from
            the lists, against all customers only. None without lists, or where the
            portrait has neither age, gender nor region.
        """
        strategy = self._project.strategy
        launched = strategy.launched_selections()
        if not launched:
            return None
        if len(launched) == 1:
            try:
                return self.of_selection(launched[0])
            except NotFound:
                pass
        return self._of(strategy.targets(), None, launched[0] if len(launched) == 1 else "", None)

    def _of(
        self, targets: pd.DataFrame, dropped: pd.DataFrame | None, sha256: str, threshold: float | None
    ) -> Fairness | None:
        from workbench.strategy.fairness import THRESHOLD, check_fairness

        there = self._project.imports.portrait_columns()
        known = [name for name in ATTRIBUTES if name in there]
        if not known:
            return None
        customers = self._project.customers(["customer_id", *known])
        if customers[known].isna().all(axis=None):
            return None
        used = THRESHOLD if threshold is None else threshold
        # A customer who left the portrait since can't be compared.
        listed = targets[targets["customer_id"].isin(customers["customer_id"])]
        table = check_fairness(listed, customers, threshold=used, dropped=dropped)
        return Fairness(table, len(customers), used, sha256)
