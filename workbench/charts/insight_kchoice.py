"""Charts that choose a number of clusters: indices over k, and each cluster's stability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import keys, text
from workbench.tables import K_COMPARISON, K_STABILITY
from workbench.theme import Mode

INDICES = (
    "stability",
    "gap",
    "silhouette_score",
    "calinski_harabasz_score",
    "davies_bouldin_score",
)
# With the size of the smallest cluster: the panel of a section of its own.
ALL_INDICES = (*INDICES, "smallest_share")
MESSAGE_PREFIXES = ("charts.index.", "charts.verdict.", "insight_room.algorithm.")

# Hennig's thresholds: the lines of the strip.
THRESHOLDS = (0.6, 0.75, 0.85)
_VERDICTS = (
    ("unstable", 0.0, 0.6),
    ("doubtful", 0.6, 0.75),
    ("stable", 0.75, 0.85),
    ("very_stable", 0.85, 1),
)
_DASHES = ([1, 0], [5, 3], [2, 2], [8, 3, 2, 3], [1, 3], [10, 4])
# Narrower panels would squeeze the silhouettes for a line that only says "far below".
_WIDE = 100
_EXACT = {"smallest_share": ".1%", "calinski_harabasz_score": ",.0f"}


def compare_k(
    comparison: pd.DataFrame,
    *,
    best: dict[str, int] | None = None,
    chosen: int | None = None,
    lang: str = "en",
    mode: Mode = "light",
    columns: int = 5,
    width: int = 62,
    height: int = 110,
    indices: Sequence[str] = INDICES,
    algorithm: str | None = None,
) -> alt.ConcatChart:
    """Draw indices over k side by side, because a single one misleads.

    Several algorithms are lines of different dashes with a legend; one that has a single
    k is a dot. Bars at the gap are its standard error; dotted lines are the threshold of
    stable clusters, .75, and in panels of 100 pixels or more the silhouettes that k-means
    gets from structureless customers.

    Parameters
    ----------
    comparison : pandas.DataFrame
        A `K_COMPARISON` table, as `workbench.compare_k` returns it.
    best : dict of str to int, default=None
        The k that each index prefers, as in ``recommend_k(comparison).votes``; marked.
    chosen : int, default=None
        The k in use; drawn as a dashed line.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    columns : int, default=5
        Panels side by side; fewer for a narrow place.
    width, height : int, default=62, 110
        Of one panel, in pixels.
    indices : sequence of str, optional
        Which indices, in order; `ALL_INDICES` adds the smallest cluster's share.
    algorithm : str, optional
        Whose votes `best` holds; by default the table's first algorithm.

    Returns
    -------
    altair.ConcatChart

    Examples
    --------
    >>> comparison = pd.DataFrame({
    ...     "k": [2, 3], "inertia": [9.0, 4.0], "silhouette_score": [0.4, 0.6],
    ...     "calinski_harabasz_score": [90.0, 120.0], "davies_bouldin_score": [0.9, 0.5],
    ...     "gap": [0.1, 0.5], "gap_se": [0.02, 0.02], "stability": [0.95, 0.9],
    ...     "smallest_share": [0.4, 0.3],
    ... })
    >>> len(compare_k(comparison, best={"gap": 3}, chosen=3, indices=ALL_INDICES).concat)
    6
    """
    K_COMPARISON.check(comparison)
    rows = comparison if "algorithm" in comparison else comparison.assign(algorithm="kmeans")
    algorithms = list(dict.fromkeys(rows["algorithm"]))
    rows = rows.assign(name=[_algorithm_name(str(one), lang) for one in rows["algorithm"]])
    voter = algorithm or (str(algorithms[0]) if algorithms else "kmeans")
    panels = [
        _panel(
            rows, index, (best or {}).get(index), chosen, voter, lang, mode, is_wide=width >= _WIDE
        ).properties(width=width, height=height)
        for index in indices
    ]
    chart = alt.concat(*panels, columns=columns, spacing=12)
    return finish(chart, mode, description=text("charts.compare_k", lang))


def _panel(
    rows: pd.DataFrame,
    index: str,
    preferred: int | None,
    chosen: int | None,
    voter: str,
    lang: str,
    mode: Mode,
    *,
    is_wide: bool,
) -> alt.LayerChart:
    tokens = theme.tokens(mode)
    own = rows[["k", "algorithm", "name", index]].rename(columns={index: "value"}).dropna()
    x = alt.X(
        "k:Q", axis=quiet_axis(values=_ends(rows["k"], chosen), format="d"), scale=alt.Scale(zero=False)
    )
    y = alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False, padding=6))
    names = list(dict.fromkeys(rows["name"]))
    tooltip = [
        *([alt.Tooltip("name:N", title=text("charts.algorithm", lang))] if len(names) > 1 else []),
        alt.Tooltip("k:Q", title="k", format="d"),
        alt.Tooltip("value:Q", title=text(f"charts.index.{index}", lang), format=_EXACT.get(index, ".3f")),
    ]
    layers: list[Any] = []
    if chosen is not None:
        mark = alt.Chart(pd.DataFrame({"k": [chosen]}))
        layers.append(mark.mark_rule(color=tokens["line-2"], strokeDash=[3, 3]).encode(x="k:Q"))
    layers += _context(rows, index, x, tokens, is_wide)
    line = alt.Chart(own).mark_line(color=tokens["ink-2"], strokeWidth=1.5)
    if len(names) > 1:
        dash = alt.StrokeDash(
            "name:N",
            scale=alt.Scale(domain=names, range=[list(one) for one in _DASHES[: len(names)]]),
            legend=alt.Legend(title=None, orient="bottom", symbolStrokeColor=tokens["ink-2"], columns=3),
        )
        line = line.encode(strokeDash=dash)
    layers.append(line.encode(x=x, y=y))
    alone = own[~own["algorithm"].duplicated(keep=False)]
    layers.append(
        alt.Chart(alone).mark_point(shape="diamond", size=40, color=tokens["ink-2"]).encode(x=x, y=y)
    )
    # An unseen dot at each k is what the pointer finds.
    layers.append(alt.Chart(own).mark_point(size=90, opacity=0).encode(x=x, y=y, tooltip=tooltip))
    if preferred is not None:
        agrees = chosen is None or preferred == chosen
        point = own[(own["k"] == preferred) & (own["algorithm"] == voter)]
        layers.append(
            alt.Chart(point)
            .mark_point(
                size=46,
                filled=True,
                opacity=1,
                fill=tokens["accent"] if agrees else tokens["surface"],
                stroke=tokens["accent"] if agrees else tokens["warn"],
                strokeWidth=2,
            )
            .encode(x=x, y=y, tooltip=tooltip)
        )
    title = alt.TitleParams(
        text(f"charts.index.{index}", lang),
        subtitle=_note(own, index, preferred, chosen, voter, lang),
        fontSize=11.5,
        subtitleFontSize=11,
        offset=6,
    )
    panel: Any = alt.layer(*layers)
    return panel.properties(title=title)


def _context(rows: pd.DataFrame, index: str, x: alt.X, tokens: dict[str, str], is_wide: bool) -> list[Any]:
    """Return what is drawn behind a line, to judge it by."""
    y = alt.Y("low:Q", axis=None, scale=alt.Scale(zero=False, padding=6))
    dotted: dict[str, Any] = {"color": tokens["ink-3"], "strokeWidth": 1, "strokeDash": [1, 3]}
    if index == "gap":
        errors = rows[["k", "gap", "gap_se"]].dropna()
        bars = errors.assign(low=errors["gap"] - errors["gap_se"], high=errors["gap"] + errors["gap_se"])
        mark = alt.Chart(bars[["k", "low", "high"]]).mark_rule(color=tokens["line-2"], strokeWidth=3)
        return [mark.encode(x=x, y=y, y2="high:Q")]
    if index == "stability" and rows["stability"].notna().any():
        return [alt.Chart(pd.DataFrame({"low": [THRESHOLDS[1]]})).mark_rule(**dotted).encode(y=y)]
    if index == "silhouette_score" and is_wide and "silhouette_reference" in rows:
        reference = rows[["k", "silhouette_reference"]].dropna().drop_duplicates("k").sort_values("k")
        frame = reference.rename(columns={"silhouette_reference": "low"})
        return [alt.Chart(frame).mark_line(**dotted).encode(x=x, y=y)]
    return []


def _note(
    own: pd.DataFrame, index: str, preferred: int | None, chosen: int | None, voter: str, lang: str
) -> str:
    if index == "smallest_share":
        share = own.loc[(own["algorithm"] == voter) & (own["k"] == chosen), "value"]
        return text("charts.share_at", lang, share=f"{share.iloc[0]:.1%}", k=chosen) if len(share) else ""
    if preferred is None:
        return text("charts.no_vote", lang)
    return text("charts.best_at", lang, k=preferred)


def cluster_stability(
    stability: pd.DataFrame,
    *,
    k: int | None = None,
    algorithm: str | None = None,
    names: dict[int, str] | None = None,
    lang: str = "en",
    mode: Mode = "light",
    row_height: int = 24,
) -> alt.LayerChart:
    """Draw how often each cluster comes back when customers are drawn again.

    A dot is the mean Jaccard coefficient over the draws, the line behind it reaches from
    their 5% to their 95% quantile; the lines across are Hennig's thresholds. A dot is
    hollow where the cluster is not stable.

    Parameters
    ----------
    stability : pandas.DataFrame
        A `K_STABILITY` table, as `workbench.cluster_stability` returns it.
    k : int, optional
        Which number of clusters to draw, one row a cluster; by default all, one row a k
        with a dot for each of its clusters.
    algorithm : str, optional
        Which algorithm; by default the table's first.
    names : dict of int to str, optional
        Names of the clusters, by number; used with `k`.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=24
        Pixels a row.

    Returns
    -------
    altair.LayerChart

    Examples
    --------
    >>> stability = pd.DataFrame({
    ...     "algorithm": ["kmeans"] * 2, "k": [2, 2], "cluster": [0, 1], "jaccard": [0.9, 0.5], "n": [40, 20]
    ... })
    >>> cluster_stability(stability, k=2).to_dict()["height"]
    48
    """
    K_STABILITY.check(stability)
    tokens = theme.tokens(mode)
    first = algorithm or (str(stability["algorithm"].iloc[0]) if len(stability) else "kmeans")
    rows = stability[stability["algorithm"] == first]
    if k is not None:
        rows = rows[rows["k"] == k].sort_values("cluster")
        row = [
            (names or {}).get(int(one), text("charts.cluster", lang, cluster=int(one)))
            for one in rows["cluster"]
        ]
    else:
        rows = rows.sort_values(["k", "cluster"])
        row = [f"k = {int(one)}" for one in rows["k"]]
    frame = rows.assign(
        row=row,
        verdict=[text(f"charts.verdict.{_verdict(float(mean))}", lang) for mean in rows["jaccard"]],
        stable=rows["jaccard"] > THRESHOLDS[1],
    )
    for end in ("low", "high"):
        frame[end] = frame[end].fillna(frame["jaccard"]) if end in frame else frame["jaccard"]
    order = list(dict.fromkeys(frame["row"]))
    y = alt.Y("row:N", sort=order, axis=quiet_axis(labelColor=tokens["ink"], labelLimit=150))
    scale = alt.Scale(domain=[0, 1], nice=False, zero=True)
    x = alt.X("jaccard:Q", scale=scale, axis=quiet_axis(values=[0, *THRESHOLDS, 1], format=".2~f"))
    marks = pd.DataFrame({"threshold": list(THRESHOLDS)})
    lines = (
        alt.Chart(marks)
        .mark_rule(color=tokens["line-2"], strokeDash=[3, 3])
        .encode(x=alt.X("threshold:Q", scale=scale))
    )
    words = (
        alt.Chart(
            pd.DataFrame(
                [
                    {"middle": (low + high) / 2, "verdict": text(f"charts.verdict.{word}", lang)}
                    for word, low, high in _VERDICTS
                ]
            )
        )
        .mark_text(fontSize=11, color=tokens["ink-3"], y=-8)
        .encode(x=alt.X("middle:Q", scale=scale), text="verdict:N")
    )
    tooltip = [
        alt.Tooltip("row:N", title=" "),
        alt.Tooltip("cluster:Q", title=text("charts.cluster_number", lang), format="d"),
        alt.Tooltip("n:Q", title=text("charts.customers", lang), format=",d"),
        alt.Tooltip("jaccard:Q", title=text("charts.jaccard", lang), format=".2f"),
        alt.Tooltip("verdict:N", title=text("charts.verdict_label", lang)),
    ]
    layers: list[Any] = [lines, words]
    base = alt.Chart(frame).encode(y=y)
    if k is not None:
        layers.append(
            base.mark_rule(color=tokens["line-2"], strokeWidth=3).encode(
                x=alt.X("low:Q", scale=scale), x2="high:Q"
            )
        )
    dots = base.mark_point(size=52, filled=True, opacity=1, stroke=tokens["ink-2"], strokeWidth=1.5)
    layers.append(
        dots.encode(
            x=x,
            fill=alt.condition("datum.stable", alt.value(tokens["ink-2"]), alt.value(tokens["surface"])),
            tooltip=tooltip,
        )
    )
    if k is not None:
        layers.append(
            base.mark_text(align="left", dx=8, color=tokens["ink-2"], baseline="middle").encode(
                x=alt.value("width"), text=alt.Text("jaccard:Q", format=".2f")
            )
        )
    chart = alt.layer(*layers).properties(width="container", height=row_height * max(len(order), 1))
    return finish(chart, mode, description=text("charts.cluster_stability", lang))


def _verdict(mean: float) -> str:
    if mean != mean or mean < THRESHOLDS[0]:
        return "unstable"
    return ("doubtful", "stable", "very_stable")[(mean > THRESHOLDS[1]) + (mean > THRESHOLDS[2])]


def _algorithm_name(algorithm: str, lang: str) -> str:
    key = f"insight_room.algorithm.{algorithm}"
    return text(key, lang) if key in keys(lang) else algorithm


def _ends(k: pd.Series, chosen: int | None) -> list[int]:
    shown = {int(k.min()), int(k.max())}
    return sorted(shown | ({chosen} if chosen is not None else set()))
