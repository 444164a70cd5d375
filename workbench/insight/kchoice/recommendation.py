"""What the indices recommend, and where they disagree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from workbench import locale
from workbench.insight.kchoice.verdicts import STABLE
from workbench.tables import K_COMPARISON

MESSAGE_PREFIXES = ("insight_room.index.", "insight_room.algorithm.")

GAP_OF_ONE = "gap_of_one_cluster"
"""Where a comparison keeps the gap at k = 1, which its table has no row for."""

INDICES = (
    "silhouette_score",
    "calinski_harabasz_score",
    "davies_bouldin_score",
    "gap",
    "stability",
)
DEFAULT_ALGORITHM = "kmeans"
# They find the number of clusters themselves, so their indices have nothing to choose from.
WITHOUT_K = ("hdbscan",)
# Below this, Rousseeuw's own reading is "no substantial structure".
NO_STRUCTURE = 0.25
# How far the best silhouette must lie above that of structureless customers: three
# deviations between references, and this at least.
_LEAST_MARGIN = 0.03
# An algorithm that leaves more customers than this in no cluster is not recommended.
MAXIMUM_UNASSIGNED = 0.1
SMALL_SHARE = 0.02
# A cluster of more customers than this leaves no segments beside it.
GIANT_SHARE = 0.95


@dataclass(frozen=True)
class KRecommendation:
    """How many clusters the indices recommend, and by which algorithm.

    Parameters
    ----------
    k : int
        The number recommended; 1 means that the customers form no clusters.
    votes : dict of str to int
        The number each index votes for. An index that can't decide has no vote.
    agree : int
        Votes for `k`.
    stable : bool or None
        Whether every cluster at `k` came back with a mean Jaccard above .75;
        None where stability was not computed.
    algorithm : str, default="kmeans"
        The algorithm recommended.
    stability : float or None
        Mean Jaccard coefficient of the least stable cluster at `k`.
    smallest_share : float or None
        Share of customers in the smallest cluster at `k`, 0 to 1.
    largest_share : float or None
        Share in the largest cluster; at ``k = 1`` in the largest of the clusters that
        the other indices would have had.
    by_algorithm : dict of str to int
        What the votes over each algorithm's own rows recommend.
    """

    k: int
    votes: dict[str, int]
    agree: int
    stable: bool | None = None
    algorithm: str = DEFAULT_ALGORITHM
    stability: float | None = field(default=None, compare=False)
    smallest_share: float | None = field(default=None, compare=False)
    by_algorithm: dict[str, int] = field(default_factory=dict, compare=False)
    largest_share: float | None = field(default=None, compare=False)

    @property
    def dissent(self) -> dict[str, int]:
        """Indices that vote for another number, with their vote."""
        return {index: k for index, k in self.votes.items() if k != self.k}

    def explanation(self, lang: str = "en") -> str:
        """Say in a few sentences who votes for what, and what to beware of.

        Parameters
        ----------
        lang : {"en", "zh_CN"}, default="en"
            The language.

        Returns
        -------
        str

        Examples
        --------
        >>> KRecommendation(6, {"silhouette_score": 6, "gap": 8}, 1).explanation()
        '1 of 2 indices say 6 clusters. Others: gap 8.'
        >>> KRecommendation(
        ...     4, {"gap": 4}, 1, True, "hierarchical", 0.88, 0.01, {"kmeans": 5, "hierarchical": 4}
        ... ).explanation()
        '1 of 1 indices say 4 clusters by hierarchical. Other algorithms: k-means 5. The least stable
        cluster of the chosen one comes back with a mean Jaccard of 0.88. The smallest cluster holds 1.0%
        of customers.'
        """
        text = self._finding(lang)
        if self.dissent:
            named = [(locale.text(f"insight_room.index.{i}", lang), k) for i, k in self.dissent.items()]
            text += locale.text("insight_room.k.others", lang, others=_listed(named, lang))
        elsewhere = {a: k for a, k in self.by_algorithm.items() if a != self.algorithm}
        if elsewhere:
            named = [(algorithm_name(a, lang), k) for a, k in elsewhere.items()]
            text += locale.text("insight_room.k.other_algorithms", lang, others=_listed(named, lang))
            if self.k > 1 and self.stability is not None:
                text += locale.text("insight_room.k.comes_back", lang, jaccard=f"{self.stability:.2f}")
        if self.stable is False:
            text += locale.text("insight_room.k.unstable", lang)
        if self.largest_share is not None and self.largest_share > GIANT_SHARE:
            text += locale.text("insight_room.k.giant", lang, share=f"{self.largest_share:.1%}")
        elif self.k > 1 and self.smallest_share is not None and self.smallest_share < SMALL_SHARE:
            text += locale.text("insight_room.k.small", lang, share=f"{self.smallest_share:.1%}")
        return text

    def _finding(self, lang: str) -> str:
        if self.k == 1:
            return locale.text("insight_room.k.no_clusters", lang)
        name = algorithm_name(self.algorithm, lang)
        if not self.votes:
            return locale.text("insight_room.k.no_votes", lang, k=self.k, algorithm=name)
        values = {"agree": self.agree, "n": len(self.votes), "k": self.k}
        if len(self.by_algorithm) > 1:
            return locale.text("insight_room.k.recommended_by", lang, algorithm=name, **values)
        return locale.text("insight_room.k.recommended", lang, **values)


def algorithm_name(algorithm: str, lang: str = "en") -> str:
    """Return an algorithm's name in a language.

    Examples
    --------
    >>> algorithm_name("gaussian_mixture"), algorithm_name("kmeans", "zh_CN")
    ('Gaussian mixture', 'K 均值')
    """
    key = f"insight_room.algorithm.{algorithm}"
    return locale.text(key, lang) if key in locale.keys(lang) else algorithm


def _listed(named: list[tuple[str, int]], lang: str) -> str:
    return ("、" if lang == "zh_CN" else ", ").join(f"{name} {k}" for name, k in named)


def recommend_k(comparison: pd.DataFrame) -> KRecommendation:
    """Recommend a number of clusters, and an algorithm, by the votes of five indices.

    Silhouette and Calinski-Harabasz vote for their maximum, Davies-Bouldin for its
    minimum, the gap statistic for the first k with ``gap(k) >= gap(k+1) - s(k+1)``
    (no vote where it rises to the end), stability for the largest k of which every
    cluster has a mean Jaccard above .75 (no vote where none has). The number with
    most votes wins; among equals the more stable one, then the smaller. Where no two
    indices agree, the stable number nearest to the median vote wins: the most stable
    would nearly always be the fewest clusters.

    "No clusters" (k = 1) is the answer where the gap statistic votes for 1, no later gap
    exceeds the gap at 1 by more than two standard errors of their difference, and the
    customers show no more structure than chance: no k has a silhouette of .25 or more; or
    the best one does not lie above the best one of structureless customers by three
    deviations (and .03 at least); or the clusters voted for are not stable and one holds over 95%. The other
    indices are not defined at 1 and can't vote for it; the rule of the first k alone
    would stop at 1 too easily where the first split of many clusters, or of yes-or-no
    features, gains little.

    Of several algorithms each votes over its own rows. Those whose clusters at their k
    all come back (mean Jaccard above .75) go first, among them the larger silhouette
    (to two digits; then the order given);
    then "no clusters" if one says so; then the rest. One that leaves more than a tenth
    of the customers in no cluster is taken only where there is no other.

    Parameters
    ----------
    comparison : pandas.DataFrame
        From `compare_k`. Gaps of neighbouring k are compared; where the range has
        steps, the next k present counts as k + 1. A table without a column
        ``algorithm`` is one of k-means.

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
    >>> recommendation = recommend_k(comparison)
    >>> recommendation.k, recommendation.agree, recommendation.stable
    (3, 5, True)
    """
    table = K_COMPARISON.check(comparison)
    if "algorithm" not in table.columns:
        table = table.assign(algorithm=DEFAULT_ALGORITHM)
    of_one = comparison.attrs.get(GAP_OF_ONE)
    each = {
        str(algorithm): _of_one_algorithm(str(algorithm), rows.sort_values("k").set_index("k"), of_one)
        for algorithm, rows in table.groupby("algorithm", sort=False)
    }
    chosen = min(each.values(), key=lambda one: _place(one, table))
    by_algorithm = {algorithm: one.k for algorithm, one in each.items()}
    return replace(chosen, by_algorithm=by_algorithm)


def _place(one: KRecommendation, table: pd.DataFrame) -> tuple[bool, int, float]:
    """Return what algorithms are ordered by; the first wins."""
    row = table[(table["algorithm"] == one.algorithm) & (table["k"] == one.k)]
    unassigned = float(row["unassigned_share"].iloc[0]) if "unassigned_share" in row and len(row) else 0.0
    silhouette = float(row["silhouette_score"].iloc[0]) if len(row) else 0.0
    order = 1 if one.k == 1 else 0 if one.stable else 2
    # Two digits: a smaller difference is no reason to leave the order given.
    return unassigned > MAXIMUM_UNASSIGNED, order, -round(silhouette, 2) if silhouette == silhouette else 0.0


def _of_one_algorithm(algorithm: str, table: pd.DataFrame, of_one: list[float] | None) -> KRecommendation:
    if algorithm in WITHOUT_K:
        k = int(str(table.index[0]))
        return _described(k, {}, algorithm, table)
    gaps = _gaps(table, of_one)
    votes = _votes(table, gaps)
    counts = Counter(k for k in votes.values() if k > 1)
    if not counts and votes.get("gap") != 1:
        return _described(int(str(table.index[0])), votes, algorithm, table)
    stability = {int(str(k)): float(v) for k, v in table["stability"].dropna().items()}
    found = _described(_winner(counts, stability), votes, algorithm, table) if counts else None
    if votes.get("gap") == 1 and _best_at_one(gaps) and (_structureless(table) or _only_outliers(found)):
        share = found.largest_share if found else None
        return KRecommendation(1, votes, 1, None, algorithm, largest_share=share)
    return found or _described(int(str(table.index[0])), votes, algorithm, table)


def _described(k: int, votes: dict[str, int], algorithm: str, table: pd.DataFrame) -> KRecommendation:
    cells = [
        float(table[name].get(k, np.nan)) if name in table else np.nan
        for name in ("stability", "smallest_share", "largest_share")
    ]
    stability, smallest, largest = (None if np.isnan(cell) else cell for cell in cells)
    agree = sum(vote == k for vote in votes.values())
    stable = None if stability is None else stability > STABLE
    return KRecommendation(k, votes, agree, stable, algorithm, stability, smallest, largest_share=largest)


def _only_outliers(found: KRecommendation | None) -> bool:
    """Say whether nearly everyone is in one cluster, and the others do not come back."""
    return found is not None and found.stable is False and (found.largest_share or 0.0) > GIANT_SHARE


def _structureless(table: pd.DataFrame) -> bool:
    """Say whether the silhouettes show no more than structureless customers would."""
    found = table["silhouette_score"]
    if not found.max() >= NO_STRUCTURE:
        return True
    if "silhouette_reference" not in table or table["silhouette_reference"].isna().all():
        return False
    best = int(table["silhouette_reference"].fillna(-1.0).to_numpy().argmax())
    deviation = float(table["silhouette_reference_sd"].fillna(0.0).iloc[best])
    chance = float(table["silhouette_reference"].iloc[best]) + max(3 * deviation, _LEAST_MARGIN)
    return not found.max() > chance


def _winner(counts: Counter[int], stability: dict[int, float]) -> int:
    most = max(counts.values())
    if most == 1 and len(counts) > 2:
        middle = float(np.median(list(counts)))
        stable = [k for k in counts if stability.get(k, -1.0) > STABLE]
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
    stable = table.index[(table["stability"] > STABLE).to_numpy()]
    if len(stable):
        votes["stability"] = int(stable.max())
    return votes


def _best_at_one(gaps: pd.DataFrame) -> bool:
    first, later = gaps.iloc[0], gaps.iloc[1:]
    error = np.hypot(later["gap_se"], first["gap_se"])
    return bool((later["gap"] - first["gap"] <= 2 * error).all())


def _gaps(table: pd.DataFrame, of_one: list[float] | None) -> pd.DataFrame:
    gaps = table[["gap", "gap_se"]].dropna()
    if of_one is not None and 1 not in gaps.index and 2 in gaps.index:
        gaps = pd.concat([pd.DataFrame([of_one], columns=["gap", "gap_se"], index=[1]), gaps])
    return gaps
