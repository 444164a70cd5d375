"""The propensity models of a plan: how good they are, what drives them, whether customers have shifted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.project.plans import Plan
    from workbench.store import Artefact
    from workbench.strategy import Propensity

DRIFT, PAST = "drift", "past_rates"
"""Names of the plan's tables about models."""
_PAST = {"offer": "str", "n": "int64", "rate": "float64", "ci_low": "float64", "ci_high": "float64"}


@dataclass(frozen=True)
class StoredModel:
    """One model of a plan.

    Parameters
    ----------
    offer : str
        The offer whose contacts it learned from; empty for all offers.
    strategies : tuple of str
        The strategies whose customers it scores.
    model : Propensity
        The model, ready to predict.
    """

    offer: str
    strategies: tuple[str, ...]
    model: Propensity


class Models:
    """Propensity models of one cycle's plans, at ``project.strategy.models``.

    Everything is read as it was stored when the plan was approved; nothing is fitted, so
    that a viewer's kernel loads no scikit-learn.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project

    # Reading ---------------------------------------------------------------------

    def stored(self, version: int | None = None) -> list[StoredModel]:
        """Return a plan's models, one a learned offer.

        Parameters
        ----------
        version : int, optional
            Of the plan; by default the cycle's newest.

        Raises
        ------
        NotFound
            If there is no such plan.
        """
        from workbench.strategy import Propensity

        artefact = self._plan(version)
        written = self._project.store.artefacts.document(artefact, "propensity")
        groups: dict[str, list[str]] = {}
        for strategy_id, model in written.items():
            groups.setdefault(json.dumps(model, sort_keys=True), []).append(str(strategy_id))
        found = []
        for text, strategies in groups.items():
            model = Propensity.from_json(text)
            found.append(StoredModel(model.offer_ or "", tuple(strategies), model))
        return found

    def figures(self, version: int | None = None) -> pd.DataFrame:
        """Return how each algorithm did on later contacts than it learned from.

        Parameters
        ----------
        version : int, optional
            Of the plan; by default the cycle's newest.

        Returns
        -------
        pandas.DataFrame
            A row an offer and algorithm: ``offer``, ``strategies`` (joined by commas),
            ``n_train``, ``n_validation``, ``response`` (rate of all contacts), then the
            columns of ``Propensity.algorithms_``.

        Raises
        ------
        NotFound
            If there is no such plan.
        """
        return self._stack("algorithms_", version, told=True)

    def compare(self, version: int | None = None) -> pd.DataFrame:
        """Return how the algorithm of each offer was chosen.

        Returns
        -------
        pandas.DataFrame
            ``offer``, ``algorithm``, ``chosen``, ``choice_n`` (contacts that decided: earlier
            ones that neither had learned from), ``choice_log_loss``, ``choice_gain`` (how
            much less than the simpler algorithm's) with its standard error
            ``choice_error``, and ``auc``, ``log_loss`` on the later contacts, which had no
            say. Boosting is chosen where its gain exceeds one standard error.

        Raises
        ------
        NotFound
            If there is no such plan.
        """
        names = ["offer", "algorithm", "chosen", "choice_n", "choice_log_loss", "choice_gain", "choice_error"]
        return self.figures(version)[[*names, "auc", "log_loss"]]

    def reliability(self, version: int | None = None) -> pd.DataFrame:
        """Return whether probabilities came true: ``offer``, ``algorithm``, ``bin``, ``n`` …."""
        return self._stack("reliability_by_algorithm_", version)

    def gains(self, version: int | None = None) -> pd.DataFrame:
        """Return lift and cumulative gains by tenth: ``offer``, ``algorithm``, ``group`` …."""
        return self._stack("gains_", version)

    def drivers(self, version: int | None = None) -> pd.DataFrame:
        """Return what drives each model: ``offer``, ``column``, ``importance`` …."""
        return self._stack("drivers_", version)

    def refused(self, version: int | None = None) -> pd.DataFrame:
        """Return the columns that were not learned from, with reasons: ``offer``, ``column`` …."""
        return self._stack("refused_", version)

    def drift(self, version: int | None = None) -> pd.DataFrame:
        """Return how far the customers of the plan's day differ from those its models learned from.

        Parameters
        ----------
        version : int, optional
            Of the plan; by default the cycle's newest.

        Returns
        -------
        pandas.DataFrame
            ``offer``, ``n`` (customers who might be contacted when the plan was approved),
            and the columns of `Propensity.drift`: ``feature`` (``propensity`` is the score
            itself), ``kind``, ``n_bins``, ``psi``, ``critical``, ``p_value``, ``exceeds``,
            ``level``. Empty where the plan has no models, or is older than this figure.

        Raises
        ------
        NotFound
            If there is no such plan.
        """
        return self._table(DRIFT, version, no_drift())

    def past_rates(self, version: int | None = None) -> pd.DataFrame:
        """Return how many contacted customers responded to each offer before the plan.

        Returns
        -------
        pandas.DataFrame
            ``offer`` (empty where the history names none), ``n`` contacts of past campaigns
            that were not held back, their response ``rate`` with ``ci_low``, ``ci_high``
            (Wilson, 95%). Empty without a history, or for a plan older than this figure.

        Raises
        ------
        NotFound
            If there is no such plan.
        """
        return self._table(PAST, version, pd.DataFrame(columns=list(_PAST)).astype(_PAST))

    # Learning --------------------------------------------------------------------

    def learn(self, *, note: str = "") -> Plan:
        """Learn anew from all past campaigns, and approve the plan with these models.

        Parameters
        ----------
        note : str, default=""
            Why.

        Returns
        -------
        Plan
            The new version, or the one with the same content. Weights and cards stay.

        Raises
        ------
        NotFound
            If no segmentation is approved.
        NotAllowed
            If the role may not approve.
        """
        from workbench.project import plans

        self._project.store.trail.require("analyst")
        return plans.approve(self._project, None, note, 0.2, learn=True)

    def _table(self, name: str, version: int | None, nothing: pd.DataFrame) -> pd.DataFrame:
        artefact = self._plan(version)
        artefacts = self._project.store.artefacts
        return artefacts.read(artefact, name) if name in artefacts.tables(artefact) else nothing

    def _plan(self, version: int | None) -> Artefact:
        artefact = self._project.strategy.artefact(version)
        if artefact is None:
            raise NotFound("project.error.no_plan", cycle=self._project.cycle.cycle_id or "-")
        return artefact

    def _stack(self, name: str, version: int | None, *, told: bool = False) -> pd.DataFrame:
        parts = []
        for each in self.stored(version):
            table: pd.DataFrame = getattr(each.model, name).copy()
            table.insert(0, "offer", each.offer)
            if told:
                table.insert(1, "strategies", ", ".join(each.strategies))
                table.insert(2, "n_train", each.model.n_train_)
                table.insert(3, "n_validation", each.model.n_validation_)
                table.insert(4, "response", each.model.response_)
            parts.append(table)
        if parts:
            return pd.concat(parts, ignore_index=True)
        from workbench.strategy.propensity.stored import FRAMES

        more = ["strategies", "n_train", "n_validation", "response"] if told else []
        return pd.DataFrame(columns=["offer", *more, *FRAMES[name]])


def plan_studies(project: Project, propensity: Any) -> dict[str, pd.DataFrame]:
    """Return the tables about models that are stored with a plan: `scoring_drift`, past rates."""
    return {DRIFT: scoring_drift(project, propensity), PAST: _past_rates(project)}


def _past_rates(project: Project) -> pd.DataFrame:
    from workbench.strategy.propensity.measures import wilson_interval

    if "campaign_history" not in project.imports.sources():
        return pd.DataFrame(columns=list(_PAST)).astype(_PAST)
    history = project.table("campaign_history")
    day = pd.Timestamp(str(project.need_cycle().snapshot_date))
    if "contacted_at" in history:
        history = history[~(history["contacted_at"] > day)]
    if "arm" in history:
        history = history[~history["arm"].eq("control").to_numpy(dtype=bool, na_value=False)]
    history = history[history["responded"].notna()]
    offers = history["offer"].fillna("").astype("str") if "offer" in history else ""
    rows = pd.DataFrame({"offer": offers, "came": history["responded"].astype("float64")})
    found = rows.groupby("offer", sort=True)["came"].agg(n="size", rate="mean", came="sum").reset_index()
    low, high = wilson_interval(found["came"], found["n"])
    return found.assign(ci_low=low, ci_high=high)[list(_PAST)].astype(_PAST)


def no_drift() -> pd.DataFrame:
    """Return the table of drift without a row."""
    from workbench.strategy.propensity.drift import COLUMNS

    return pd.DataFrame(columns=["offer", "n", *COLUMNS]).astype({"offer": "str", "n": "int64", **COLUMNS})


def scoring_drift(project: Project, propensity: Any) -> pd.DataFrame:
    """Return the drift between the contacts that models learned from and the customers of today.

    Compared with are all customers of the portrait who may be contacted and are of a kind
    that the model knows. One strategy's segment alone would differ from the contacts by how
    it was chosen, and say nothing of what has changed.

    Parameters
    ----------
    project : Project
        Whose portrait.
    propensity : mapping of str to Propensity, or anything else
        The plan's models by strategy_id; without models there is no row.

    Returns
    -------
    pandas.DataFrame
        As `Models.drift`.
    """
    from workbench.strategy import Propensity
    from workbench.strategy.reach import may_contact

    several = isinstance(propensity, Mapping)
    models = {
        each.to_json(): each
        for each in (propensity.values() if several else [propensity])
        if isinstance(each, Propensity)
    }
    if not models:
        return no_drift()
    wanted = {"customer_id", "kind", "consent", "do_not_contact"}
    wanted |= {name for model in models.values() for name in model.feature_names_in_}
    customers = project.customers([n for n in project.imports.portrait_columns() if n in wanted])
    customers = customers.loc[may_contact(customers).to_numpy()]
    parts = [no_drift()]
    for model in models.values():
        known = "kind" in customers and bool(model.kinds_)
        mine = customers[customers["kind"].isin(model.kinds_)] if known else customers
        try:
            found = model.drift(mine)
        except ParameterProblem:
            # Nobody may be contacted, or a column that was learned from is gone.
            continue
        found.insert(0, "offer", model.offer_ or "")
        found.insert(1, "n", len(mine))
        parts.append(found)
    kept = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(kept, ignore_index=True)
