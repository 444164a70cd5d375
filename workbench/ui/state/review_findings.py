"""The review screen's sentences: made of the figures on screen, never claimed beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound
from workbench.review.caveats import CAVEATS, GRAVE
from workbench.ui.state.parts import Kpi
from workbench.ui.state.sections.hypotheses_kpi import hypotheses_kpi

if TYPE_CHECKING:
    from workbench.ui.state.review import ReviewState

ALARM = 0.001
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MESSAGE_PREFIXES = (
    "review.number.",
    "review.kpi.",
    "review.measure.",
    "review.level.",
    "review.daily.title_",
    "review_evaluation.tag.",
)


class ReviewFindings:
    """Titles, key figures and health tags of one state of the screen.

    Parameters
    ----------
    state : ReviewState
        Whose figures are put into words.
    """

    def __init__(self, state: ReviewState) -> None:
        self._state = state
        self._figures = state.figures
        self.t = state.t

    def number(self, n: int) -> str:
        """Return a small number as a sentence has it."""
        if 1 <= n <= len(_WORDS):
            return self.t(f"review.number.{_WORDS[n - 1]}")
        return locale.count(n, self._state.lang)

    # The page ------------------------------------------------------------------------

    def title(self) -> str:
        """Return the page's title, from the count of verdicts."""
        alarmed = self._alarmed()
        if alarmed:
            return self.t("review.title.alarm", strategies=", ".join(alarmed))
        counts = self._figures.verdicts()
        if not sum(counts.values()):
            return self.t("review.title.none_ran")
        works, harms, undecided = (counts[name] for name in ("works", "harms", "open"))
        said = self._proven(works, harms)
        if not undecided:
            return said
        if undecided == 1:
            rest = self.t("review.title.open_one", strategy=self._open_name())
        else:
            rest = self.t("review.title.open", n=self.number(undecided))
        if not works and not harms:
            return (
                self.t("review.title.all_open", n=self.number(undecided)) if undecided > 1 else _begin(rest)
            )
        return self.t("review.title.more", first=said, rest=rest)

    def _proven(self, works: int, harms: int) -> str:
        if works and harms:
            return _begin(
                self.t(
                    "review.title.works_harms_one" if works == 1 else "review.title.works_harms",
                    works=self.number(works),
                    harms=self.number(harms),
                )
            )
        if works:
            return _begin(
                self.t("review.title.works_one" if works == 1 else "review.title.works", n=self.number(works))
            )
        return _begin(
            self.t("review.title.harms_one" if harms == 1 else "review.title.harms", n=self.number(harms))
        )

    def _open_name(self) -> str:
        rows = self._figures.overall()
        found = rows.loc[rows["verdict"] == "open", "strategy_id"].iloc[0]
        return str(self._state.cards.set_index("strategy_id").at[found, "name"])

    def subtitle(self) -> str:
        """Return what the page rests on: version, dates, control."""
        state = self._state
        assert state.evaluation is not None
        cards = state.shown_cards()
        ratio = state.evaluation.sample_ratio
        ratio = ratio[ratio["strategy_id"].isin(cards["strategy_id"])]
        parts = [self.t("review.subtitle.board", version=state.evaluation.version)]
        first, last = cards["starts_on"].min(), cards["ends_on"].max()
        if pd.notna(first) and pd.notna(last):
            days = (last - first).days
            parts.append(self.t("review.subtitle.days", days=days, date=locale.date(last.date(), state.lang)))
        if ratio["n"].sum():
            share = ratio["n_control"].sum() / ratio["n"].sum()
            parts.append(self.t("review.subtitle.control", share=locale.percent(share, places=0)))
        if state.project.cycle.state == "closed":
            parts.append(self.t("review.subtitle.closed"))
        return " · ".join(parts)

    def what_to_do(self) -> str:
        """Return the step that makes an evaluation possible."""
        if self._state.cards.empty:
            before = self._state.project.cycle.opened_from
            if before:
                return self.t("review.nothing.before", cycle=before)
            return self.t("review.nothing.no_lists")
        if self._state.may("analyst"):
            return self.t("review.nothing.evaluate")
        return self.t("review.nothing.wait")

    # Health tags -----------------------------------------------------------------------

    def _ratios(self) -> pd.DataFrame:
        evaluation = self._state.evaluation
        assert evaluation is not None
        shown = self._state.shown_cards()["strategy_id"]
        return evaluation.sample_ratio[evaluation.sample_ratio["strategy_id"].isin(shown)]

    def _alarmed(self) -> list[str]:
        ratios = self._ratios()
        return list(ratios.loc[ratios["alarm"].astype(bool), "strategy_id"])

    def tags(self) -> list[tuple[str, str]]:
        """Return the health tags as (text, tone): arms as drawn, control left alone."""
        return [self._ratio_tag(), *self._contamination_tag(), *self._caveat_tags()]

    def _caveat_tags(self) -> list[tuple[str, str]]:
        """Return one tag for each kind of caveat in the strategies shown; contamination has its own."""
        try:
            rows = self._state.project.review.evidence.tables()["caveats"]
        except NotFound:
            return []
        shown = rows["strategy_id"].isin(self._state.shown_cards()["strategy_id"])
        rows = rows[shown & rows["key"].ne("contaminated")]
        found = []
        for key in CAVEATS:
            ids = list(rows.loc[rows["key"] == key, "strategy_id"])
            if ids:
                tone = "x" if key in GRAVE else "w"
                sign = "✕" if key in GRAVE else "!"
                told = self.t(f"review_evaluation.tag.{key}", strategies=", ".join(ids))
                found.append((f"{sign} {told}", tone))
        return found

    def _ratio_tag(self) -> tuple[str, str]:
        alarmed, smallest = self._alarmed(), self._ratios()["p_value"].min()
        shown = "< 0.001" if smallest < ALARM else f"= {locale.decimal(smallest)}"
        if alarmed:
            return self.t("review.tag.ratio_bad", strategies=", ".join(alarmed), p=shown), "x"
        if smallest != smallest:
            return self.t("review.tag.ratio_unknown"), "w"
        return self.t("review.tag.ratio_good", p=shown), "g"

    def _contamination_tag(self) -> list[tuple[str, str]]:
        rows = self._figures.overall()
        responses = rows[rows["outcome"] == "responded"]
        contacted: Any = responses["n_contaminated"].sum(min_count=1)
        held_back = responses.loc[responses["arm"] == "control", "n"].sum()
        if contacted != contacted or not held_back:
            return []
        if not contacted:
            return [(self.t("review.tag.clean"), "g")]
        if self._figures.is_small(contacted):
            minimum = self._state.project.settings.small_cell
            return [(self.t("review.tag.few_contacted", n=minimum), "w")]
        return [
            (
                self.t(
                    "review.tag.contacted",
                    n=f"{contacted:,.0f}",
                    share=locale.percent(contacted / held_back),
                ),
                "w",
            )
        ]

    # Key figures -----------------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return the six figures, each with its interval, plan or previous cycle."""
        rows = self._figures.kpis()
        return [
            self._kpi("value_won", rows, self._money),
            self._kpi("return_on_cost", rows, self._ratio),
            self._kpi("responded", rows, self._count),
            self._kpi("contacted_share", rows, locale.percent),
            self._kpi("cost", rows, self._money),
            (None if self._figures.is_filtered() else hypotheses_kpi(self._state)) or self._proven_kpi(rows),
        ]

    def _kpi(self, name: str, rows: pd.DataFrame, write: Any) -> Kpi:
        label, row = self.t(f"review.kpi.{name}"), rows.loc[name]
        value: Any = row["value"]
        if name == "responded" and self._figures.is_small(value):
            return Kpi(label, self.t("review.hidden"))
        notes = []
        if pd.notna(row["plan"]):
            notes.append(self.t("review.kpi.plan", plan=write(row["plan"])))
        if pd.notna(row["previous"]):
            before = self._state.project.cycle.opened_from or ""
            notes.append(self.t("review.kpi.previous", value=write(row["previous"]), cycle=before))
        if pd.notna(row["low"]):
            notes.insert(0, self.t("review.kpi.interval", low=write(row["low"]), high=write(row["high"])))
            # An interval fills the line; plan and previous cycle stand behind the figure.
            return Kpi(label, write(row["value"]), note=notes[0], exact=" · ".join(notes[1:]))
        return Kpi(label, write(row["value"]), note=" · ".join(notes))

    def _proven_kpi(self, rows: pd.DataFrame) -> Kpi:
        counts = self._figures.verdicts()
        value = rows.at["strategies_proven", "value"]
        return Kpi(
            self.t("review.kpi.strategies_proven"),
            locale.count(value, self._state.lang),
            unit=self.t("review.kpi.of", n=len(self._state.shown_cards())),
            note=self.t("review.kpi.others", harms=counts["harms"], open=counts["open"]),
        )

    def _money(self, value: float) -> str:
        return locale.money(value, self._state.lang)

    def _count(self, value: float) -> str:
        return locale.count(value, self._state.lang)

    def _ratio(self, value: float) -> str:
        return locale.count(None) if value != value else f"{'−' if value < 0 else ''}¥{abs(value):,.2f}"

    # Cards -------------------------------------------------------------------------------

    def uplift_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the effects."""
        state = self._state
        assert state.evaluation is not None
        rows = self._figures.uplift()
        n = self._figures.overall()
        listed = int(n.loc[n["outcome"] == state.measure, "n"].sum())
        subtitle = self.t(
            "review.uplift.subtitle_responded"
            if state.measure == "responded"
            else "review.uplift.subtitle_amount",
            n=f"{listed:,}",
            date=self._last_day(),
        )
        better = rows[rows["proven"] & (rows["uplift"] > 0)]
        worse = rows[rows["proven"] & (rows["uplift"] < 0)]
        if len(better):
            best = better.iloc[0]
            return self.t(
                "review.uplift.title_harm" if len(worse) else "review.uplift.title",
                strategy=self._name(best["strategy_id"]),
                uplift=self._short(best["uplift"]),
                worst=self._name(worse.iloc[-1]["strategy_id"]) if len(worse) else "",
            ), subtitle
        if len(worse):
            last = worse.iloc[-1]
            return self.t(
                "review.uplift.title_worse",
                strategy=self._name(last["strategy_id"]),
                uplift=self._short(last["uplift"]),
            ), subtitle
        if rows["uplift"].notna().any():
            return self.t("review.uplift.neutral"), subtitle
        return self.t("review.uplift.none"), subtitle

    def _short(self, uplift: float) -> str:
        if self._state.measure == "responded":
            return locale.points(uplift, self._state.lang)
        return ("+" if uplift > 0 else "") + locale.money(uplift, self._state.lang)

    def _name(self, strategy_id: str) -> str:
        return str(self._state.cards.set_index("strategy_id").at[strategy_id, "name"])

    def _last_day(self) -> str:
        last = self._state.outcomes["recorded_at"].max()
        return locale.date(None if pd.isna(last) else last.date(), self._state.lang)

    def funnel_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the funnel."""
        steps = self._figures.funnel().set_index("step")
        subtitle = self.t("review.funnel.subtitle", date=self._last_day())
        n, plan = steps["n"].astype(float), steps["plan"].astype(float)
        if not n["contacted"] > 0:
            return self.t("review.funnel.none"), subtitle
        share = locale.percent(n["contacted"] / n["listed"], places=0)
        if not (n["responded"] >= 0 and plan["responded"] > 0):
            return self.t("review.funnel.neutral", share=share), subtitle
        return self.t(
            "review.funnel.title",
            share=share,
            planned=locale.percent(n["responded"] / plan["responded"], places=0),
        ), subtitle

    def plan_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the table against plan."""
        state = self._state
        table = self._figures.against_plan()
        shown = self._figures.plan_table()
        subtitle = self.t(
            "review.plan.subtitle",
            level=self.t(f"review.level.{self._figures.level()}"),
            shown=shown["shown"],
            n=shown["n"],
            minimum=state.project.settings.small_cell,
        )
        totals = table[(table["strategy_id"] == "") & table["to_plan"].notna() & (table["part"] != "")]
        if totals.empty:
            return self.t("review.plan.neutral"), subtitle
        last, best = totals.iloc[-1], totals.iloc[0]
        cells = table[(table["part"] == last["part"]) & (table["strategy_id"] != "")]
        cells = cells[cells["to_plan"].notna()]
        if len(cells) > 1 and (cells["to_plan"] < 1).all():
            return self.t(
                "review.plan.below",
                part=self._part(last["part"]),
                share=locale.percent(last["to_plan"], places=0),
            ), subtitle
        if len(totals) < 2:
            return self.t("review.plan.neutral"), subtitle
        return self.t(
            "review.plan.title",
            best=self._part(best["part"]),
            high=locale.percent(best["to_plan"], places=0),
            last=self._part(last["part"]),
            low=locale.percent(last["to_plan"], places=0),
        ), subtitle

    def _part(self, part: str) -> str:
        return self._state.shown_segment(part) if self._figures.level() == "segment" else part

    def daily_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the days."""
        state = self._state
        days = self._figures.daily()
        if days.empty:
            return self.t("review.daily.neutral"), ""
        found = self._figures.decided()
        confidence = locale.percent(1 - state.evaluation.alpha, places=0) if state.evaluation else ""
        subtitle = self.t("review.daily.subtitle", n=f"{int(days['n'].iloc[-1]):,}", confidence=confidence)
        return self.t(
            f"review.daily.title_{found.verdict}",
            strategy=self._name(self._figures.tracked()),
            day="" if pd.isna(found.day) else int(found.day),
            last=int(found.last_day),
        ), subtitle

    def past_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the past campaigns."""
        rows = self._figures.past()
        if rows.empty:
            return self.t("review.past.neutral"), ""
        n = int(self._state.history.loc[self._state.history["outcome"] == "responded", "n"].sum())
        subtitle = self.t("review.past.subtitle", n=f"{n:,}")
        works = int(rows["found"].eq("works").sum())
        if not works:
            return self.t("review.past.none", n=len(rows)), subtitle
        return self.t("review.past.title", works=works, n=len(rows)), subtitle


def _begin(sentence: str) -> str:
    """Return a sentence with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]
