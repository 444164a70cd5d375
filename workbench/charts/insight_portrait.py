"""Charts of the section Portrait: stages beside another day's, and how old each source's rows are."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.charts.look import finish, quiet_axis
from workbench.locale import text
from workbench.theme import Mode

# Fresh is dark: what is known best weighs most.
_AGE_TOKENS = {
    "days_30": "q5",
    "days_90": "q4",
    "days_365": "q3",
    "older": "n2",
    "none": "line",
    "hidden": "sunken",
}


def stage_shares(
    stages: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 24
) -> alt.LayerChart:
    """Draw the share of customers in each lifecycle stage; a tick is the other day's.

    Parameters
    ----------
    stages : pandas.DataFrame
        In the stages' order: ``label``, ``share`` (0 to 1, missing where hidden) and
        ``before`` (the other day's share, missing where none is compared).
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=24
        Pixels a stage.

    Returns
    -------
    altair.LayerChart
    """
    tokens = theme.tokens(mode)
    rows = stages[["label", "share", "before"]].copy()
    rows["shown"] = [
        text("charts.portrait.hidden", lang) if pd.isna(share) else f"{share:.0%}" for share in rows["share"]
    ]
    rows["at"] = rows[["share", "before"]].max(axis=1).fillna(0.0)
    y = alt.Y(
        "label:N",
        sort=list(rows["label"]),
        axis=quiet_axis(labelLimit=120, labelColor=tokens["ink"], labelAlign="left", labelPadding=84),
    )
    x: Any = alt.X("share:Q", axis=None, scale=alt.Scale(zero=True, padding=30, nice=False))
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_bar(height=12, color=tokens["q4"]).encode(x=x)
    ticks = base.transform_filter("isValid(datum.before)").mark_tick(
        thickness=2, size=18, color=tokens["ink"], opacity=1
    )
    ends = base.mark_text(align="left", dx=6, color=tokens["ink"]).encode(
        x=alt.X("at:Q", axis=None), text="shown:N"
    )
    chart = alt.layer(bars, ticks.encode(x=alt.X("before:Q", axis=None)), ends).properties(
        width="container", height=row_height * max(len(rows), 1)
    )
    return finish(chart, mode, description=text("charts.portrait.stages", lang))


def source_ages(
    ages: pd.DataFrame, *, lang: str = "en", mode: Mode = "light", row_height: int = 30
) -> alt.LayerChart:
    """Draw for each source how old the customers' newest rows are, as parts of one bar.

    Parameters
    ----------
    ages : pandas.DataFrame
        ``label`` (the source), ``age`` (days_30, days_90, days_365, older, none or
        hidden), ``age_label``, ``share`` (0 to 1), source by source.
    lang : str, default="en"
        Language of the texts.
    mode : {"light", "dark"}, default="light"
        Whose colours to use.
    row_height : int, default=30
        Pixels a source.

    Returns
    -------
    altair.LayerChart
    """
    tokens = theme.tokens(mode)
    order = [age for age in _AGE_TOKENS if age in set(ages["age"])]
    names = {str(age): str(label) for age, label in zip(ages["age"], ages["age_label"], strict=True)}
    rows = ages[["label", "age_label", "share"]].assign(rank=ages["age"].map(list(_AGE_TOKENS).index))
    rows["shown"] = [f"{share:.0%}" for share in rows["share"]]
    scale = alt.Scale(domain=[names[age] for age in order], range=[tokens[_AGE_TOKENS[age]] for age in order])
    base = alt.Chart(rows).encode(
        y=alt.Y(
            "label:N",
            sort=list(dict.fromkeys(rows["label"])),
            axis=quiet_axis(labelLimit=120, labelColor=tokens["ink"], labelAlign="left", labelPadding=84),
        ),
        x=alt.X("share:Q", stack="zero", axis=None, scale=alt.Scale(domain=[0, 1])),
        order=alt.Order("rank:Q"),
    )
    legend = alt.Legend(
        title=None, orient="top", direction="horizontal", symbolType="square", columns=3, labelLimit=160
    )
    bars = base.mark_bar(height=15, stroke=tokens["surface"], strokeWidth=1).encode(
        color=alt.Color("age_label:N", scale=scale, legend=legend),
        tooltip=[alt.Tooltip("label:N"), alt.Tooltip("age_label:N"), alt.Tooltip("share:Q", format=".0%")],
    )
    chart = alt.layer(bars).properties(width="container", height=row_height * max(rows["label"].nunique(), 1))
    return finish(chart, mode, description=text("charts.portrait.ages", lang))
