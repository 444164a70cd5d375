"""What all charts share: the theme, segment colours, and direct labels."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from workbench import theme
from workbench.theme import Mode


def finish(chart: Any, mode: Mode, *, description: str) -> Any:
    """Return the chart with the look's configuration.

    Parameters
    ----------
    chart : altair chart
        Any Altair chart, not yet configured.
    mode : {"light", "dark"}
        Whose colours to use; Vega on canvas can't read CSS variables.
    description : str
        What a screen reader says.
    """
    # One copy, which shares its parts: a second deep one costs as much as drawing.
    finished = chart.copy(deep=False)
    finished.description = description
    finished.usermeta = {"mode": mode}
    finished.config = alt.Config(**theme.chart_config(mode))
    return finished


def segment_scale(segments: pd.DataFrame, mode: Mode) -> alt.Scale:
    """Return the colour scale of some segments: each keeps the colour of its slot.

    Parameters
    ----------
    segments : pandas.DataFrame
        Columns ``segment`` and ``slot``.
    mode : {"light", "dark"}
        Whose colours to use.
    """
    rows = segments.drop_duplicates("segment")
    return alt.Scale(
        domain=list(rows["segment"]),
        range=[theme.segment_color(int(slot), mode) for slot in rows["slot"]],
    )


def share_axis(**options: Any) -> alt.Axis:
    """Return an axis for shares of one, in percent."""
    return alt.Axis(format="~%", title=None, tickCount=5, **options)


def quiet_axis(**options: Any) -> alt.Axis:
    """Return an axis without a title or grid."""
    return alt.Axis(title=None, grid=False, **options)
