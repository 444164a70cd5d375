"""Whether a cycle's lists put those first whom a contact changes, and models that might do better."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.review.uplift import TARGETING_TABLES, compare_orders, fit_uplift, measure_targeting

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.store import Artefact

KIND, LEARNED = "targeting", "uplift_model"
DRAWS = 200
_LEARNED_TABLES = ("coefficients", "differences", "curves", "tenths")
_NO_FEATURES = {"customer_id", "snapshot_date", "name", "name_zh", "phone", "id_number"}
_MOST_VALUES = 30


@dataclass(frozen=True)
class TargetingQuality:
    """How good the lists' order was, as stored with an evaluation.

    Parameters
    ----------
    version : int
        Its number in the project.
    tables : mapping of str to pandas.DataFrame
        As of `workbench.review.measure_targeting`.
    is_stale : bool
        Whether the cycle was evaluated anew since.
    n_draws : int
        Draws behind the intervals.
    alpha : float
        1 − alpha is their confidence.
    computed_at : datetime.datetime
        UTC.
    computed_by, sha256, artefact_id : str
        Who; the content's hash; where it is stored.
    """

    version: int
    tables: Mapping[str, pd.DataFrame]
    is_stale: bool
    n_draws: int
    alpha: float
    computed_at: dt.datetime
    computed_by: str
    sha256: str
    artefact_id: str

    def curves(self, strategy_id: str = "") -> pd.DataFrame:
        """Return the Qini curves of one list, or of all together (``""``)."""
        rows = self.tables["curves"]
        return rows[rows["strategy_id"].eq(strategy_id)].reset_index(drop=True)


@dataclass(frozen=True)
class LearnedUplift:
    """An uplift model learned from the cycle's lists, judged beside their own order.

    Parameters
    ----------
    version : int
        Its number in the project.
    method, learner : str
        As of `workbench.review.fit_uplift`.
    n, n_control : int
        Customers it was learned from and judged on (each by models that had not seen them).
    features : tuple of str
        Columns it was learned from.
    tables : mapping of str to pandas.DataFrame
        coefficients, differences, curves, tenths, as of `workbench.review.compare_orders`;
        the orders are ``uplift``, ``list`` and, where it is known, ``propensity``.
    computed_at : datetime.datetime
        UTC.
    computed_by, artefact_id : str
        Who; where it is stored.
    """

    version: int
    method: str
    learner: str
    n: int
    n_control: int
    features: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]
    computed_at: dt.datetime
    computed_by: str
    artefact_id: str


class Targeting:
    """Targeting quality of one cycle, at ``project.review.targeting``.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._artefacts = project.store.artefacts

    # Reading ---------------------------------------------------------------------

    def current(self) -> TargetingQuality:
        """Return what was stored with the cycle's newest evaluation that had it.

        Raises
        ------
        NotFound
            If nothing is stored: the cycle was not evaluated, or by an older workbench.
        """
        artefact = self._newest(KIND)
        if artefact is None:
            raise NotFound("review_targeting.error.none", cycle=self._project.cycle.cycle_id or "-")
        evaluation = self._project.review.artefact()
        inputs = self._artefacts.manifest(artefact)["inputs"]
        return TargetingQuality(
            version=artefact.version,
            tables={name: self._artefacts.read(artefact, name) for name in TARGETING_TABLES},
            is_stale=evaluation is not None and evaluation.artefact_id not in inputs,
            n_draws=int(artefact.summary["n_draws"]),
            alpha=float(artefact.summary["alpha"]),
            computed_at=artefact.created_at,
            computed_by=artefact.created_by,
            sha256=artefact.sha256,
            artefact_id=artefact.artefact_id,
        )

    def learned(self) -> LearnedUplift | None:
        """Return the cycle's newest uplift model, or None."""
        artefact = self._newest(LEARNED)
        return None if artefact is None else self._of(artefact)

    def versions(self) -> pd.DataFrame:
        """Return the cycle's uplift models, newest first.

        Returns
        -------
        pandas.DataFrame
            ``version``, ``method``, ``learner``, ``n``, ``qini``, ``ci_low``, ``ci_high``
            (Radcliffe's), ``computed_by``, ``computed_at``.
        """
        cycle_id = self._project.cycle.cycle_id
        known = self._artefacts.versions(LEARNED, cycle_id) if cycle_id else []
        names = ["method", "learner", "n", "qini", "ci_low", "ci_high"]
        rows = [
            (a.version, *(a.summary[name] for name in names), a.created_by, a.created_at)
            for a in sorted(known, key=lambda a: -a.version)
        ]
        return pd.DataFrame(rows, columns=["version", *names, "computed_by", "computed_at"])

    # Writing ---------------------------------------------------------------------

    def fill(self) -> TargetingQuality:
        """Judge the order of the cycle's lists by its newest evaluation's outcomes, and store it.

        Every list, and all together, beside the order that the plan's propensities alone
        would have given. 200 draws of a bootstrap with a fixed seed.

        Returns
        -------
        TargetingQuality

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        """
        project = self._project
        evaluation = project.review.evaluation()
        contacts, outcomes = project.review.results()
        tables = measure_targeting(
            self._targets(),
            outcomes,
            project.strategy.launched_cards(),
            self._propensities(),
            contacts=contacts,
            n_draws=DRAWS,
            alpha=evaluation.alpha,
        )
        self._artefacts.save(
            KIND,
            tables,
            cycle_id=project.cycle.cycle_id,
            inputs=[evaluation.artefact_id, *self._plan_ids()],
            parameters={"alpha": evaluation.alpha, "n_draws": DRAWS, "definition": "radcliffe"},
            seed=0,
            summary={"n_draws": DRAWS, "alpha": evaluation.alpha, "n": len(self._targets())},
        )
        return self.current()

    def learn(
        self,
        *,
        method: str = "t_learner",
        learner: str = "logistic",
        n_folds: int = 5,
        random_state: int = 0,
        progress: Callable[[float], None] | None = None,
    ) -> LearnedUplift:
        """Learn uplift from all the cycle's lists, and hold it against the lists' own order.

        Parameters
        ----------
        method : {"t_learner", "transformed_outcome"}, default="t_learner"
            See `workbench.review.fit_uplift`.
        learner : {"logistic", "boosting"}, default="logistic"
            The same.
        n_folds : int, default=5
            Each customer is scored by models that were fitted without their fold.
        random_state : int, default=0
            Seed of the folds and draws.
        progress : callable, optional
            Called with the share of the folds that are done.

        Returns
        -------
        LearnedUplift
            The new version, or the one with the same content.

        Raises
        ------
        NotFound
            If nothing was evaluated yet.
        ParameterProblem
            If there are too few customers or responses to learn from.
        NotAllowed
            If the role may not store a model.
        """
        from threadpoolctl import threadpool_limits

        from workbench.review import follow_up
        from workbench.review.uplift.targeting import SHARES, fineness, rank_side_by_side

        project = self._project
        project.store.trail.require("analyst")
        evaluation = project.review.evaluation()
        contacts, outcomes = project.review.results()
        cards = project.strategy.launched_cards()
        rows = follow_up(self._targets(), outcomes, cards, contacts=contacts)
        rows = self._with_both_arms(rows)
        orders = rank_side_by_side(rows, self._targets(), self._propensities())
        features = self._features(rows)
        treated = rows["arm"].eq("treatment").to_numpy()
        # One thread: the same figures on every machine, and no fight over a busy one's cores.
        with threadpool_limits(limits=1):
            model = fit_uplift(
                features,
                rows["responded"],
                treated,
                strata=rows["strategy_id"],
                method=method,  # type: ignore[arg-type]
                learner=learner,  # type: ignore[arg-type]
                n_folds=n_folds,
                random_state=random_state,
                progress=progress,
            )
        found = compare_orders(
            rows["responded"],
            treated,
            {"uplift": model.scores, **orders},
            strata=rows["strategy_id"],
            k=SHARES,
            n_draws=DRAWS,
            alpha=evaluation.alpha,
            random_state=random_state,
            **fineness(treated),
        )
        qini = found.coefficients.iloc[0]
        artefact = self._artefacts.save(
            LEARNED,
            {name: getattr(found, name) for name in _LEARNED_TABLES},
            cycle_id=project.cycle.cycle_id,
            documents={"features": model.features},
            inputs=[evaluation.artefact_id, *self._plan_ids()],
            parameters={"method": method, "learner": learner, "n_folds": n_folds, "alpha": evaluation.alpha},
            seed=random_state,
            summary={
                "method": method,
                "learner": learner,
                "n": found.n,
                "n_control": found.n_control,
                **{name: float(qini[column]) for name, column in _QINI.items()},
            },
        )
        return self._of(artefact)

    # Parts -----------------------------------------------------------------------

    def _newest(self, kind: str) -> Artefact | None:
        cycle_id = self._project.cycle.cycle_id
        return self._artefacts.latest(kind, cycle_id) if cycle_id else None

    def _of(self, artefact: Artefact) -> LearnedUplift:
        return LearnedUplift(
            version=artefact.version,
            method=artefact.summary["method"],
            learner=artefact.summary["learner"],
            n=int(artefact.summary["n"]),
            n_control=int(artefact.summary["n_control"]),
            features=tuple(self._artefacts.document(artefact, "features")),
            tables={name: self._artefacts.read(artefact, name) for name in _LEARNED_TABLES},
            computed_at=artefact.created_at,
            computed_by=artefact.created_by,
            artefact_id=artefact.artefact_id,
        )

    def _targets(self) -> pd.DataFrame:
        return self._project.strategy.targets().drop(columns="list_id", errors="ignore")

    def _plan(self) -> Artefact | None:
        strategy = self._project.strategy
        version = strategy.launched_plan()
        return None if version is None else strategy.artefact(version)

    def _plan_ids(self) -> list[str]:
        plan = self._plan()
        return [] if plan is None else [plan.artefact_id]

    def _propensities(self) -> pd.DataFrame | None:
        """Return the plan's propensities of the listed customers; None without a plan."""
        plan = self._plan()
        if plan is None:
            return None
        key = ["customer_id", "strategy_id"]
        scores = self._artefacts.read(plan, "scores", [*key, "propensity"])
        return scores[scores["customer_id"].isin(self._targets()["customer_id"])]

    @staticmethod
    def _with_both_arms(rows: pd.DataFrame) -> pd.DataFrame:
        """Leave out lists that can't be compared with a control, or did not take place."""
        lists = rows["strategy_id"]
        treated = rows["arm"].eq("treatment").groupby(lists)
        sizes, n_treated = treated.transform("size"), treated.transform("sum")
        worked = rows["contacted"].groupby(lists).transform("any")
        kept = rows[n_treated.ge(2) & (sizes - n_treated).ge(2) & worked]
        if kept.empty:
            raise ParameterProblem("review_targeting.error.nothing_to_learn")
        return kept.reset_index(drop=True)

    def _features(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return what the portrait knew of the listed customers, column by column that can be learned."""
        project = self._project
        left = _NO_FEATURES | set(project.imports.after_contact())
        names = [name for name in project.imports.portrait_columns() if name not in left]
        customers = project.customers(["customer_id", *names]).set_index("customer_id")
        there = customers.reindex(rows["customer_id"])
        kept = [name for name in names if _is_learnable(there[name])]
        if not kept:
            raise ParameterProblem("review_targeting.error.no_customers")
        return there[kept].reset_index(drop=True)


_QINI = {"qini": "value", "ci_low": "ci_low", "ci_high": "ci_high"}


def _is_learnable(cells: pd.Series) -> bool:
    known = cells.dropna()
    if known.nunique() < 2:
        return False
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return False
    if pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype):
        return True
    return bool(known.astype("str").nunique() <= _MOST_VALUES and not known.map(_is_date).any())


def _is_date(cell: object) -> bool:
    return isinstance(cell, dt.date)
