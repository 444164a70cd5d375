"""What the indices recommend, and where they disagree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench import locale
from workbench.tables import K_COMPARISON

MESSAGE_PREFIXES = ("insight_room.index.",)

GAP_OF_ONE = "gap_of_one_cluster"
"""Where a comparison keeps the gap at k = 1, which its table has no row for."""

INDICES = (
    "silhouette_score",
    "calinski_harabasz_score",
    "davies_bouldin_score",
    "gap",
    "stability",
)
STABLE = 0.75
# Below this, Rousseeuw's own reading is "no substantial structure".
NO_STRUCTURE = 0.25


@dataclass(frozen=True)
class KRecommendation:
    """How many clusters the indices recommend.

    Parameters
    ----------
    k : int
        The number recommended; 1 means that the customers form no clusters.
    votes : dict of str to int
        The number each index votes for. An index that can't decide has no vote.
    agree : int
        Votes for `k`.
    stable : bool or None
        Whether every cluster at `k` came back with a mean Jaccard of .75 or more;
        None where stability was not computed.
    """

    k: int
    votes: dict[str, int]
    agree: int
    stable: bool | None = None

    @property
    def dissent(self) -> dict[str, int]:
        """Indices that vote for another number, with their vote."""
        return {index: k for index, k in self.votes.items() if k != self.k}

    def explanation(self, lang: str = "en") -> str:
        """Say in a sentence who votes for what.

        Examples
        --------
        >>> KRecommendation(6, {"silhouette_score": 6, "gap": 8}, 1).explanation()
        '1 of 2 indices say 6 clusters. Others: gap 8.'
        """
        key = "insight_room.k.recommended" if self.k > 1 else "insight_room.k.no_clusters"
        text = locale.text(key, lang, agree=self.agree, n=len(self.votes), k=self.k)
        if self.dissent:
            between = "、" if lang == "zh_CN" else ", "
            others = between.join(
                f"{locale.text(f'insight_room.index.{index}', lang)} {k}" for index, k in self.dissent.items()
            )
            text += locale.text("insight_room.k.others", lang, others=others)
        if self.stable is False:
            text += locale.text("insight_room.k.unstable", lang)
        return text


def recommend_k(comparison: pd.DataFrame) -> KRecommendation:
    """Recommend a number of clusters by the votes of five indices.

    Silhouette and Calinski-Harabasz vote for their maximum, Davies-Bouldin for its
    minimum, the gap statistic for the first k with ``gap(k) >= gap(k+1) - s(k+1)``
    (no vote where it rises to the end), stability for the largest k of which every
    cluster has a mean Jaccard of .75 or more (no vote where none has). The number with
    most votes wins; among equals the more stable one, then the smaller. Where no two
    indices agree, the stable number nearest to the median vote wins: the most stable
    would nearly always be the fewest clusters.

    "No clusters" (k = 1) is the answer where the gap statistic votes for 1, no later gap
    exceeds the gap at 1 by more than its standard error, and no k has a silhouette of
    .25 or more. The other indices are not defined at 1 and can't vote for it; the rule
    of the first k alone would stop at 1 too easily where the first split of many
    clusters, or of yes-or-no features, gains little.

    Parameters
    ----------
    comparison : pandas.DataFrame
        From `compare_k`. Gaps of neighbouring k are compared; where the range has
        steps, the next k present counts as k + 1.

    Returns
    -------
    KRecommendation

    Raises
    ------
    TableProblem
        If it is not a table `workbench.tables.K_COMPARISON`.

    Examples
    --------
    >>> import pandas as pd
    >>> comparison = pd.DataFrame({
    ...     "k": [2, 3, 4], "inertia": [9.0, 4.0, 3.0], "silhouette_score": [0.4, 0.6, 0.5],
    ...     "calinski_harabasz_score": [90.0, 120.0, 100.0], "davies_bouldin_score": [0.9, 0.5, 0.7],
    ...     "gap": [0.1, 0.5, 0.45], "gap_se": [0.02] * 3, "stability": [0.95, 0.9, 0.5],
    ...     "smallest_share": [0.4, 0.3, 0.1],
    ... })
    >>> recommend_k(comparison)
    KRecommendation(k=3, votes={...}, agree=5, stable=True)
    """
    table = K_COMPARISON.check(comparison).sort_values("k").set_index("k")
    gaps = _gaps(table, comparison.attrs.get(GAP_OF_ONE))
    votes = _votes(table, gaps)
    weak = not table["silhouette_score"].max() >= NO_STRUCTURE
    if votes.get("gap") == 1 and weak and _best_at_one(gaps):
        return KRecommendation(1, votes, 1)
    counts = Counter(k for k in votes.values() if k > 1)
    if not counts:
        smallest = int(table.index[0])
        return KRecommendation(smallest, votes, sum(k == smallest for k in votes.values()))
    winner = _winner(counts, {int(str(k)): float(v) for k, v in table["stability"].dropna().items()})
    measured = table["stability"].get(winner, np.nan)
    stable = None if np.isnan(measured) else bool(measured >= STABLE)
    return KRecommendation(winner, votes, counts[winner], stable)


def _winner(counts: Counter[int], stability: dict[int, float]) -> int:
    most = max(counts.values())
    if most == 1 and len(counts) > 2:
        middle = float(np.median(list(counts)))
        stable = [k for k in counts if stability.get(k, -1.0) >= STABLE]
        return min(stable or counts, key=lambda k: (abs(k - middle), -stability.get(k, -1.0), k))
    return max(counts, key=lambda k: (counts[k], stability.get(k, -1.0), -k))


def _votes(table: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, int]:
    votes: dict[str, int] = {}
    for index in ("silhouette_score", "calinski_harabasz_score"):
        if table[index].notna().any():
            votes[index] = int(str(table[index].idxmax()))
    if table["davies_bouldin_score"].notna().any():
        votes["davies_bouldin_score"] = int(str(table["davies_bouldin_score"].idxmin()))
    enough = gaps["gap"].to_numpy()[:-1] >= (gaps["gap"] - gaps["gap_se"]).to_numpy()[1:]
    if enough.any():
        votes["gap"] = int(gaps.index[int(enough.argmax())])
    stable = table.index[(table["stability"] >= STABLE).to_numpy()]
    if len(stable):
        votes["stability"] = int(stable.max())
    return votes


def _best_at_one(gaps: pd.DataFrame) -> bool:
    first = gaps["gap"].iloc[0]
    return bool((first >= gaps["gap"].iloc[1:] - gaps["gap_se"].iloc[1:]).all())


def _gaps(table: pd.DataFrame, of_one: list[float] | None) -> pd.DataFrame:
    gaps = table[["gap", "gap_se"]].dropna()
    if of_one is not None and 1 not in gaps.index and 2 in gaps.index:
        gaps = pd.concat([pd.DataFrame([of_one], columns=["gap", "gap_se"], index=[1]), gaps])
    return gaps
