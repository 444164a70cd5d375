"""Maximum likelihood of a model with a few positive parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from workbench.errors import ParameterProblem

_STEP = 1e-4
_NEWTON_STEPS = 12


class PositiveModel:
    """A model whose parameters are positive, fitted by maximum likelihood.

    A subclass names its ``parameters`` and the ``columns`` of a customer's row, says
    where the search begins, and gives the log-likelihood of rows at the logarithms of
    the parameters. Rows that are alike are counted once and weighed by their number.

    Attributes
    ----------
    params_ : dict of str to float
        The estimates.
    log_likelihood_ : float
        Summed over customers, natural logarithm.
    n_ : int
        Customers that the fit used.
    covariance_ : numpy.ndarray of shape (n_parameters, n_parameters)
        Of the logarithms of the parameters; robust (sandwich): it holds also where the
        model is only near the truth.
    degenerate_ : bool
        The likelihood has no inner maximum: a parameter ran to the edge, or the surface
        is flat. Predictions can still be fair; the parameters mean nothing.
    """

    parameters: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[tuple[str, ...]] = ()
    widest: ClassVar[float] = 9.0
    """How far from the start the search goes, in logarithms."""
    most_steps: ClassVar[int] = 500

    params_: dict[str, float]
    log_likelihood_: float
    n_: int
    covariance_: np.ndarray
    degenerate_: bool

    # What a model fills in -------------------------------------------------------

    def start(self, rows: np.ndarray) -> np.ndarray:
        """Return where the search begins, as logarithms."""
        raise NotImplementedError

    def log_likelihoods(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's log-likelihood at the logarithms of the parameters."""
        raise NotImplementedError

    def scores(self, theta: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return each row's gradient with respect to the logarithms; numeric by default."""
        found = np.empty((len(rows), len(theta)))
        for position in range(len(theta)):
            step = np.zeros(len(theta))
            step[position] = _STEP
            up, down = self.log_likelihoods(theta + step, rows), self.log_likelihoods(theta - step, rows)
            found[:, position] = (up - down) / (2 * _STEP)
        return found

    def usable(self, purchases: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that the likelihood is made of."""
        return purchases

    # What all models share -------------------------------------------------------

    def fit(self, purchases: pd.DataFrame) -> Self:
        """Find the parameters that make what was seen most likely.

        Parameters
        ----------
        purchases : pandas.DataFrame
            One row a customer, as `summarise_transactions` returns them.

        Returns
        -------
        PositiveModel
            Itself, fitted.

        Raises
        ------
        ParameterProblem
            If a column is missing, a cell is no possible value, or nobody is left.
        """
        from scipy.optimize import minimize

        rows, counts = _grouped(self.usable(checked(purchases, self.columns)), self.columns)
        if not len(rows):
            raise ParameterProblem("insight_value.error.nobody", model=type(self).__name__)
        weights = counts / counts.sum()

        def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
            return (
                -float(weights @ self.log_likelihoods(theta, rows)),
                -(weights @ self.scores(theta, rows)),
            )

        begin = self.start(rows)
        bounds = [(value - self.widest, value + self.widest) for value in begin]
        found = minimize(
            loss, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": self.most_steps}
        )
        theta, hessian = self._polished(found.x, rows, weights)
        at_edge = bool((np.abs(theta - begin) > self.widest - 0.05).any())
        self.n_ = int(counts.sum())
        self._set(theta)
        self.log_likelihood_ = float(counts @ self.log_likelihoods(theta, rows))
        self.covariance_, flat = _sandwich(hessian, self.scores(theta, rows), weights, self.n_)
        self.degenerate_ = at_edge or flat
        return self

    def _polished(
        self, theta: np.ndarray, rows: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Take Newton steps to the top, where the surface is round there; return it and the Hessian."""
        level = float(weights @ self.log_likelihoods(theta, rows))
        hessian = self._hessian(theta, rows, weights)
        for _ in range(_NEWTON_STEPS):
            gradient = weights @ self.scores(theta, rows)
            if np.linalg.eigvalsh(-hessian).min() <= 0 or np.abs(gradient).max() < 1e-10:
                break
            tried = theta - np.linalg.solve(hessian, gradient)
            reached = float(weights @ self.log_likelihoods(tried, rows))
            if not np.isfinite(reached) or reached < level - 1e-14 or np.abs(tried - theta).max() > 1:
                break
            theta, level = tried, reached
            hessian = self._hessian(theta, rows, weights)
        return theta, hessian

    def _hessian(self, theta: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        size = len(theta)
        found = np.empty((size, size))
        step = 1e-3
        for position in range(size):
            move = np.zeros(size)
            move[position] = step
            up, down = self.scores(theta + move, rows), self.scores(theta - move, rows)
            found[position] = weights @ (up - down) / (2 * step)
        return (found + found.T) / 2

    def _set(self, theta: np.ndarray) -> None:
        self.params_ = {
            name: float(value) for name, value in zip(self.parameters, np.exp(theta), strict=True)
        }

    @property
    def theta_(self) -> np.ndarray:
        """The logarithms of the parameters."""
        return np.log([self.params_[name] for name in self.parameters])

    def moved(self, theta: Sequence[float] | np.ndarray) -> Self:
        """Return the same model at other parameters, given as logarithms."""
        other = type(self)()
        other._set(np.asarray(theta, dtype="float64"))
        return other

    def intervals(self) -> pd.DataFrame:
        """Return the parameters with 95% intervals: ``parameter, estimate, ci_low, ci_high``."""
        from scipy.stats import norm

        half = norm.ppf(0.975) * np.sqrt(np.clip(np.diag(self.covariance_), 0, None))
        return pd.DataFrame(
            {
                "parameter": list(self.parameters),
                "estimate": np.exp(self.theta_),
                "ci_low": np.exp(self.theta_ - half),
                "ci_high": np.exp(self.theta_ + half),
            }
        )

    @classmethod
    def with_params(cls, **params: float) -> Self:
        """Return a model with given parameters, for example published ones.

        Parameters
        ----------
        **params : float
            One value a parameter, above 0.
        """
        if set(params) != set(cls.parameters) or not all(value > 0 for value in params.values()):
            raise ParameterProblem(
                "insight_value.error.parameters", model=cls.__name__, known=", ".join(cls.parameters)
            )
        model = cls()
        model.params_ = {name: float(params[name]) for name in cls.parameters}
        return model

    # Saving ----------------------------------------------------------------------

    def to_json(self) -> str:
        """Return the fitted model as JSON."""
        content: dict[str, Any] = {"model": type(self).__name__, "params": self.params_}
        if hasattr(self, "covariance_"):
            content |= {
                "log_likelihood": self.log_likelihood_,
                "n": self.n_,
                "covariance": self.covariance_.tolist(),
                "degenerate": self.degenerate_,
            }
        return json.dumps(content)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return a model from what `to_json` returned.

        Raises
        ------
        ParameterProblem
            If it is another model's.
        """
        content = json.loads(text)
        if content.get("model") != cls.__name__:
            raise ParameterProblem(
                "insight_value.error.other_model", found=str(content.get("model")), model=cls.__name__
            )
        model = cls.with_params(**content["params"])
        if "n" in content:
            model.log_likelihood_, model.n_ = content["log_likelihood"], content["n"]
            model.covariance_ = np.asarray(content["covariance"])
            model.degenerate_ = content["degenerate"]
        return model


def checked(purchases: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return the columns as numbers, after checking that such customers can be.

    Raises
    ------
    ParameterProblem
        If a column is missing, or a row is impossible.
    """
    absent = [name for name in columns if name not in purchases.columns]
    if absent:
        raise ParameterProblem(
            "insight_value.error.columns",
            columns=", ".join(absent),
            present=", ".join(map(str, purchases.columns)),
        )
    rows = purchases[list(columns)].astype("float64")
    # An amount is missing where nothing was bought again.
    x = rows["x"].to_numpy()
    wrong = ~(np.isfinite(x) & (x >= 0))
    if "T" in rows:
        t_x, T = rows["t_x"].to_numpy(), rows["T"].to_numpy()
        wrong |= ~((t_x >= 0) & (t_x <= T) & np.isfinite(T)) | ((x > 0) != (t_x > 0))
    if "m_x" in rows:
        m_x = rows["m_x"].to_numpy()
        wrong |= (x > 0) & ~((m_x > 0) & np.isfinite(m_x))
    if wrong.any():
        first = purchases.index[wrong][0]
        raise ParameterProblem("insight_value.error.impossible", n=int(wrong.sum()), first=str(first))
    return rows


def distinct(rows: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the different rows, and for each row the position of its like."""
    codes = rows.groupby(list(rows.columns), sort=False).ngroup().to_numpy()
    return rows.drop_duplicates(), codes


def _grouped(rows: pd.DataFrame, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    alike = rows.groupby(list(columns), sort=True).size()
    return alike.index.to_frame().to_numpy(dtype="float64"), alike.to_numpy(dtype="float64")


def _sandwich(
    hessian: np.ndarray, scores: np.ndarray, weights: np.ndarray, n: int
) -> tuple[np.ndarray, bool]:
    """Return the robust covariance, and whether the surface is too flat for one."""
    curvature = np.linalg.eigvalsh(-hessian)
    flat = bool(curvature.min() < 1e-7)
    inverse = np.linalg.pinv(-hessian, rcond=1e-7, hermitian=True)
    meat = (scores * weights[:, None]).T @ scores
    return inverse @ meat @ inverse / n, flat


class PurchaseModel(PositiveModel):
    """A model of how often customers buy, and whether they still do."""

    def probability_alive(self, purchases: pd.DataFrame) -> pd.Series:
        """Return the probability that each customer is still active; a model says how."""
        raise NotImplementedError

    def if_alive(self, purchases: pd.DataFrame, ahead: np.ndarray) -> np.ndarray:
        """Return the purchases to expect of each customer if still active, one column a time ahead."""
        raise NotImplementedError

    def predict(self, purchases: pd.DataFrame, t: float) -> pd.Series:
        """Return the purchases to expect of each customer in the next ``t`` periods.

        Parameters
        ----------
        purchases : pandas.DataFrame
            Columns ``x``, ``t_x``, ``T``.
        t : float
            Length of the time to come, in periods.

        Returns
        -------
        pandas.Series
            Indexed as the customers.
        """
        alive = self.probability_alive(purchases)
        ahead = self.if_alive(purchases, np.array([t]))[:, 0]
        return (alive * ahead).rename("expected_purchases")
