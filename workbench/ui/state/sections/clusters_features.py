"""Which features the bench uses, and how much each counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.insight import feature_label

if TYPE_CHECKING:
    from workbench.insight import Preparation

WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
SHOWN = 60
"""Features listed at once; a search finds the others."""


class FeatureChoice:
    """The features that `prepare_features` left, less those switched off.

    Parameters
    ----------
    changed : callable
        Called when a choice has changed.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.preparation: Preparation | None = None
        self.off: set[str] = set()
        self.weights: dict[str, float] = {}
        self.search = ""

    @property
    def names(self) -> list[str]:
        """All that may be used."""
        return [] if self.preparation is None else [str(name) for name in self.preparation.features]

    @property
    def used(self) -> list[str]:
        """Those in use, in order."""
        return [name for name in self.names if name not in self.off]

    def table(self) -> pd.DataFrame:
        """Return the features in use."""
        assert self.preparation is not None
        return self.preparation.features[self.used]

    def own_weights(self) -> dict[str, float] | None:
        """Return the weights that are not 1, of features in use."""
        used = set(self.used)
        return {name: w for name, w in sorted(self.weights.items()) if name in used and w != 1.0} or None

    def toggle(self, name: str) -> None:
        """Use a feature, or don't; an unknown name does nothing."""
        if name in self.names:
            self.off ^= {name}
            self._changed()

    def use(self, names: Iterable[str], on: bool) -> None:
        """Use several features, or none of them."""
        known = set(names) & set(self.names)
        self.off = self.off - known if on else self.off | known
        self._changed()

    def weigh(self, name: str, step: int) -> None:
        """Let a feature count more (1) or less (-1), by one of `WEIGHTS`."""
        if name not in self.names:
            return
        now = WEIGHTS.index(self.weights.get(name, 1.0))
        self.weights[name] = WEIGHTS[max(0, min(now + step, len(WEIGHTS) - 1))]
        self._changed()

    def found(self, lang: str) -> list[str]:
        """Return the features whose name or label holds what is searched for."""
        wanted = self.search.strip().lower()
        return [
            name
            for name in self.names
            if wanted in name.lower() or wanted in feature_label(name, lang).lower()
        ]

    def rows(self, lang: str) -> list[dict[str, Any]]:
        """Return what the list shows: at most `SHOWN` features with shape, choice and weight."""
        if self.preparation is None:
            return []
        notes = self.preparation.notes.set_index("feature")
        rows = []
        for name in self.found(lang)[:SHOWN]:
            weight = self.weights.get(name, 1.0)
            rows.append(
                {
                    "name": name,
                    "label": feature_label(name, lang),
                    "on": name not in self.off,
                    "weight": f"{weight:g}",
                    "least": weight == WEIGHTS[0],
                    "most": weight == WEIGHTS[-1],
                    "skewness": locale.signed(notes.at[name, "skewness"], 1),
                    "outliers": locale.percent(notes.at[name, "outlier_share"], 1),
                }
            )
        return rows

    def kept(self) -> dict[str, Any]:
        """Return the choice as plain data for a draft."""
        return {"off": sorted(self.off), "weights": self.weights}

    def restore(self, content: dict[str, Any]) -> None:
        """Take the choice of a draft; what makes no sense is passed over."""
        self.off = {str(name) for name in content.get("off") or ()}
        weights = content.get("weights") or {}
        self.weights = {str(name): float(w) for name, w in weights.items() if w in WEIGHTS}
