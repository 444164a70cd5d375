"""The section on hypotheses: what was believed beforehand, and what the data say of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.tables.hypotheses import AFTERWARDS, HYPOTHESIS_STATES, RATES
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.customers_figures import coarse
from workbench.ui.state.sections.hypotheses_form import HypothesisForm

MESSAGE_PREFIXES = (
    "review_hypotheses.measure.",
    "review_hypotheses.state.",
    "review_hypotheses.reason.",
    "review_hypotheses.test.",
    "review_hypotheses.event.",
    "review_hypotheses.source.",
)
SIGNS = {"supported": "✓", "refuted": "✕", "open": "?"}
TONES = {"supported": "good", "refuted": "bad", "open": "warn"}
_MONEY = ("amount", "balance_change")
_DOMINATED = 0.5
_ENDS = ("estimate", "ci_low", "ci_high")


class HypothesesState(SectionState):
    """The hypotheses of the cycle shown, and those of the cycle before that it decides.

    Attributes
    ----------
    state_filter : str
        Only those in this state; empty is all.
    segment_filter : str
        Only those about this segment; empty is all.
    chosen : str
        The hypothesis that is shown closely: its cycle and id.
    """

    name = "hypotheses"
    state_filter = traitlets.Enum(("", *HYPOTHESIS_STATES), default_value="")
    segment_filter = traitlets.Unicode("")
    chosen = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.frame = pd.DataFrame()
        self._drawn: dict[tuple[str, ...], pd.DataFrame] = {}
        self.strategies: dict[str, str] = {}
        self.form = HypothesisForm(self)
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["state_filter", "segment_filter", "chosen"])

    def load(self) -> None:
        """Read the hypotheses with what the data say of them."""
        self.frame = self.project.review.hypotheses.frame()
        self._drawn.clear()
        self.strategies = self._read_strategies()
        keys = [row["key"] for row in self._records()]
        if self.chosen not in keys:
            self.chosen = keys[0] if keys else ""
        self.form.reopen()

    def _read_strategies(self) -> dict[str, str]:
        from workbench.strategy import translate_strategies

        if not self.project.cycle.cycle_id:
            return {}
        cards = translate_strategies(self.project.strategy.cards(), self.lang)
        return dict(zip(cards["strategy_id"].astype("str"), cards["name"].astype("str"), strict=True))

    # Choosing --------------------------------------------------------------------

    def choose(self, key: str) -> None:
        """Show a hypothesis closely."""
        if key in [row["key"] for row in self._records()]:
            self.form.close()
            self.chosen = key
            self.touch()

    def choose_state(self, state: str) -> None:
        """Show only hypotheses in a state; the same again shows all."""
        if state in ("", *HYPOTHESIS_STATES):
            self.state_filter = "" if state == self.state_filter else state

    def choose_segment(self, segment: str) -> None:
        """Show only hypotheses about a segment."""
        if segment == "" or segment in self.segments():
            self.segment_filter = segment

    def segments(self) -> list[str]:
        """Return the segments that hypotheses are about."""
        if self.frame.empty:
            return []
        return sorted({str(name) for name in self.frame["segment"] if name})

    def _records(self) -> list[dict[str, Any]]:
        return [
            {**{str(n): v for n, v in row.items()}, "key": f"{row['cycle_id']} {row['hypothesis_id']}"}
            for row in self.frame.to_dict("records")
        ]

    # Words -----------------------------------------------------------------------

    def figure(self, value: Any, row: dict[str, Any]) -> str:
        """Return an estimate or a threshold in the outcome's unit."""
        if value is None or value != value:
            return "–"
        if value == 0:
            return "0"
        if row["outcome"] in RATES:
            if row["strategy_id"] or row["direction"] in ("higher", "lower"):
                return locale.points(value, self.lang)
            return locale.percent(value)
        if row["outcome"] in _MONEY:
            return ("+" if value > 0 else "") + locale.money(value, self.lang)
        return locale.signed(value)

    def statement(self, row: dict[str, Any]) -> str:
        """Return what is measured, in words."""
        measure = self.t(f"review_hypotheses.measure.{row['outcome']}")
        segment = self.screen.shown_segment(row["segment"]) if row["segment"] else ""
        who = segment or self.t("review_hypotheses.say.everybody")
        values = {"measure": measure, "who": who, "threshold": self.figure(row["threshold"], row)}
        direction = row["direction"]
        if row["strategy_id"]:
            values["strategy"] = self.strategy_name(row["strategy_id"])
            return self.t(_SAID_OF_STRATEGY[direction], **values)
        return self.t(_SAID[direction], **values)

    def strategy_name(self, strategy_id: str) -> str:
        """Return a strategy's id and name."""
        name = self.strategies.get(strategy_id, "")
        return f"{strategy_id} {name}".strip()

    def sentence(self, row: dict[str, Any]) -> str:
        """Return the sentence as it was written; the sample's in this language."""
        key = f"review_hypotheses.sample.{row['source_id']}"
        if row["source"] == "sample" and key in locale.keys(self.lang):
            strategy = self.strategy_name(row["strategy_id"])
            return self.t(key, strategy=strategy, segment=self.screen.shown_segment(row["segment"]))
        return str(row["sentence"])

    def result(self, row: dict[str, Any]) -> str:
        """Return the estimate with its interval, or why there is none."""
        if row["estimate"] != row["estimate"]:
            return self.t(f"review_hypotheses.reason.{row['reason']}")
        shown = [self.figure(row[name], row) for name in ("estimate", "ci_low", "ci_high")]
        return self.t("review_hypotheses.result", estimate=shown[0], low=shown[1], high=shown[2])

    def verdict(self, row: dict[str, Any]) -> str:
        """Return the state, or the reason that it is open for, in a word with its sign."""
        if row["reason"] in ("exploratory", "withdrawn"):
            return f"○ {self.t('review_hypotheses.state.' + row['reason'])}"
        return f"{SIGNS[row['state']]} {self.t('review_hypotheses.state.' + row['state'])}"

    def why(self, row: dict[str, Any]) -> str:
        """Return what keeps a hypothesis open: what is missing, and how much of it."""
        if row["reason"] == "undecided":
            if row["n_more"] == row["n_more"]:
                return self.t("review_hypotheses.needs", n=f"{int(row['n_more']):,}")
            return self.t("review_hypotheses.no_reach")
        if row["reason"] == "no_data" and row["outcome"] in AFTERWARDS:
            return self.t("review_hypotheses.reason.no_snapshot")
        if row["reason"] == "decided":
            return ""
        return self.t(f"review_hypotheses.reason.{row['reason']}")

    # Lists -----------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return the hypotheses that the filters leave, decided ones first within their cycle."""
        found = []
        for row in self._records():
            if self.state_filter and (row["state"] != self.state_filter or row["reason"] == "withdrawn"):
                continue
            if self.segment_filter and row["segment"] != self.segment_filter:
                continue
            found.append(self._row(row))
        return found

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        analyst = self.may("analyst")
        n = int(row["n"] or 0)
        few = not analyst and any(
            0 < int(row[name] or 0) < self.project.small_cell for name in ("n", "n_other")
        )
        if few:
            # The figures of so few customers are no reader's business.
            row = {**row, **dict.fromkeys(_ENDS, float("nan"))}
        elif not analyst and row["test"] == "wilson":
            # A rate of known customers is a count; it is told so coarsely that none is given away.
            told = {
                name: coarse(float(row[name]), n, self.project.small_cell, name.removeprefix("ci_"))
                for name in _ENDS
            }
            row = {**row, **{name: float("nan") if value is None else value for name, value in told.items()}}
        carried = row["cycle_id"] != self.project.cycle.cycle_id
        slots = dict(zip(self.screen.segments["segment"], self.screen.segments["slot"], strict=True))
        return {
            "key": row["key"],
            "id": row["hypothesis_id"],
            "cycle": row["cycle_id"] if carried else "",
            "sentence": self.sentence(row),
            "statement": self.statement(row),
            "segment": self.screen.shown_segment(row["segment"]) if row["segment"] else "",
            "slot": int(slots.get(row["segment"], 0)),
            "state": row["state"],
            "reason": row["reason"],
            "tone": "" if row["reason"] in ("exploratory", "withdrawn") else TONES[row["state"]],
            "verdict": self.verdict(row),
            "result": self.t("review_hypotheses.few") if few else self.result(row),
            "why": self.why(row),
            "n": self.t("review_hypotheses.few") if few else f"{n:,}" if n else "–",
            "chosen": row["key"] == self.chosen,
            "raw": row,
        }

    def forest(self) -> pd.DataFrame:
        """Return the estimates to draw, each on its own scale: right of the line is as believed.

        ``low``, ``mid`` and ``high`` are distances from the threshold as shares of the
        farther end, turned so that what was believed lies at the right.
        """
        key = (self.lang, self.state_filter, self.segment_filter)
        if key not in self._drawn:
            # One object as long as it is the same: the chart is then not made again.
            self._drawn[key] = self._forest()
        return self._drawn[key]

    def _forest(self) -> pd.DataFrame:
        drawn = []
        for row in self.rows():
            raw = row["raw"]
            ends = [raw[name] for name in ("ci_low", "estimate", "ci_high")]
            if any(end != end for end in ends) or raw["reason"] == "withdrawn":
                continue
            away = [end - raw["threshold"] for end in ends]
            far = max(abs(end) for end in away) or 1.0
            turned = [end / far for end in away]
            if raw["direction"] in ("down", "lower"):
                turned = [-end for end in reversed(turned)]
            name = f"{row['id']} · {row['cycle']}" if row["cycle"] else row["id"]
            drawn.append(
                {
                    "label": f"{name}  {row['sentence']}",
                    "low": turned[0],
                    "mid": turned[1],
                    "high": turned[2],
                    "proven": raw["state"] != "open",
                    "figures": f"{row['result']} · n {row['n']}",
                    "verdict": row["verdict"],
                    "tone": row["tone"],
                }
            )
        columns = ["label", "low", "mid", "high", "proven", "figures", "verdict", "tone"]
        return pd.DataFrame(drawn, columns=columns)

    def detail(self) -> dict[str, Any] | None:
        """Return the chosen hypothesis closely: its statement, figures, and history."""
        row = next((each for each in map(self._row, self._records()) if each["chosen"]), None)
        if row is None:
            return None
        raw = row["raw"]
        figures = [(self.t("review_hypotheses.detail.result"), row["result"])]
        if row["n"] not in ("–", self.t("review_hypotheses.few")):
            figures.append((self.t("review_hypotheses.detail.n"), row["n"]))
        if raw["p_holm"] == raw["p_holm"]:
            figures.append((self.t("review_hypotheses.detail.p"), _p(raw["p_holm"])))
        if raw["test"]:
            figures.append(
                (self.t("review_hypotheses.detail.test"), self.t(f"review_hypotheses.test.{raw['test']}"))
            )
        notes = []
        if raw["dominance"] == raw["dominance"] and raw["dominance"] >= _DOMINATED:
            share = locale.percent(raw["dominance"], places=0)
            notes.append(self.t("review_hypotheses.detail.dominated", share=share))
        history = self.project.review.hypotheses.history(raw["hypothesis_id"], raw["cycle_id"])
        return {
            **row,
            "figures": figures,
            "notes": notes,
            "source": self.t(f"review_hypotheses.source.{raw['source']}"),
            "known": int(raw["outcomes_known"]),
            "exploratory": bool(raw["exploratory"]),
            "editable": self._is_editable(raw),
            "sealed": raw["withdrawn_at"] is None and not self._is_editable(raw) and self.may("analyst"),
            "history": [
                {
                    "event": self.t(f"review_hypotheses.event.{entry['event']}"),
                    "at": locale.timestamp(entry["at"]),
                    "who": entry["who"],
                    "sentence": entry["sentence"],
                    "statement": self.statement(entry),
                    "note": entry["note"],
                    "known": f"{int(entry['outcomes_known']):,}",
                }
                for entry in history
            ],
        }

    def _is_editable(self, raw: dict[str, Any]) -> bool:
        """Say whether this reader may change a hypothesis: its data must not be in yet."""
        mine = raw["cycle_id"] == self.project.cycle.cycle_id and raw["withdrawn_at"] is None
        return (
            mine
            and self.may("analyst")
            and not self.project.review.hypotheses.is_sealed(raw["hypothesis_id"])
        )

    # Sentences -------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return how many are supported, refuted and open, withdrawn ones left out."""
        if self.frame.empty:
            return dict.fromkeys(HYPOTHESIS_STATES, 0)
        states = self.frame.loc[self.frame["reason"].ne("withdrawn"), "state"]
        return {name: int(states.eq(name).sum()) for name in HYPOTHESIS_STATES}

    def heading(self) -> Heading:
        """Return how many were supported, refuted and are open."""
        if self.frame.empty:
            key = (
                "review_hypotheses.nothing.write" if self.may("analyst") else "review_hypotheses.nothing.wait"
            )
            return Heading(self.t("review_hypotheses.nothing.title"), self.t(key))
        counts = self.counts()
        n = sum(counts.values())
        title = self.t("review_hypotheses.title.counts", n=n, **counts)
        if not counts["supported"] and not counts["refuted"]:
            title = self.t("review_hypotheses.title.all_open", n=n)
        cycle = self.project.cycle
        subtitle = self.t(
            "review_hypotheses.subtitle",
            cycle=cycle.cycle_id,
            date=locale.date(cycle.snapshot_date, self.lang),
        )
        return Heading(title, subtitle)

    def kpis(self) -> list[Kpi]:
        """Return the counts of each state, and of those that came after their data."""
        if self.frame.empty:
            return []
        counts = self.counts()
        late = int((self.frame["reason"].eq("exploratory")).sum())
        waiting = self.frame["reason"].isin(["no_data", "not_evaluated"])
        return [
            Kpi(self.t("review_hypotheses.state.supported"), str(counts["supported"])),
            Kpi(self.t("review_hypotheses.state.refuted"), str(counts["refuted"])),
            Kpi(
                self.t("review_hypotheses.state.open"),
                str(counts["open"]),
                note=self.t("review_hypotheses.kpi.waiting", n=int(waiting.sum())),
            ),
            Kpi(
                self.t("review_hypotheses.kpi.exploratory"),
                str(late),
                note=self.t("review_hypotheses.kpi.exploratory_note"),
            ),
        ]

    def forest_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the chart."""
        counts = self.counts()
        subtitle = self.t("review_hypotheses.forest.subtitle")
        if counts["supported"] or counts["refuted"]:
            return self.t("review_hypotheses.forest.title", **counts), subtitle
        return self.t("review_hypotheses.forest.neutral"), subtitle

    def refresh(self) -> None:
        """Hold the hypotheses against the data again, in the background."""

        def done(_: Any) -> None:
            self.load()
            self.touch()

        self.jobs.start(lambda _: self.project.review.hypotheses.fill(), done, "review_hypotheses.phase.fill")


_SAID = {
    "up": "review_hypotheses.say.up",
    "down": "review_hypotheses.say.down",
    "higher": "review_hypotheses.say.higher",
    "lower": "review_hypotheses.say.lower",
}
_SAID_OF_STRATEGY = {
    "up": "review_hypotheses.say.strategy_up",
    "down": "review_hypotheses.say.strategy_down",
    "higher": "review_hypotheses.say.strategy_higher",
    "lower": "review_hypotheses.say.strategy_lower",
}


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else locale.decimal(value, 3)
