"""The model: logistic regression, validated on later contacts than it learned from."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.propensity import measures
from workbench.strategy.propensity.calibration import (
    apply_calibration,
    compare_calibrations,
    fit_calibration,
    sigmoid,
)
from workbench.strategy.propensity.encoding import Encoder
from workbench.strategy.propensity.history import gather_experience, own_columns
from workbench.strategy.propensity.leakage import refuse_columns
from workbench.strategy.propensity.stored import FIGURES, FORMAT, FRAMES, plain, read_figure, read_frame

Vector = npt.NDArray[np.float64]


class Propensity:
    """Probability that a customer responds to an offer.

    Logistic regression on the customer's standardised numbers and one-hot words, learned
    from the treated rows of past campaigns. It is validated as it will be used: learned
    from the earlier contacts, judged on the later ones. A calibration is added only where
    it lowers the Brier score on a slice of later contacts. Columns that would leak the
    answer are refused, with the reason.

    Parameters
    ----------
    regularisation : float, default=1.0
        Strength of the ridge penalty on the coefficients.
    train_share : float, default=0.7
        Share of the contacts, the earlier ones, that the validated model learns from.
    calibrate : bool, default=True
        Whether to try Platt's and isotonic calibration.
    after_contact : collection of str, default=()
        Columns that are known only after the contact, as the bank's mapping lists them.
        Names that say so themselves (``duration`` …) are refused in any case.

    Attributes
    ----------
    auc_, brier_ : float
        On the later contacts. AUC 0.5 is chance; `brier_base_` is the Brier score of
        predicting the earlier contacts' response rate for everyone.
    auc_low_, auc_high_ : float
        95% interval of the AUC (DeLong); missing with fewer than two responses to judge by.
    is_useful_ : bool
        Whether it tells later contacts apart better than chance: `auc_low_` above 0.5. If
        not, the planned response rate is as good.
    alift_, top_lift_ : float
        Area under the cumulative gains curve (0.5 is chance); response rate of the best
        tenth over that of all.
    reliability_ : pandas.DataFrame
        ``bin``, ``n``, ``mean_predicted``, ``observed``, ``ci_low``, ``ci_high``: whether
        probabilities came true on the later contacts.
    calibration_ : {"none", "platt", "isotonic"}
        What is used. `calibrations_` holds each method's Brier score on the slice,
        `brier_uncalibrated_` the Brier score of the later contacts without any.
    refused_ : pandas.DataFrame
        ``column``, ``cause``, ``figure``, ``reason``.
    coefficients_ : pandas.DataFrame
        ``feature``, ``coefficient`` (log-odds per standard deviation, or for a word).
    n_train_, n_validation_ : int
        Earlier and later contacts.
    response_ : float
        Response rate of all of them.
    time_ordered_ : {"contacted_at", "row order"}
        What the order of time was read from.
    later_portrait_share_ : float
        Share of contacts whose customer is known only as of a later day. Above 0, the
        columns may hold what the contact changed, and the AUC may flatter.
    feature_names_in_ : list of str
        Columns that were learned from.
    kinds_ : list of str
        Kinds of customers (retail, corporate) in the contacts; empty where none is known.

    Notes
    -----
    Of the earlier contacts, the first 60% fit a trial model, the next 20% fit the
    calibrations, and the last 20% compare them. The chosen procedure is then fitted on
    all earlier contacts (its calibration on the last fifth, by a regression that learned
    from the others) and judged on the later ones. They take part in one choice only: a
    calibration that raises the Brier score there is dropped. Finally the same procedure is
    fitted on all contacts: that model predicts.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ids = [f"{i:04d}" for i in range(600)]
    >>> customers = pd.DataFrame({"customer_id": ids, "age": rng.integers(20, 80, 600)})
    >>> chance = customers["age"] / 100
    >>> history = pd.DataFrame({"customer_id": ids, "responded": rng.random(600) < chance})
    >>> model = Propensity().fit(customers, history)
    >>> model.auc_ > 0.6, model.predict(customers).between(0, 1).all().item()
    (True, True)
    """

    auc_: float
    auc_low_: float
    auc_high_: float
    brier_: float
    brier_base_: float
    brier_uncalibrated_: float
    alift_: float
    top_lift_: float
    n_train_: int
    n_validation_: int
    response_: float
    time_ordered_: str
    later_portrait_share_: float
    calibration_: str
    offer_: str | None
    feature_names_in_: list[str]
    kinds_: list[str]
    refused_: pd.DataFrame
    reliability_: pd.DataFrame
    calibrations_: pd.DataFrame

    def __init__(
        self,
        *,
        regularisation: float = 1.0,
        train_share: float = 0.7,
        calibrate: bool = True,
        after_contact: Collection[str] = (),
    ) -> None:
        self.regularisation = regularisation
        self.train_share = train_share
        self.calibrate = calibrate
        self.after_contact = after_contact

    def fit(
        self,
        customers: pd.DataFrame,
        history: pd.DataFrame,
        *,
        offer: str | None = None,
        exclude: Collection[str] = (),
    ) -> Propensity:
        """Learn from past campaigns.

        Parameters
        ----------
        customers : pandas.DataFrame
            Table PORTRAIT or CUSTOMERS with the bank's own columns. With several snapshot
            dates a customer, each contact takes the last one before it.
        history : pandas.DataFrame
            Table CAMPAIGN_HISTORY; ``customer_id`` and ``responded`` are enough. Columns of
            the bank's own are listed as refused: nobody has them before the next contact.
            Rows of a control arm are left out. Without ``contacted_at`` the rows' order is the order
            of time.
        offer : str, optional
            Learn from this offer's rows only.
        exclude : collection of str, default=()
            Columns to leave out.

        Returns
        -------
        Propensity
            Itself.

        Raises
        ------
        ParameterProblem
            If there are fewer than 100 contacts, 20 responses or 20 non-responses, the
            offer is unknown, no column is left or a parameter is outside its range.
        TableProblem
            If a column is missing.
        """
        if not 0.1 <= self.train_share <= 0.9:
            raise ParameterProblem("strategy_room.error.train_share", share=self.train_share)
        if not self.regularisation > 0:
            raise ParameterProblem("strategy_room.error.regularisation", value=self.regularisation)
        past = gather_experience(customers, history, offer)
        split = round(len(past.columns) * self.train_share)
        # Leaks are looked for in the earlier contacts only: the later ones judge.
        self.refused_ = refuse_columns(
            past.columns.iloc[:split],
            past.responded.iloc[:split],
            after_contact=self.after_contact,
            exclude=exclude,
            history_only=own_columns(history, customers),
        )
        kept = [name for name in past.columns.columns if name not in set(self.refused_["column"])]
        if not kept:
            raise ParameterProblem("strategy_room.error.no_columns", n=len(self.refused_))
        columns, responded = past.columns[kept], past.responded.to_numpy(dtype="float64")
        self.offer_ = offer
        self.kinds_ = sorted(set(past.columns["kind"].dropna())) if "kind" in past.columns.columns else []
        self.feature_names_in_ = [str(name) for name in kept]
        self.time_ordered_ = past.ordered_by
        self.later_portrait_share_ = past.later_portrait_share
        self.n_train_, self.n_validation_ = split, len(columns) - split
        self.response_ = float(responded.mean())
        self._choose_calibration(columns.iloc[:split], responded[:split])
        self._fit_procedure(columns.iloc[:split], responded[:split])
        self._judge(columns.iloc[split:], responded[split:], float(responded[:split].mean()))
        self._fit_procedure(columns, responded)
        return self

    def predict(self, customers: pd.DataFrame) -> pd.Series:
        """Return each customer's probability of a response.

        Parameters
        ----------
        customers : pandas.DataFrame
            With ``customer_id`` and the columns that were learned from.

        Returns
        -------
        pandas.Series
            Named ``propensity``, 0 to 1, indexed by customer_id. Missing for a kind of
            customer that the contacts did not hold: a model of persons says nothing of
            companies.

        Raises
        ------
        ParameterProblem
            If the model is not fitted, or columns are missing.
        """
        if not hasattr(self, "_encoder"):
            raise ParameterProblem("strategy_room.error.not_fitted")
        chance = apply_calibration(self._calibration, self._logits(customers))
        if self.kinds_ and "kind" in customers.columns:
            chance = np.where(customers["kind"].isin(self.kinds_), chance, np.nan)
        index = pd.Index(customers["customer_id"], name="customer_id")
        return pd.Series(chance, index=index, name="propensity")

    @property
    def is_useful_(self) -> bool:
        """Whether the model tells later contacts apart better than chance."""
        return self.auc_low_ > 0.5

    @property
    def coefficients_(self) -> pd.DataFrame:
        """What the model learned: ``feature``, ``coefficient``, the strongest first."""
        frame = pd.DataFrame({"feature": self._encoder.feature_names_, "coefficient": self._coefficients})
        strongest = frame["coefficient"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[strongest].reset_index(drop=True)

    def _fit_regression(self, columns: pd.DataFrame, responded: Vector) -> None:
        from sklearn.linear_model import LogisticRegression

        if len(np.unique(responded)) < 2:
            raise ParameterProblem("strategy_room.error.one_outcome")
        self._encoder = Encoder().fit(columns)
        numbers = self._encoder.transform(columns)
        model = LogisticRegression(C=1.0 / self.regularisation, max_iter=2000).fit(numbers, responded)
        self._coefficients = [float(value) for value in model.coef_[0]]
        self._intercept = float(model.intercept_[0])

    def _logits(self, columns: pd.DataFrame) -> Vector:
        return self._encoder.transform(columns) @ np.asarray(self._coefficients) + self._intercept

    def _choose_calibration(self, columns: pd.DataFrame, responded: Vector) -> None:
        self.calibration_ = "none"
        self.calibrations_ = pd.DataFrame(columns=FRAMES["calibrations_"])
        if not self.calibrate:
            return
        first, second = round(len(columns) * 0.6), round(len(columns) * 0.8)
        self._fit_regression(columns.iloc[:first], responded[:first])
        logits = self._logits(columns.iloc[first:])
        earlier, later = slice(0, second - first), slice(second - first, None)
        self.calibration_, self.calibrations_ = compare_calibrations(
            (logits[earlier], responded[first:][earlier]), (logits[later], responded[first:][later])
        )

    def _fit_procedure(self, columns: pd.DataFrame, responded: Vector) -> None:
        self._calibration: dict[str, Any] = {"method": "none"}
        if self.calibration_ != "none":
            # A calibration must see contacts that the regression did not learn from.
            cut = round(len(columns) * 0.8)
            self._fit_regression(columns.iloc[:cut], responded[:cut])
            logits, outcomes = self._logits(columns.iloc[cut:]), responded[cut:]
            if len(np.unique(outcomes)) == 2:
                self._calibration = fit_calibration(self.calibration_, logits, outcomes)
        self._fit_regression(columns, responded)

    def _judge(self, columns: pd.DataFrame, responded: Vector, earlier_rate: float) -> None:
        logits = self._logits(columns)
        chance = apply_calibration(self._calibration, logits)
        self.brier_uncalibrated_ = measures.brier_score(responded, sigmoid(logits))
        if self.brier_uncalibrated_ < measures.brier_score(responded, chance):
            # What helped on the slice did not last: a changed market, usually.
            self.calibration_, chance = "none", sigmoid(logits)
        self.auc_ = measures.rank_auc(responded, chance)
        self.auc_low_, self.auc_high_ = measures.auc_interval(responded, chance)
        self.brier_ = measures.brier_score(responded, chance)
        self.brier_base_ = measures.brier_score(responded, np.full(len(responded), earlier_rate))
        self.alift_ = measures.cumulative_lift_area(responded, chance)
        self.top_lift_ = measures.top_lift(responded, chance)
        self.reliability_ = measures.reliability_table(responded, chance)

    def to_json(self) -> str:
        """Return the fitted model as JSON text: plain numbers and words.

        Raises
        ------
        ParameterProblem
            If the model is not fitted.
        """
        if not hasattr(self, "_encoder"):
            raise ParameterProblem("strategy_room.error.not_fitted")
        written: dict[str, Any] = {
            "format": FORMAT,
            "parameters": {
                "regularisation": self.regularisation,
                "train_share": self.train_share,
                "calibrate": self.calibrate,
                "after_contact": sorted(self.after_contact),
            },
            "encoder": self._encoder.columns_,
            "coefficients": self._coefficients,
            "intercept": self._intercept,
            "calibration": self._calibration,
            "figures": {name: plain(getattr(self, name)) for name in FIGURES},
            "frames": {
                name: [[plain(cell) for cell in row] for row in getattr(self, name)[columns].values.tolist()]
                for name, columns in FRAMES.items()
            },
        }
        return json.dumps(written, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Propensity:
        """Return the model that `to_json` wrote.

        Raises
        ------
        ParameterProblem
            If the text is not such a model.
        """
        try:
            written = json.loads(text)
        except json.JSONDecodeError as error:
            raise ParameterProblem("strategy_room.error.not_a_model") from error
        if not isinstance(written, dict) or written.get("format") != FORMAT:
            raise ParameterProblem("strategy_room.error.not_a_model")
        try:
            return cls._restore(written)
        except (KeyError, TypeError, ValueError) as error:
            raise ParameterProblem("strategy_room.error.not_a_model") from error

    @classmethod
    def _restore(cls, written: dict[str, Any]) -> Propensity:
        model = cls(**written["parameters"])
        model._encoder = Encoder()
        model._encoder.columns_ = written["encoder"]
        model._coefficients = written["coefficients"]
        model._intercept = written["intercept"]
        model._calibration = written["calibration"]
        for name in FIGURES:
            setattr(model, name, read_figure(name, written["figures"][name]))
        for name, columns in FRAMES.items():
            setattr(model, name, read_frame(written["frames"][name], columns))
        return model
