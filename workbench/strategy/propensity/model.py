"""The model: regression or boosting, validated on later contacts than it learned from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.propensity.calibration import apply_calibration
from workbench.strategy.propensity.choice import choose_algorithm, run_trial
from workbench.strategy.propensity.drift import SCORE, learn_bins, measure_drift
from workbench.strategy.propensity.history import gather_experience, own_columns
from workbench.strategy.propensity.leakage import refuse_columns
from workbench.strategy.propensity.learners import ALGORITHMS, read_learner
from workbench.strategy.propensity.procedure import fit_procedure, judge_trials
from workbench.strategy.propensity.stored import FRAMES, read_text, restore_figures, write_text

Vector = npt.NDArray[np.float64]
BEST = "best"


class Propensity:
    """Probability that a customer responds to an offer.

    Logistic regression and histogram gradient boosting, learned from the treated rows of
    past campaigns and validated as they will be used: learned from the earlier contacts,
    judged on the later ones. Which of them predicts, and whether its probabilities are
    mended by a calibration, is chosen on the earlier contacts alone. Columns that would leak
    the answer are refused, with the reason.

    Parameters
    ----------
    algorithm : {"best", "logistic", "boosting"}, default="best"
        ``best`` tries both; boosting predicts only where its log loss is lower by more than
        one standard error of the difference.
    regularisation : float, default=1.0
        Strength of the ridge penalty on the regression's coefficients.
    train_share : float, default=0.7
        Share of the contacts, the earlier ones, that the validated model learns from.
    calibrate : bool, default=True
        Whether to try Platt's and isotonic calibration.
    after_contact : collection of str, default=()
        Columns that are known only after the contact, as the bank's mapping lists them.
        Names that say so themselves (``duration`` …) are refused in any case.
    known_before : collection of str, default=()
        Columns that the analyst vouches for: they are not refused for how well they tell
        who responded.

    Attributes
    ----------
    algorithm_ : {"logistic", "boosting"}
        Which one predicts.
    auc_, brier_, log_loss_, alift_, top_lift_ : float
        On the later contacts, with ``_low_`` and ``_high_``: 95% intervals. AUC 0.5 is
        chance; ALIFT is the area under the cumulative gains curve (0.5 is chance); the top
        lift is the response rate of the best tenth over that of all. `brier_base_` and
        `log_loss_base_` are those of predicting the earlier contacts' rate for everyone.
    is_useful_ : bool
        Whether it tells later contacts apart better than chance: `auc_low_` above 0.5. If
        not, the planned response rate is as good.
    algorithms_ : pandas.DataFrame
        One row for each that was tried: ``algorithm``, ``chosen``, ``calibration``,
        ``n_trees``, how it was chosen (``choice_n`` contacts, ``choice_log_loss``,
        ``choice_gain``, ``choice_error``), and the figures above.
    reliability_, reliability_by_algorithm_ : pandas.DataFrame
        ``bin``, ``n``, ``mean_predicted``, ``observed``, ``ci_low``, ``ci_high``: whether
        probabilities came true on the later contacts; the second of each ``algorithm``.
    gains_ : pandas.DataFrame
        Of each ``algorithm`` what `gains_table` returns: lift and gains by tenth.
    drivers_ : pandas.DataFrame
        ``column``, ``importance`` (AUC lost when it is shuffled among the later contacts),
        ``ci_low``, ``ci_high``, ``direction``: see `find_drivers`.
    calibration_ : {"none", "platt", "isotonic"}
        What is used. `calibrations_` holds each method's Brier score where it was chosen,
        `brier_uncalibrated_` the Brier score of the later contacts without any.
    refused_ : pandas.DataFrame
        ``column``, ``cause``, ``figure``, ``reason``.
    coefficients_ : pandas.DataFrame
        ``feature``, ``coefficient`` (log-odds per standard deviation, or for a word); empty
        for boosting.
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
    Of the earlier contacts, the first 60% fit a trial of each algorithm, the next 20% settle
    how many trees and the calibrations, and the last 20% compare them. Both procedures are
    then fitted on all earlier contacts (a calibration on the last fifth, by a model that
    learned from the others) and judged on the later ones, which take part in no choice.
    Finally the chosen procedure is fitted on all contacts: that model predicts.

    References
    ----------
    Moro, S., Cortez, P., Rita, P. (2014). A data-driven approach to predict the success of
    bank telemarketing. Decision Support Systems 62, 22-31.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ids = [f"{i:04d}" for i in range(600)]
    >>> customers = pd.DataFrame({"customer_id": ids, "age": rng.integers(20, 80, 600)})
    >>> chance = customers["age"] / 100
    >>> history = pd.DataFrame({"customer_id": ids, "responded": rng.random(600) < chance})
    >>> model = Propensity().fit(customers, history)
    >>> model.algorithm_, model.auc_ > 0.6, model.predict(customers).between(0, 1).all().item()
    ('logistic', True, True)
    """

    algorithm_: str
    algorithms_: pd.DataFrame
    auc_: float
    auc_low_: float
    auc_high_: float
    brier_: float
    brier_low_: float
    brier_high_: float
    brier_base_: float
    brier_uncalibrated_: float
    log_loss_: float
    log_loss_low_: float
    log_loss_high_: float
    log_loss_base_: float
    alift_: float
    alift_low_: float
    alift_high_: float
    top_lift_: float
    top_lift_low_: float
    top_lift_high_: float
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
    reliability_by_algorithm_: pd.DataFrame
    gains_: pd.DataFrame
    drivers_: pd.DataFrame
    calibrations_: pd.DataFrame

    def __init__(
        self,
        *,
        algorithm: str = BEST,
        regularisation: float = 1.0,
        train_share: float = 0.7,
        calibrate: bool = True,
        after_contact: Collection[str] = (),
        known_before: Collection[str] = (),
    ) -> None:
        self.algorithm = algorithm
        self.regularisation = regularisation
        self.train_share = train_share
        self.calibrate = calibrate
        self.after_contact = after_contact
        self.known_before = known_before

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
        if self.algorithm not in (BEST, *ALGORITHMS):
            known = ", ".join((BEST, *ALGORITHMS))
            raise ParameterProblem("strategy_models.error.algorithm", name=self.algorithm, known=known)
        past = gather_experience(customers, history, offer)
        split = round(len(past.columns) * self.train_share)
        # Leaks are looked for in the earlier contacts only: the later ones judge.
        self.refused_ = refuse_columns(
            past.columns.iloc[:split],
            past.responded.iloc[:split],
            after_contact=self.after_contact,
            exclude=exclude,
            history_only=own_columns(history, customers),
            known_before=self.known_before,
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
        earlier = columns.iloc[:split], responded[:split]
        later = columns.iloc[split:], responded[split:]
        names = ALGORITHMS if self.algorithm == BEST else (self.algorithm,)
        how: dict[str, Any] = {"regularisation": self.regularisation, "calibrate": self.calibrate}
        trials = [run_trial(name, *earlier, **how) for name in names]
        best, compared = choose_algorithm(trials)
        self.algorithm_, self.calibration_ = best.algorithm, best.calibration
        self.calibrations_ = best.calibrations
        judged = judge_trials(trials, best, compared, earlier, later, self.regularisation)
        for name, value in judged.figures.items():
            setattr(self, f"{name}_", value)
        self.algorithms_, self.drivers_ = judged.algorithms[FRAMES["algorithms_"]], judged.drivers
        self.reliability_by_algorithm_, self.gains_ = judged.reliability, judged.gains
        self._learner, self._calibration = fit_procedure(best, columns, responded, self.regularisation)
        self._bins = learn_bins(columns)
        chance = apply_calibration(self._calibration, self._learner.logits(columns))
        self._score_bins = learn_bins(pd.DataFrame({SCORE: chance}))
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
        if not hasattr(self, "_learner"):
            raise ParameterProblem("strategy_room.error.not_fitted")
        chance = apply_calibration(self._calibration, self._learner.logits(customers))
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
        """What the regression learned: ``feature``, ``coefficient``, the strongest first."""
        names, values = self._learner.encoder.feature_names_, getattr(self._learner, "coefficients", None)
        if values is None:
            names, values = [], np.zeros(0)
        frame = pd.DataFrame({"feature": pd.Series(names, dtype="str"), "coefficient": values})
        strongest = frame["coefficient"].abs().sort_values(ascending=False, kind="stable").index
        return frame.loc[strongest].reset_index(drop=True)

    def drift(self, customers: pd.DataFrame, *, alpha: float = 0.05) -> pd.DataFrame:
        """Return how far customers differ from those that were learned from, column by column.

        Parameters
        ----------
        customers : pandas.DataFrame
            Who is to be scored, as in `predict`; of kinds that were not learned from, nobody
            counts.
        alpha : float, default=0.05
            Chance of a false alarm in any column.

        Returns
        -------
        pandas.DataFrame
            As `measure_drift`: the population stability index of each column beside its
            critical value, the largest first; ``propensity`` is the score itself. Empty for
            a model of the first format, which kept no bins.

        Raises
        ------
        ParameterProblem
            If the model is not fitted, columns are missing, or nobody is to be scored.
        """
        chance = self.predict(customers)
        rows = customers.loc[chance.notna().to_numpy()]
        scored = rows[[each["name"] for each in self._bins]].assign(**{SCORE: chance.dropna().to_numpy()})
        return measure_drift([*self._bins, *self._score_bins], scored, alpha=alpha)

    @property
    def reliability_(self) -> pd.DataFrame:
        """Whether the chosen algorithm's probabilities came true: see the class."""
        rows = self.reliability_by_algorithm_
        mine = rows[rows["algorithm"].eq(self.algorithm_)]
        return mine.drop(columns="algorithm").reset_index(drop=True)

    def to_json(self) -> str:
        """Return the fitted model as JSON text: plain numbers and words.

        Raises
        ------
        ParameterProblem
            If the model is not fitted.
        """
        if not hasattr(self, "_learner"):
            raise ParameterProblem("strategy_room.error.not_fitted")
        return write_text(
            self,
            {
                "algorithm": self.algorithm,
                "regularisation": self.regularisation,
                "train_share": self.train_share,
                "calibrate": self.calibrate,
                "after_contact": sorted(self.after_contact),
                "known_before": sorted(self.known_before),
            },
            {
                "learner": self._learner.plain(),
                "calibration": self._calibration,
                "bins": self._bins,
                "score_bins": self._score_bins,
            },
        )

    @classmethod
    def from_json(cls, text: str) -> Propensity:
        """Return the model that `to_json` wrote.

        Raises
        ------
        ParameterProblem
            If the text is not such a model.
        """
        try:
            return cls._restore(read_text(text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ParameterProblem("strategy_room.error.not_a_model") from error

    @classmethod
    def _restore(cls, written: dict[str, Any]) -> Propensity:
        model = cls(**written["parameters"])
        model._learner = read_learner(written["learner"], model.regularisation)
        model._calibration = written["calibration"]
        model._bins, model._score_bins = written["bins"], written["score_bins"]
        restore_figures(model, written)
        return model
