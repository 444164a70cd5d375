"""A segmenter whose clusters a person has split, merged or drawn anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.insight.scaling import fit_scaling
from workbench.insight.segmenter import Segmenter, checked_features

if TYPE_CHECKING:
    from workbench.insight.rules import RuleSegmenter

Step = dict[str, Any]


class Reshaped:
    """A fitted segmenter and what was done to its clusters since, in order.

    Merging and splitting by k-means are repeated exactly for other customers. Who was
    taken out by hand (drawn around in the picture) is known by name only for this
    snapshot: others go to whichever is nearer, the mean of those taken or of those left.

    Parameters
    ----------
    base : Segmenter
        Fitted.
    steps : sequence of dict
        As `merge_step`, `split_step` and `taken_step` return them.

    Attributes
    ----------
    feature_names_in_ : numpy.ndarray
        Names of the features.
    random_state : int
        The base's seed.

    Examples
    --------
    >>> features = pd.DataFrame({"age": [20.0, 21.0, 22.0, 40.0, 41.0, 70.0]})
    >>> base = Segmenter(n_clusters=3).fit(features)
    >>> base.predict(features).tolist()
    [0, 0, 0, 1, 1, 2]
    >>> Reshaped(base, [merge_step([1, 2])]).predict(features).tolist()
    [0, 0, 0, 1, 1, 1]
    """

    def __init__(self, base: Segmenter, steps: Sequence[Step]) -> None:
        self.base = base
        self.steps = list(steps)
        self.feature_names_in_ = base.feature_names_in_
        self.random_state = base.random_state

    def predict(self, features: pd.DataFrame) -> np.ndarray:
        """Return the cluster of each row.

        Parameters
        ----------
        features : pandas.DataFrame of shape (n_customers, n_features)
            With at least the columns it was fitted on.

        Returns
        -------
        numpy.ndarray of int, shape (n_customers,)
        """
        labels = np.array(self.base.predict(features), dtype="int64")
        own = features[[str(name) for name in self.feature_names_in_]]
        for step in self.steps:
            labels = _STEPS[step["kind"]](step, labels, own)
        return labels

    def to_json(self) -> str:
        """Return everything that `predict` needs as JSON text."""
        return json.dumps({**json.loads(self.base.to_json()), "reshaped": self.steps}, ensure_ascii=False)


def restore_segmenter(model: Mapping[str, Any]) -> Segmenter | Reshaped | RuleSegmenter:
    """Return the segmenter of an approved segmentation's ``model``, reshaped or not.

    Examples
    --------
    >>> features = pd.DataFrame({"age": [20.0, 21.0, 40.0, 41.0]})
    >>> model = json.loads(Segmenter(n_clusters=2).fit(features).to_json())
    >>> restore_segmenter(model).predict(features).tolist()
    [0, 0, 1, 1]
    """
    base: Any
    if "rules" in model:
        from workbench.insight.rules import RuleSegmenter

        base = RuleSegmenter.from_model(model)
    else:
        base = Segmenter.from_json(json.dumps(dict(model)))
    steps = model.get("reshaped")
    return Reshaped(base, steps) if steps else base


def merge_step(clusters: Sequence[int]) -> Step:
    """Return the step that puts clusters into the first of them."""
    return {"kind": "merge", "clusters": [int(one) for one in clusters[1:]], "into": int(clusters[0])}


def split_step(cluster: int, parts: Sequence[int], segmenter: Segmenter) -> Step:
    """Return the step that splits a cluster as a segmenter fitted on its members does."""
    return {
        "kind": "split",
        "cluster": int(cluster),
        "parts": [int(part) for part in parts],
        "model": json.loads(segmenter.to_json()),
    }


def taken_step(features: pd.DataFrame, before: np.ndarray, chosen: np.ndarray, into: int) -> Step:
    """Return the step that takes customers out of their clusters by hand.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        Of everyone.
    before : numpy.ndarray of int
        Everyone's cluster before.
    chosen : numpy.ndarray of bool
        Who is taken.
    into : int
        The cluster they form or join.
    """
    scaling = fit_scaling(features)
    scaled = scaling.apply(features.to_numpy(dtype="float64"))
    sources = [int(one) for one in np.unique(before[chosen]) if one != into]
    left = {one: scaled[(before == one) & ~chosen] for one in sources}
    return {
        "kind": "taken",
        "into": int(into),
        "center": scaling.center.tolist(),
        "scale": scaling.scale.tolist(),
        "taken": scaled[chosen].mean(axis=0).tolist(),
        "left": {str(one): rows.mean(axis=0).tolist() if len(rows) else None for one, rows in left.items()},
    }


def _merge(step: Step, labels: np.ndarray, _features: pd.DataFrame) -> np.ndarray:
    return np.where(np.isin(labels, step["clusters"]), step["into"], labels)


def _split(step: Step, labels: np.ndarray, features: pd.DataFrame) -> np.ndarray:
    inside = labels == step["cluster"]
    if inside.any():
        found = Segmenter.from_json(json.dumps(step["model"])).predict(features[inside])
        labels[inside] = np.asarray(step["parts"])[found]
    return labels


def _take(step: Step, labels: np.ndarray, features: pd.DataFrame) -> np.ndarray:
    values = checked_features(features).to_numpy(dtype="float64")
    scaled = (values - np.asarray(step["center"])) / np.asarray(step["scale"])
    taken = ((scaled - np.asarray(step["taken"])) ** 2).sum(axis=1)
    found = labels.copy()
    for cluster, mean in step["left"].items():
        inside = labels == int(cluster)
        nearer = inside if mean is None else inside & (taken < ((scaled - np.asarray(mean)) ** 2).sum(axis=1))
        found[nearer] = step["into"]
    return found


_STEPS = {"merge": _merge, "split": _split, "taken": _take}
