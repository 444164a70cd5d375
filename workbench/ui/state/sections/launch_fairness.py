"""What the launch section shows of fairness: ratios by group, small cells hidden, and the finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import hide_small_cells

if TYPE_CHECKING:
    from workbench.project.fairness import Fairness
    from workbench.ui.state.sections.launch import LaunchState

BASES = ("eligible", "all")
NUMBERS = ("n", "n_selected", "rate", "ratio", "ci_low", "ci_high")
MESSAGE_PREFIXES = (
    "strategy_launch.attribute.",
    "strategy_launch.group.",
    "strategy_launch.verdict.",
    "strategy_launch.base.",
    "strategy_launch.fair.",
)
_SIGNS = {"reference": "●", "fair": "✓", "below": "✕", "too_few": "?", "unknown": "–", "hidden": "–"}
_TONES = {"fair": "good", "below": "bad", "too_few": "warn"}
_NAMED = ("F", "M")


class LaunchFairnessFigures:
    """Figures of one state of the section.

    Parameters
    ----------
    section : LaunchState
        Whose lists are compared.

    Attributes
    ----------
    strategy : str
        The strategy that is looked at; empty for all lists together.
    base : str
        ``eligible`` customers, or ``all``.
    """

    def __init__(self, section: LaunchState) -> None:
        self._section = section
        self.found: Fairness | None = None
        self.strategy = ""
        self.base = BASES[0]
        self._shown: dict[tuple[str, str], pd.DataFrame] = {}

    def forget(self) -> None:
        """Forget what was read."""
        self.found = None
        self._shown = {}

    def read(self, selection: Any) -> None:
        """Read what is kept of a selection, or of what is launched; compute it where nothing is."""
        fairness = self._section.project.strategy.fairness
        if selection is None:
            self.found = fairness.launched()
        else:
            try:
                self.found = fairness.of_selection(selection.sha256)
            except NotFound:
                self.found = fairness.check(selection)
        if self.found is not None and self.base not in self.bases():
            self.base = "all"
        if self.strategy not in self.strategies():
            self.strategy = ""

    @property
    def threshold(self) -> float:
        """The ratio below which a group is selected too rarely."""
        return self.found.threshold if self.found is not None else 0.8

    def bases(self) -> list[str]:
        """Return the customers that shares can be of."""
        if self.found is None:
            return []
        there = set(self.found.table["base"])
        return [base for base in BASES if base in there]

    def strategies(self) -> list[str]:
        """Return the strategies that can be looked at, all lists together first."""
        if self.found is None:
            return []
        return ["", *sorted(set(self.found.table["strategy_id"]) - {""})]

    def choose_strategy(self, value: str) -> None:
        """Look at a strategy, or at all lists together."""
        if value in self.strategies():
            self.strategy = value
            self._section.touch()

    def choose_base(self, value: str) -> None:
        """Take shares of the eligible customers, or of all."""
        if value in self.bases():
            self.base = value
            self._section.touch()

    # Rows ------------------------------------------------------------------------

    def table(self) -> pd.DataFrame:
        """Return the rows of the chosen strategy and base; small cells hidden from readers."""
        if self.found is None:
            return pd.DataFrame()
        key = (self.strategy, self.base)
        if key not in self._shown:
            rows = self.found.table
            if self._section.hides:
                rows = hide_small_groups(rows, self._section.project.small_cell)
            else:
                rows = rows.assign(hidden=False)
            for each, mine in rows.groupby(["strategy_id", "base"], sort=False):
                self._shown[str(each[0]), str(each[1])] = mine.reset_index(drop=True)  # type: ignore[index]
        return self._shown.get(key, pd.DataFrame())

    def rows(self) -> list[dict[str, Any]]:
        """Return what the table shows, one row a group."""
        found = []
        for row in self.table().to_dict("records"):
            verdict = "hidden" if row["hidden"] else str(row["verdict"])
            found.append(
                {
                    "attribute": self._section.t(f"strategy_launch.attribute.{row['attribute']}"),
                    "group": self.group(str(row["attribute"]), str(row["group"])),
                    "hidden": bool(row["hidden"]),
                    "n": row["n"],
                    "n_selected": row["n_selected"],
                    "rate": row["rate"],
                    "ratio": None if pd.isna(row["ratio"]) else f"{row['ratio']:.2f}",
                    "interval": "" if pd.isna(row["ci_low"]) else f"{row['ci_low']:.2f}–{row['ci_high']:.2f}",
                    "verdict": self._section.t(f"strategy_launch.verdict.{verdict}"),
                    "sign": _SIGNS[verdict],
                    "tone": _TONES.get(verdict, ""),
                }
            )
        return found

    def drawn(self) -> pd.DataFrame:
        """Return what the chart draws: groups with a name, in the order of their attributes."""
        table = self.table()
        if table.empty:
            return table
        table = table[table["group"].ne("") & ~table["hidden"] & table["ratio"].notna()]
        t, section = self._section.t, self._section
        labels, shown = [], []
        for row in table.to_dict("records"):
            name = self.group(str(row["attribute"]), str(row["group"]))
            labels.append(f"{t('strategy_launch.attribute.' + str(row['attribute']))} · {name}")
            rate = locale.percent(row["rate"])
            key = "strategy_launch.fair.reference" if row["reference"] else "strategy_launch.fair.figures"
            shown.append(
                t(
                    key,
                    rate=rate,
                    ratio=f"{row['ratio']:.2f}",
                    verdict=section.t(f"strategy_launch.verdict.{row['verdict']}"),
                )
            )
        return table.assign(label=labels, shown=shown).reset_index(drop=True)

    def group(self, attribute: str, group: str) -> str:
        """Return a group's name in the screen's language."""
        t = self._section.t
        if group == "":
            return t("strategy_launch.group.unknown")
        if attribute == "gender" and group in _NAMED:
            return t(f"strategy_launch.group.{group.casefold()}")
        if attribute == "age_group":
            if group.endswith("+"):
                return t("strategy_launch.group.over", age=group[:-1])
            low, _, high = group.partition("-")
            if low == "0":
                return t("strategy_launch.group.under", age=int(high) + 1)
            return t("strategy_launch.group.between", low=low, high=high)
        return group

    def _whom(self, row: Any) -> str:
        """Return a group as the subject of a sentence."""
        t, attribute = self._section.t, str(row["attribute"])
        name = self.group(attribute, str(row["group"]))
        if attribute == "gender" and row["group"] in _NAMED:
            return t(f"strategy_launch.group.{str(row['group']).casefold()}")
        key = "strategy_launch.group.aged" if attribute == "age_group" else "strategy_launch.group.of"
        return t(key, group=name)

    # Sentences -------------------------------------------------------------------

    def below(self) -> tuple[int, int]:
        """Return how many groups are selected too rarely, and how many were compared."""
        table = self.table()
        if table.empty:
            return 0, 0
        known = table[~table["hidden"] & table["verdict"].isin(["fair", "below", "too_few"])]
        return int(known["verdict"].eq("below").sum()), len(known)

    def title(self) -> str:
        """Return the finding: who is selected too rarely, or that nobody is as far as can be told."""
        t, table = self._section.t, self.table()
        if table.empty:
            return t("strategy_launch.fair.neutral")
        known = table[~table["hidden"]]
        threshold = f"{self.threshold:.2f}"
        worst = known[known["verdict"].eq("below")].sort_values("ratio")
        if len(worst):
            row = worst.iloc[0]
            top = known[known["attribute"].eq(row["attribute"]) & known["reference"]]
            values = {
                "group": self._whom(row),
                "ratio": f"{row['ratio']:.2f}",
                "reference": self._lower(self._whom(top.iloc[0])) if len(top) else "–",
                "threshold": threshold,
            }
            key = "strategy_launch.fair.below" if len(worst) == 1 else "strategy_launch.fair.below_more"
            return t(key, **values, more=len(worst) - 1)
        unsure = int(known["verdict"].eq("too_few").sum())
        compared = int(known["verdict"].isin(["fair", "too_few"]).sum())
        if not compared:
            return t("strategy_launch.fair.neutral")
        if unsure:
            return t("strategy_launch.fair.unsure", n=unsure, of=compared, threshold=threshold)
        lowest = known[known["verdict"].eq("fair")].sort_values("ratio").iloc[0]
        return t(
            "strategy_launch.fair.none", n=compared, lowest=f"{lowest['ratio']:.2f}", threshold=threshold
        )

    def _lower(self, words: str) -> str:
        return words[0].lower() + words[1:] if self._section.lang == "en" else words

    def subtitle(self) -> str:
        """Return what is compared with what, and how."""
        if self.found is None:
            return ""
        table = self.table()
        n = 0
        if len(table) and not table["hidden"].any():
            n = int(table.loc[table["attribute"].eq(table["attribute"].iloc[0]), "n"].sum())
        day = self._section.project.cycle.snapshot_date
        return self._section.t(
            "strategy_launch.fair.subtitle" if n else "strategy_launch.fair.subtitle_hidden",
            base=self._section.t(f"strategy_launch.base.{self.base}"),
            n=f"{n:,}",
            date=locale.date(day, self._section.lang) if day else "–",
        )


def hide_small_groups(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Hide groups whose counts are small, and others that would give them away.

    Parameters
    ----------
    table : pandas.DataFrame
        As `workbench.check_fairness` returns it.
    minimum : int
        The smallest count that may be shown.

    Returns
    -------
    pandas.DataFrame
        A copy with ``hidden``; numbers of hidden rows are missing, and all ratios of a
        block whose reference is hidden.

    Notes
    -----
    Selected customers are hidden as a table of strategy by group, because all lists
    together are its total; the selected, those passed over and all of a block as a row
    of its own, because another attribute's groups have the same sum.
    """
    hidden = np.zeros(len(table), dtype=bool)
    rows = table.reset_index(drop=True)
    places = pd.Series(np.arange(len(rows)))
    for _, mine in rows[rows["strategy_id"].ne("")].groupby(["base", "attribute"], sort=False):
        cells = hide_small_cells(
            mine[["strategy_id", "group", "n_selected"]].rename(columns={"n_selected": "count"}),
            minimum=minimum,
            by=("strategy_id", "group"),
            count="count",
            totals=True,
        )
        inner = cells["hidden"].to_numpy(dtype=bool)[: len(mine)]
        hidden[places[mine.index][inner]] = True
        totals = cells.iloc[len(mine) :]
        concealed = totals[totals["strategy_id"].isna() & totals["hidden"].astype(bool)]["group"].dropna()
        same = rows["strategy_id"].eq("") & rows["attribute"].eq(mine["attribute"].iloc[0])
        same &= rows["base"].eq(mine["base"].iloc[0]) & rows["group"].isin(set(concealed))
        hidden |= same.to_numpy()
    for _, mine in rows.groupby(["strategy_id", "base", "attribute"], sort=False):
        passed_over = mine["n"] - mine["n_selected"]
        for counts in (mine["n"], mine["n_selected"], passed_over):
            cells = hide_small_cells(
                pd.DataFrame({"group": mine["group"], "count": counts}),
                minimum=minimum,
                by=("group",),
                count="count",
            )
            hidden[places[mine.index][cells["hidden"].to_numpy(dtype=bool)]] = True
    # What is small among all is small among the eligible, and the other way round.
    keys = ["strategy_id", "attribute", "group"]
    hidden = rows.assign(_hidden=hidden).groupby(keys)["_hidden"].transform("max").to_numpy(dtype=bool)
    shown = rows.assign(hidden=hidden)
    shown["n"], shown["n_selected"] = shown["n"].astype("Int64"), shown["n_selected"].astype("Int64")
    for name in NUMBERS:
        shown[name] = shown[name].mask(hidden)
    for _, mine in shown.groupby(["strategy_id", "base", "attribute"], sort=False):
        if mine.loc[mine["reference"], "hidden"].any():
            shown.loc[mine.index, ["ratio", "ci_low", "ci_high"]] = np.nan
            shown.loc[mine.index[~mine["hidden"]], "verdict"] = "unknown"
    return shown
