"""The two ways to learn who responds: logistic regression, and boosted trees."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.propensity.encoding import Encoder
from workbench.strategy.propensity.trees import Trees

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
ALGORITHMS = ("logistic", "boosting")
"""From the simple to the complex."""
# Small steps and small trees: responses are few, and a tree soon knows each by heart.
LEARNING_RATE = 0.05
MOST_TREES = 100
LEAVES = 8
SMALLEST_LEAF = 30
RIDGE = 1.0


class Learner(Protocol):
    """What both have in common."""

    name: str
    encoder: Encoder

    def fit(self, columns: pd.DataFrame, responded: Vector) -> Learner:
        """Learn from past contacts."""

    def logits_of(self, numbers: Matrix) -> Vector:
        """Return log-odds from encoded numbers."""

    def logits(self, columns: pd.DataFrame) -> Vector:
        """Return log-odds from the customers' columns."""

    def used(self) -> set[int]:
        """Return the encoded numbers that matter to the prediction."""

    def plain(self) -> dict[str, Any]:
        """Return what was learned as plain data."""


class Regression:
    """Ridge logistic regression on standardised numbers and one-hot words.

    Parameters
    ----------
    regularisation : float, default=1.0
        Strength of the penalty.
    """

    name = "logistic"

    def __init__(self, regularisation: float = 1.0) -> None:
        self.regularisation = regularisation
        self.encoder = Encoder()
        self.coefficients: Vector = np.zeros(0)
        self.intercept = 0.0

    def fit(self, columns: pd.DataFrame, responded: Vector) -> Regression:
        """Learn from past contacts.

        Raises
        ------
        ParameterProblem
            If all responded, or none.
        """
        from sklearn.linear_model import LogisticRegression

        _need_both(responded)
        numbers = self.encoder.fit(columns).transform(columns)
        model = LogisticRegression(C=1.0 / self.regularisation, max_iter=2000).fit(numbers, responded)
        self.coefficients = np.asarray(model.coef_[0], dtype="float64")
        self.intercept = float(model.intercept_[0])
        return self

    def logits_of(self, numbers: Matrix) -> Vector:
        """Return log-odds from encoded numbers."""
        found: Vector = numbers @ self.coefficients + self.intercept
        return found

    def logits(self, columns: pd.DataFrame) -> Vector:
        """Return log-odds from the customers' columns."""
        return self.logits_of(self.encoder.transform(columns))

    def used(self) -> set[int]:
        """Return the encoded numbers with a coefficient."""
        return {int(at) for at in np.flatnonzero(self.coefficients)}

    def plain(self) -> dict[str, Any]:
        """Return what was learned as plain data."""
        return {
            "algorithm": self.name,
            "encoder": self.encoder.columns_,
            "coefficients": self.coefficients.tolist(),
            "intercept": self.intercept,
        }


class Boosting:
    """Histogram gradient boosting on raw numbers and one-hot words.

    Fitted by scikit-learn's HistGradientBoostingClassifier; kept and used as plain arrays,
    so that reading a model and predicting by it needs numpy alone.

    Parameters
    ----------
    n_trees : int, default=100
        How many small trees are added up.

    References
    ----------
    Friedman, J. H. (2001). Greedy function approximation: a gradient boosting machine.
    Annals of Statistics 29, 1189-1232. Ke, G. et al. (2017). LightGBM: a highly efficient
    gradient boosting decision tree. NeurIPS 30, 3149-3157.
    """

    name = "boosting"

    def __init__(self, n_trees: int = MOST_TREES) -> None:
        self.n_trees = n_trees
        self.encoder = Encoder(raw=True)
        self.trees = Trees(0.0, [], [], [], [], [], [], [])

    def fit(self, columns: pd.DataFrame, responded: Vector) -> Boosting:
        """Learn from past contacts.

        Raises
        ------
        ParameterProblem
            If all responded, or none.
        """
        from sklearn.ensemble import HistGradientBoostingClassifier

        _need_both(responded)
        numbers = self.encoder.fit(columns).transform(columns)
        # scikit-learn can't cut a column without a single number; as a constant it is left alone.
        numbers[:, np.isnan(numbers).all(axis=0)] = 0.0
        self.trees = Trees.from_sklearn(
            self.classifier(HistGradientBoostingClassifier).fit(numbers, responded)
        )
        return self

    def classifier(self, kind: Any) -> Any:
        """Return the classifier of scikit-learn with the settings used here."""
        return kind(
            learning_rate=LEARNING_RATE,
            max_iter=self.n_trees,
            max_leaf_nodes=LEAVES,
            min_samples_leaf=SMALLEST_LEAF,
            l2_regularization=RIDGE,
            early_stopping=False,
            random_state=0,
        )

    def logits_of(self, numbers: Matrix) -> Vector:
        """Return log-odds from encoded numbers."""
        return self.trees.logits(numbers)

    def logits(self, columns: pd.DataFrame) -> Vector:
        """Return log-odds from the customers' columns."""
        return self.logits_of(self.encoder.transform(columns))

    def stop(self, columns: pd.DataFrame, responded: Vector) -> int:
        """Return how many trees have the smallest log loss on contacts that came later."""
        leaves = self.trees.leaves(self.encoder.transform(columns))
        stages = np.cumsum(leaves, axis=1) + self.trees.start
        # log(1 + e^z) − y·z, without overflow.
        losses = np.logaddexp(0.0, stages) - responded[:, None] * stages
        return int(losses.mean(axis=0).argmin()) + 1

    def used(self) -> set[int]:
        """Return the encoded numbers that a tree asks for."""
        return self.trees.features

    def plain(self) -> dict[str, Any]:
        """Return what was learned as plain data."""
        return {"algorithm": self.name, "encoder": self.encoder.columns_, "trees": self.trees.plain()}


def read_learner(written: dict[str, Any], regularisation: float) -> Regression | Boosting:
    """Return what `plain` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is something else.
    """
    learner: Regression | Boosting
    if written.get("algorithm", "logistic") == "logistic":
        learner = Regression(regularisation)
        learner.coefficients = np.asarray(written["coefficients"], dtype="float64")
        learner.intercept = float(written["intercept"])
    else:
        learner = Boosting()
        learner.trees = Trees.read(written["trees"])
        learner.n_trees = len(learner.trees)
    learner.encoder.columns_ = written["encoder"]
    return learner


def _need_both(responded: Vector) -> None:
    if len(np.unique(responded)) < 2:
        raise ParameterProblem("strategy_room.error.one_outcome")
