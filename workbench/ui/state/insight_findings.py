"""The insight screen's sentences: made of the figures on screen, never claimed beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import locale
from workbench.ui.state.parts import Button, Kpi

if TYPE_CHECKING:
    from workbench.ui.state.insight import InsightState

MESSAGE_PREFIXES = ("insight.lifecycle.",)
NOTABLE = 0.1
"""A share in decline below this is not worth a title."""


class InsightFindings:
    """Titles and key figures of one state of the screen.

    Parameters
    ----------
    state : InsightState
        Whose figures are put into words.
    """

    def __init__(self, state: InsightState) -> None:
        self._state = state
        self.t = state.t

    def title(self) -> str:
        """Return the page's title."""
        state = self._state
        summary = state.summary()
        mine = summary[summary["segment"] == state.focus]
        if mine.empty:
            return self.t("insight.title.none_left")
        row = mine.iloc[0]
        name = row["shown"]
        customers = locale.percent(row["share_customers"], places=0)
        if row["share_balance"] != row["share_balance"]:
            return self.t("insight.title.customers_only", segment=name, customers=customers)
        values = {
            "segment": name,
            "balances": locale.percent(row["share_balance"], places=0),
            "customers": customers,
        }
        decline = row["share_in_decline"]
        if decline == decline and decline >= NOTABLE:
            return self.t("insight.title.decline", decline=locale.percent(decline, places=0), **values)
        return self.t("insight.title.balances", **values)

    def kpis(self) -> list[Kpi]:
        """Return customers, balances, segments, weak stages, changes and drift."""
        state, lang = self._state, self._state.lang
        rows, segmentation = state.shown(), state.segmentation
        assert segmentation is not None
        everyone = len(state.customers)
        total = rows["balance_total"].sum(min_count=1) if "balance_total" in rows else None
        kpis = [
            Kpi(
                self.t("insight.kpi.customers"),
                locale.count(len(rows), lang),
                note=self._since("n", len(rows))
                or self.t(
                    "insight.kpi.of_all", share=locale.percent(len(rows) / everyone if everyone else None)
                ),
                exact=f"{len(rows):,}",
            ),
            Kpi(
                self.t("insight.kpi.balances"),
                locale.money(total, lang),
                note=self._since("balances", total)
                or self.t(
                    "insight.kpi.mean_balance",
                    mean=locale.money(rows["balance_total"].mean() if total is not None else None, lang),
                ),
            ),
            self._segments(),
            self._weak(),
            *self._versions(),
        ]
        return kpis

    def _since(self, figure: str, value: float | None) -> str:
        """Return how a figure of all customers changed since the cycle before, or nothing."""
        state = self._state
        before = state.figures_before()
        if before is None or len(state.shown()) < len(state.customers) or not value:
            return ""
        old = before[1].get(figure)
        if not old:
            return ""
        change = value / old - 1
        sign = "▲" if change > 0 else "▼" if change < 0 else "="
        return self.t("insight.kpi.change", sign=sign, change=locale.percent(abs(change)), cycle=before[0])

    def _segments(self) -> Kpi:
        segmentation = self._state.segmentation
        assert segmentation is not None
        n = len(segmentation.segments)
        note = self.t("insight.kpi.no_comparison")
        if segmentation.comparison is not None:
            found = segmentation.comparison.set_index("k")["stability"].get(n)
            note = self.t("insight.kpi.stability", stability=locale.decimal(found), k=n)
        return Kpi(self.t("insight.kpi.segments"), str(n), note=note)

    def _weak(self) -> Kpi:
        from workbench.ui.state.insight import WEAK_STAGES

        rows = self._state.shown()
        label = self.t("insight.kpi.weak")
        if "lifecycle_stage" not in rows or rows["lifecycle_stage"].isna().all():
            return Kpi(label, locale.percent(None), note=self.t("insight.kpi.no_stage"))
        known = rows["lifecycle_stage"].dropna()
        weak = int(known.isin(WEAK_STAGES).sum())
        return Kpi(
            label,
            locale.percent(weak / len(known)),
            note=self._weak_since(weak / len(known))
            or self.t("insight.kpi.weak_n", n=locale.count(weak, self._state.lang)),
        )

    def _weak_since(self, share: float) -> str:
        state = self._state
        before = state.figures_before()
        if before is None or before[1].get("weak") is None or len(state.shown()) < len(state.customers):
            return ""
        change = share - before[1]["weak"]
        key = "insight.kpi.worse" if change > 0 else "insight.kpi.better"
        sign = "▲" if change > 0 else "▼"
        return self.t(
            key, sign=sign, change=locale.points(abs(change), state.lang).lstrip("+"), cycle=before[0]
        )

    def buttons(self) -> tuple[Button, ...]:
        """Return the button that compares with the version before, if there is one."""
        state = self._state
        if state.previous is None or "versions" not in state.homes:
            return ()
        name = self.t("insight_versions.pick.short", version=state.previous.version)
        label = self.t("insight_versions.pick.button", before=name)
        return (Button("section", label, value="versions"),)

    def _versions(self) -> list[Kpi]:
        """Return who changed segment and what drifted; for a first version what was loaded."""
        from workbench.ui.state.sections.versions_findings import changed_kpi, drift_kpi

        state = self._state
        compared = state.compared()
        if compared is None or state.previous is None:
            first = self.t("insight.kpi.first_version")
            return [Kpi(self.t("insight.kpi.changed"), locale.percent(None), note=first), self._loaded()]
        since = self.t("insight.kpi.since", version=state.previous.version, cycle=state.previous.cycle_id)
        return [changed_kpi(compared, state, state.project.small_cell, since), drift_kpi(compared, state)]

    def _loaded(self) -> Kpi:
        files = self._state.project.imports.report().files
        read, loaded = int(files["rows_read"].sum()), int(files["rows_loaded"].sum())
        label = self.t("insight.kpi.loaded")
        if not read:
            return Kpi(label, locale.percent(None))
        return Kpi(
            label,
            locale.percent(loaded / read),
            note=self.t("insight.kpi.quarantined", n=locale.count(read - loaded, self._state.lang)),
        )

    def map_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the picture."""
        state = self._state
        segmentation = state.segmentation
        assert segmentation is not None
        info = segmentation.embedding_info or {}
        largest = state.summary().sort_values("n", ascending=False)
        title = self.t("insight.map.neutral")
        if len(largest):
            title = self.t(
                "insight.map.title", n=len(segmentation.segments), segment=largest.iloc[0]["shown"]
            )
        subtitle = self.t(
            "insight.map.subtitle",
            method=str(info.get("method", "")).upper(),
            sample=f"{info.get('n_sample', 0):,}",
            n=f"{info.get('n_total', 0):,}",
            trust=locale.decimal(info.get("trustworthiness")),
        )
        if info.get("n_trust"):
            basis = self.t("insight.map.basis", k=info["n_neighbors"], n=f"{info['n_trust']:,}")
            subtitle = f"{subtitle} ({basis})"
        if info.get("placing") == "neighbours":
            placed = locale.decimal(info.get("trustworthiness_placed"))
            subtitle += self.t("insight.map.placed", trust=placed)
        subtitle += self.t("insight.map.no_unit")
        return title, subtitle

    def top_note(self) -> str:
        """Return what the customers hold whom the picture's slider highlights."""
        state = self._state
        held = state.richest()
        if state.top_share == 100 or not held["n"]:
            return self.t("insight.map.top_all")
        return self.t(
            "insight.map.top_note",
            share=f"{state.top_share}%",
            n=locale.count(held["n"], state.lang),
            held=locale.percent(held["share"], places=0),
        )

    def chosen_words(self) -> str:
        """Return who is chosen, for the chip."""
        state = self._state
        if state.stage_chosen:
            stage = state.t(f"insight.lifecycle.{state.stage_chosen}")
            return self.t("insight.filter.cell", segment=state.shown_name(state.selected), stage=stage)
        group = state.group() or {"hidden": True, "n": 0}
        return self.t("insight.filter.group", n="–" if group["hidden"] else f"{group['n']:,}")

    def shares_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the share chart."""
        state = self._state
        summary = state.summary()
        when = locale.date(state.project.cycle.snapshot_date, state.lang)
        subtitle = self.t("insight.shares.subtitle", n=f"{len(state.shown()):,}", date=when)
        top = summary.head(2)
        if len(top) == 2 and top["share_balance"].notna().all():
            held, counted = top["share_balance"].sum(), top["share_customers"].sum()
            if held > counted:
                return self.t(
                    "insight.shares.title",
                    balances=locale.percent(held, places=0),
                    customers=locale.percent(counted, places=0),
                ), subtitle
        return self.t("insight.shares.neutral"), subtitle

    def heat_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the lifecycle table."""
        state = self._state
        subtitle = self.t("insight.heat.subtitle", minimum=state.project.small_cell)
        if state.heat_table() is not state.lifecycle_table():
            return self.t("insight.heat.group", n=f"{len(state.group_ids()):,}"), subtitle
        table = state.lifecycle_table()
        mine = table[(table["segment"] == state.focus) & (table["lifecycle_stage"] == "decline")]
        total = state.summary().set_index("segment")["n"].get(state.focus)
        if len(mine) and total and not bool(mine.iloc[0]["hidden"]):
            n = int(mine.iloc[0]["n"])
            return self.t(
                "insight.heat.title",
                share=locale.percent(n / total, places=0),
                n=locale.count(n, state.lang),
                segment=state.shown_name(state.focus),
            ), subtitle
        return self.t("insight.heat.neutral"), subtitle

    def k_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the five indices."""
        state = self._state
        votes, chosen = state.votes()
        subtitle = self.t("insight.k.subtitle")
        if not votes:
            return self.t("insight.k.neutral", k=chosen), subtitle
        agree = sum(k == chosen for k in votes.values())
        if agree < 2:
            said = ", ".join(str(k) for k in sorted(set(votes.values())))
            return self.t("insight.k.disagree", values=said, k=chosen), subtitle
        return self.t("insight.k.title", agree=agree, all=len(votes), k=chosen), subtitle

    def differences_title(self) -> tuple[str, str]:
        """Return the heading and the note of the side panel's bars."""
        rows = self._state.differences()
        if rows.empty:
            return self.t("insight.panel.apart"), ""
        worst = rows["p_value"].max()
        key = "insight.panel.significant" if worst < 0.001 else "insight.panel.p_value"
        if "measure" in rows:
            key = "insight.panel.effect_significant" if worst < 0.001 else "insight.panel.effect_p_value"
        strongest = rows.reindex(rows["difference"].abs().sort_values(ascending=False).index).iloc[0]
        way = "insight.panel.more" if strongest["difference"] > 0 else "insight.panel.less"
        return self.t(way, feature=strongest["label"]), self.t(key, p=locale.decimal(worst, 3))
