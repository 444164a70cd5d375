"""Models of uplift, each customer scored by models that have not seen them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.review.uplift.ranked import Campaign, Numbers, read_campaign

Method = Literal["t_learner", "transformed_outcome"]
Learner = Literal["logistic", "boosting"]
METHODS = ("t_learner", "transformed_outcome")
LEARNERS = ("logistic", "boosting")
MIN_PER_FOLD = 5
"""Customers with each outcome that every arm needs for each fold."""


@dataclass(frozen=True, eq=False)
class UpliftModel:
    """Uplift as models saw it that had not seen the customer.

    Attributes
    ----------
    scores : ndarray of shape (n,)
        Estimated uplift of each customer, in the outcome's unit; in the order given.
    response : ndarray of shape (n,)
        Estimated outcome of each customer if contacted, from the treated alone: what a
        targeting by response goes by. From the same folds.
    fold : ndarray of int, shape (n,)
        The fold in which each customer was held out.
    method, learner : str
        As asked for.
    features : list of str
        Columns that were learned from, after text columns were split into one a value.
    random_state : int
        The seed.
    """

    scores: Numbers
    response: Numbers
    fold: npt.NDArray[np.intp]
    method: str
    learner: str
    features: list[str]
    random_state: int


def fit_uplift(
    features: pd.DataFrame,
    outcome: Any,
    treated: Any,
    *,
    strata: Any = None,
    method: Method = "t_learner",
    learner: Learner = "logistic",
    n_folds: int = 5,
    random_state: int = 0,
    progress: Callable[[float], None] | None = None,
) -> UpliftModel:
    """Learn from a campaign with a control whom a contact changes.

    Every customer is scored by models that were fitted without them: customers are divided
    into folds within arm and outcome, each fold is scored by what the others taught.

    - ``"t_learner"`` fits one model to the treated and one to the control; the uplift is
      the difference of what they expect. Simple, and with few control customers the
      control's model is the weak one.
    - ``"transformed_outcome"`` fits one model to y · (w / e − (1 − w) / (1 − e)), where w
      is the arm and e the share treated, which is known because it was drawn (per stratum).
      Its expectation is the uplift (Horvitz and Thompson; for yes-or-no outcomes and
      e = ½ the class transformation). Unbiased, and noisy where e is far from ½. With
      ``"logistic"`` a ridge regression takes its place: the new outcome is no yes or no.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n, p)
        What was known before the contact; numbers, yes and no, or text with at most 30
        values. Missing numbers count as the median, and as missing for boosting.
    outcome : array-like of shape (n,)
        0 and 1, or an amount (then regressions are fitted).
    treated : array-like of shape (n,)
        1 or True for the treatment.
    strata : array-like of shape (n,), optional
        What the arms were drawn within, see `qini_curve`.
    method : {"t_learner", "transformed_outcome"}, default="t_learner"
        How uplift is learned.
    learner : {"logistic", "boosting"}, default="logistic"
        A regression on standardised columns, or gradient boosting of small trees.
    n_folds : int, default=5
        Folds.
    random_state : int, default=0
        Seed of the folds.
    progress : callable, optional
        Called with the share of folds that are done, before each.

    Returns
    -------
    UpliftModel

    Raises
    ------
    ParameterProblem
        If an arm is empty, everybody did the same, an arm has too few customers of an
        outcome (the sentence says how many are needed), or a column can't be learned from.

    References
    ----------
    .. [1] Künzel, S. et al. (2019). Metalearners for estimating heterogeneous treatment
       effects. PNAS 116.
    .. [2] Athey, S., Imbens, G. (2016). Recursive partitioning for heterogeneous causal
       effects. PNAS 113.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> taste, treated = rng.random(2_000), rng.integers(0, 2, 2_000)
    >>> bought = rng.random(2_000) < 0.1 + 0.6 * taste * treated
    >>> model = fit_uplift(pd.DataFrame({"taste": taste}), bought, treated, n_folds=2)
    >>> bool(np.corrcoef(model.scores, taste)[0, 1] > 0.9)
    True
    """
    _check_choice("method", method, METHODS)
    _check_choice("learner", learner, LEARNERS)
    if n_folds < 2:
        raise ParameterProblem("review_targeting.error.folds", value=n_folds)
    campaign = read_campaign(outcome, treated, strata)
    matrix, names = _matrix(features, campaign.n)
    binary = bool(np.isin(campaign.outcome, (0.0, 1.0)).all())
    groups = _outcome_groups(campaign, binary, n_folds)
    fold = _folds(groups, n_folds, random_state)
    scores, response = np.empty(campaign.n), np.empty(campaign.n)
    for held_out in range(n_folds):
        if progress is not None:
            progress(held_out / n_folds)
        here = fold == held_out
        learned = _Learned(campaign, matrix, ~here, method, learner, binary, random_state)
        scores[here], response[here] = learned.predict(matrix[here])
    return UpliftModel(scores, response, fold, method, learner, names, random_state)


def _check_choice(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ParameterProblem(
            "review_targeting.error.choice", what=what, value=value, known=", ".join(known)
        )


def _outcome_groups(campaign: Campaign, binary: bool, n_folds: int) -> npt.NDArray[np.intp]:
    """Return arm and outcome as one number, once every fold can have enough of each."""
    came = campaign.outcome != 0
    if not came.any():
        raise ParameterProblem("review_targeting.error.all_zero", n=f"{campaign.n:,}")
    if np.ptp(campaign.outcome) == 0:
        raise ParameterProblem("review_targeting.error.all_same", n=f"{campaign.n:,}")
    needed = n_folds * MIN_PER_FOLD
    groups = campaign.treated * 2 + (came if binary else np.zeros_like(came))
    counts = np.bincount(groups, minlength=4)
    smallest = int(counts.min()) if binary else int(counts[[0, 2]].min())
    if smallest < needed:
        raise ParameterProblem(
            "review_targeting.error.too_few_to_learn",
            needed=needed,
            n_treated=f"{counts[3]:,}" if binary else f"{counts[2]:,}",
            n_control=f"{counts[1]:,}" if binary else f"{counts[0]:,}",
            others_treated=f"{counts[2]:,}",
            others_control=f"{counts[0]:,}",
        )
    return groups.astype(np.intp)


def _folds(groups: npt.NDArray[np.intp], n_folds: int, random_state: int) -> npt.NDArray[np.intp]:
    """Deal the customers of each group to the folds in turn, shuffled."""
    rng = np.random.default_rng(random_state)
    fold = np.empty(groups.size, dtype=np.intp)
    dealt = 0
    for group in np.unique(groups):
        rows = rng.permutation(np.flatnonzero(groups == group))
        fold[rows] = (np.arange(rows.size) + dealt) % n_folds
        dealt += rows.size
    return fold


def _matrix(features: pd.DataFrame, n: int) -> tuple[Numbers, list[str]]:
    """Return the columns as numbers: text as one column a value, dates and ids refused."""
    if len(features) != n:
        raise ParameterProblem(
            "review_targeting.error.lengths", what="features", n=f"{len(features):,}", expected=f"{n:,}"
        )
    columns: list[Numbers] = []
    names: list[str] = []
    for name, cells in features.items():
        if pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype):
            columns.append(cells.to_numpy(dtype=np.float64, na_value=np.nan))
            names.append(str(name))
            continue
        codes, values = pd.factorize(cells.astype("str"), sort=True)
        if pd.api.types.is_datetime64_any_dtype(cells.dtype) or len(values) > _MOST_VALUES:
            raise ParameterProblem("review_targeting.error.column", column=name, most=_MOST_VALUES)
        # The first value is the one that the others are held against.
        for i, value in list(enumerate(values))[1:]:
            columns.append((codes == i).astype(np.float64))
            names.append(f"{name}={value}")
    if not columns:
        raise ParameterProblem("review_targeting.error.no_features")
    matrix = np.column_stack(columns)
    matrix[~np.isfinite(matrix)] = np.nan
    return matrix, names


_MOST_VALUES = 30


class _Learned:
    """The models of one fold: fitted to everybody outside it."""

    def __init__(
        self,
        campaign: Campaign,
        matrix: Numbers,
        rows: npt.NDArray[np.bool_],
        method: str,
        learner: str,
        binary: bool,
        random_state: int,
    ) -> None:
        self.binary, self.method = binary, method
        treated = rows & campaign.treated
        self.of_treated = _estimator(learner, binary, random_state).fit(
            matrix[treated], campaign.outcome[treated]
        )
        if method == "t_learner":
            control = rows & ~campaign.treated
            self.of_control = _estimator(learner, binary, random_state).fit(
                matrix[control], campaign.outcome[control]
            )
        else:
            changed = campaign.outcome * campaign.weight * np.where(campaign.treated, 1.0, -1.0)
            self.of_change = _estimator(learner, False, random_state).fit(matrix[rows], changed[rows])

    def predict(self, matrix: Numbers) -> tuple[Numbers, Numbers]:
        """Return the uplift and the response if contacted."""
        response = self._expected(self.of_treated, matrix)
        if self.method == "t_learner":
            return response - self._expected(self.of_control, matrix), response
        return np.asarray(self.of_change.predict(matrix), dtype=np.float64), response

    def _expected(self, model: Any, matrix: Numbers) -> Numbers:
        found = model.predict_proba(matrix)[:, 1] if self.binary else model.predict(matrix)
        return np.asarray(found, dtype=np.float64)


def _estimator(learner: str, binary: bool, random_state: int) -> Any:
    if learner == "boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        # Small trees, many customers a leaf: uplift is a small difference of two of them.
        settings = {"max_iter": 60, "max_leaf_nodes": 6, "min_samples_leaf": 100, "learning_rate": 0.08}
        kind = HistGradientBoostingClassifier if binary else HistGradientBoostingRegressor
        return kind(early_stopping=False, random_state=random_state, **settings)
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    last = LogisticRegression(max_iter=1_000) if binary else Ridge()
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), last)
