"""Two sides of a room compared: what head office and branches both saw, and what only one did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale

if TYPE_CHECKING:
    from workbench.ui.state.sections.room import RoomState

MESSAGE_PREFIXES = ("insight_brainstorm.seen.",)
DRAWN = 12
"""Themes that the chart draws, those with the most votes of each kind first."""
_LONGEST_NAME = 70
_LATE = ("vote", "decide", "closed")


class RoomSides:
    """The comparison of the room that is shown.

    Parameters
    ----------
    state : RoomState
        The section.
    """

    def __init__(self, state: RoomState) -> None:
        self._state = state
        self._kept: pd.DataFrame | None = None
        self._drawn: tuple[str, pd.DataFrame] | None = None

    def forget(self) -> None:
        """Compare anew when asked next: something has changed."""
        self._kept = self._drawn = None

    def themes(self) -> pd.DataFrame:
        """Return the themes with the weight each side gives them; none while ideas are private."""
        state = self._state
        if self._kept is None:
            if state.room is None or state.is_private or state.ideas.empty:
                return pd.DataFrame()
            self._kept = state.project.insight.rooms.sides(state.chosen)
        return self._kept

    @property
    def is_there(self) -> bool:
        """Whether there is something to compare: before ideas are grouped each is a theme of its own."""
        grouped = len(self._state.groups) > 0 or self._state.stage in _LATE
        return grouped and len(self.themes()) > 0

    def rows(self) -> list[dict[str, Any]]:
        """Return the table: each theme with ideas and votes of each side."""
        return [
            {
                "name": row["name"],
                "office": int(row["n_head_office"]),
                "branch": int(row["n_branch"]),
                "gap": locale.points(row["gap"], self._state.lang, places=0),
                "votes": int(row["votes"]),
                "seen": self._state.t(f"insight_brainstorm.seen.{row['seen_by']}"),
                "both": row["seen_by"] == "both",
                "alone": bool(pd.isna(row["group_id"])),
            }
            for row in self.themes().to_dict("records")
        ]

    def chart(self) -> pd.DataFrame:
        """Return the themes to draw, the same object as long as nothing has changed."""
        lang = self._state.lang
        if self._drawn is None or self._drawn[0] != lang:
            self._drawn = lang, self._chart()
        return self._drawn[1]

    def _chart(self) -> pd.DataFrame:
        columns = ["theme", "label", "head_office", "branch", "votes", "seen"]
        themes = self.themes()
        if themes.empty:
            return pd.DataFrame(columns=columns)
        t = self._state.t
        # Unless both sides took part, a share of one side's ideas compares nothing.
        drawn = themes.head(DRAWN)
        return pd.DataFrame(
            {
                "theme": [str(number) for number in range(len(drawn))],
                "label": [_short(name) for name in drawn["name"]],
                "head_office": drawn["share_head_office"].astype(float).to_numpy(),
                "branch": drawn["share_branch"].astype(float).to_numpy(),
                "votes": [t("insight_brainstorm.chart.votes", n=int(votes)) for votes in drawn["votes"]],
                "seen": [t(f"insight_brainstorm.seen.{seen}") for seen in drawn["seen_by"]],
            },
            columns=columns,
        )

    def counts(self) -> dict[str, int]:
        """Return how many themes both sides saw, and how many only one."""
        themes = self.themes()
        names = ("both", "head_office", "branch")
        if themes.empty:
            return dict.fromkeys(names, 0)
        return {name: int((themes["seen_by"] == name).sum()) for name in names}

    def finding(self) -> str:
        """Return what both sides saw, and which theme has the most votes."""
        t, themes, counts = self._state.t, self.themes(), self.counts()
        if themes.empty:
            return t("insight_brainstorm.title.no_ideas")
        values = {"n": len(themes), "both": counts["both"]}
        if self._is_one_sided():
            said = t("insight_brainstorm.title.one_side", **values)
        else:
            said = t(
                "insight_brainstorm.title.both" if counts["both"] else "insight_brainstorm.title.apart",
                **values,
            )
        best = themes.iloc[int(themes["votes"].to_numpy().argmax())]
        if not best["votes"]:
            return said
        top = t("insight_brainstorm.title.top", theme=_short(str(best["name"])), votes=int(best["votes"]))
        return said + top

    def chart_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the chart."""
        t, counts, themes = self._state.t, self.counts(), self.themes()
        if self._is_one_sided() or themes.empty:
            title = t("insight_brainstorm.chart.neutral")
        else:
            title = t("insight_brainstorm.chart.title", **counts)
        subtitle = t("insight_brainstorm.chart.subtitle", n=len(self._state.ideas), themes=len(themes))
        if len(themes) > DRAWN:
            subtitle += t("insight_brainstorm.chart.cut", n=DRAWN)
        return title, subtitle

    def _is_one_sided(self) -> bool:
        themes = self.themes()
        return not themes.empty and bool(themes["gap"].isna().all())

    def python(self) -> str:
        """Return the Python that compares the same."""
        return f"project.insight.rooms.sides({self._state.chosen})"


def _short(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= _LONGEST_NAME else flat[: _LONGEST_NAME - 1].rstrip() + "…"
