"""Boosted trees as plain arrays: written from scikit-learn, read and added up by numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
# Rows that are walked down the trees at once, so that what is held stays small.
_CHUNK = 4096


class Trees:
    """A sum of decision trees on numbers; missing numbers have a side of their own.

    All trees lie one after the other in the same arrays. A leaf leads to itself.

    Parameters
    ----------
    start : float
        What is added up from: the log-odds of the response rate.
    roots : ndarray of int of shape (n_trees,)
        Where each tree begins.
    feature : ndarray of int of shape (n_nodes,)
        Column that a node asks for.
    threshold : ndarray of float of shape (n_nodes,)
        A number up to it goes left.
    missing_left : ndarray of bool of shape (n_nodes,)
        Whether a missing number goes left.
    left, right : ndarray of int of shape (n_nodes,)
        The next nodes.
    value : ndarray of float of shape (n_nodes,)
        Log-odds that a leaf adds.

    Notes
    -----
    Adding them up equals scikit-learn's ``decision_function`` but for the last bits of a
    floating-point number.

    Examples
    --------
    >>> stump = Trees(0.0, [0], [0, 0, 0], [1.5, np.inf, np.inf], [True] * 3, [1, 1, 2], [2, 1, 2],
    ...               [0.0, -1.0, 2.0])
    >>> stump.logits(np.array([[1.0], [2.0], [np.nan]])).tolist()
    [-1.0, 2.0, -1.0]
    """

    def __init__(
        self,
        start: float,
        roots: npt.ArrayLike,
        feature: npt.ArrayLike,
        threshold: npt.ArrayLike,
        missing_left: npt.ArrayLike,
        left: npt.ArrayLike,
        right: npt.ArrayLike,
        value: npt.ArrayLike,
    ) -> None:
        self.start = float(start)
        self.roots = np.asarray(roots, dtype="int64")
        self.feature = np.asarray(feature, dtype="int64")
        self.threshold = np.asarray(threshold, dtype="float64")
        self.missing_left = np.asarray(missing_left, dtype=bool)
        self.left = np.asarray(left, dtype="int64")
        self.right = np.asarray(right, dtype="int64")
        self.value = np.asarray(value, dtype="float64")
        sizes = {len(each) for each in (self.feature, self.threshold, self.missing_left)}
        sizes |= {len(each) for each in (self.left, self.right, self.value)}
        if len(sizes) != 1 or not self._leads_somewhere():
            raise ValueError("these arrays are no trees")

    def _leads_somewhere(self) -> bool:
        """Say whether every node leads to itself or to later nodes, so that a walk ends."""
        n, here = len(self.feature), np.arange(len(self.feature))
        leaf = (self.left == here) & (self.right == here)
        later = (self.left > here) & (self.right > here) & (self.left < n) & (self.right < n)
        return bool(
            (leaf | later).all()
            and (self.feature >= 0).all()
            and ((self.roots >= 0) & (self.roots < n)).all()
        )

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Trees:
        """Take the trees out of a fitted HistGradientBoostingClassifier of two classes."""
        parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in _NODES}
        roots, at = [], 0
        for (tree,) in fitted._predictors:
            nodes = tree.nodes
            here = np.arange(at, at + len(nodes))
            leaf = nodes["is_leaf"].astype(bool)
            roots.append(at)
            parts["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
            parts["threshold"].append(np.where(leaf, np.inf, nodes["num_threshold"]))
            parts["missing_left"].append(leaf | nodes["missing_go_to_left"].astype(bool))
            parts["left"].append(np.where(leaf, here, at + nodes["left"].astype("int64")))
            parts["right"].append(np.where(leaf, here, at + nodes["right"].astype("int64")))
            parts["value"].append(np.where(leaf, nodes["value"], 0.0))
            at += len(nodes)
        joined: dict[str, Any] = {name: np.concatenate(each) if each else [] for name, each in parts.items()}
        return cls(float(np.ravel(fitted._baseline_prediction)[0]), roots, **joined)

    def __len__(self) -> int:
        return len(self.roots)

    def leaves(self, numbers: Matrix) -> Matrix:
        """Return what each tree adds for each row: an array of shape (n_rows, n_trees)."""
        found = np.empty((len(numbers), len(self)))
        for begin in range(0, len(numbers), _CHUNK):
            part = numbers[begin : begin + _CHUNK]
            rows = np.arange(len(part))[:, None]
            node = np.broadcast_to(self.roots, (len(part), len(self)))
            while True:
                cells = part[rows, self.feature[node]]
                goes_left = np.where(np.isnan(cells), self.missing_left[node], cells <= self.threshold[node])
                after = np.where(goes_left, self.left[node], self.right[node])
                if np.array_equal(after, node):
                    break
                node = after
            found[begin : begin + _CHUNK] = self.value[node]
        return found

    def logits(self, numbers: Matrix) -> Vector:
        """Return the log-odds of each row."""
        if not len(self):
            return np.full(len(numbers), self.start)
        # One after the other, as scikit-learn adds them.
        total: Vector = np.cumsum(self.leaves(numbers), axis=1)[:, -1] + self.start
        return total

    def first(self, n_trees: int) -> Trees:
        """Return the first trees alone."""
        if n_trees >= len(self):
            return self
        end = int(self.roots[n_trees])
        return Trees(self.start, self.roots[:n_trees], *(getattr(self, name)[:end] for name in _NODES))

    @property
    def features(self) -> set[int]:
        """The columns that are asked for."""
        asked = self.left != np.arange(len(self.left))
        return {int(column) for column in self.feature[asked]}

    def plain(self) -> dict[str, Any]:
        """Return the trees as lists for JSON; a threshold without end is null."""
        written = {name: getattr(self, name).tolist() for name in ("roots", *_NODES)}
        written["threshold"] = [None if np.isinf(x) else x for x in written["threshold"]]
        written["missing_left"] = [int(x) for x in written["missing_left"]]
        return {"start": self.start, **written}

    @classmethod
    def read(cls, written: dict[str, Any]) -> Trees:
        """Return the trees that `plain` wrote."""
        threshold = [np.inf if x is None else x for x in written["threshold"]]
        return cls(**{**written, "threshold": threshold})


_NODES = ("feature", "threshold", "missing_left", "left", "right", "value")
