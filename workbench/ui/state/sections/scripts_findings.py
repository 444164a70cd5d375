"""The sentences, key figures and rows of the scripts: made of the figures on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.execution.coach import pick_language
from workbench.execution.pace import wilson_interval
from workbench.project.script_calls import SIMULATED
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections.customers_figures import coarse

if TYPE_CHECKING:
    from workbench.ui.state.sections.scripts import ScriptsState

DRAWN = (
    "label",
    "depth",
    "is_end",
    "share",
    "share_low",
    "share_high",
    "loss",
    "loss_low",
    "loss_high",
    "reached",
    "lost",
    "rate",
)
MISSING = "–"


class ScriptFindings:
    """Titles, key figures and rows of one state of the section.

    Parameters
    ----------
    state : ScriptsState
        Whose figures are put into words.
    """

    def __init__(self, state: ScriptsState) -> None:
        self._state = state
        self.t = state.t
        self._minimum = 1 if state.sees_all else int(state.project.settings.small_cell)

    # Figures that a viewer may see -----------------------------------------------------

    def count(self, n: float) -> str:
        """Return a count; for viewers one so coarse that no few customers can be worked out."""
        if self._minimum <= 1:
            return locale.count(n, self._state.lang)
        if n == 0:
            return "0"
        if n < self._minimum:
            return self.t("execution_scripts.few", n=self._minimum)
        return self.t(
            "execution_scripts.about", n=locale.count(n // self._minimum * self._minimum, self._state.lang)
        )

    def is_enough(self, n: float) -> bool:
        """Say whether a rate of so many customers can be told to this reader."""
        return self.told(0.5, n) == 0.5 if n else False

    def told(self, value: float, n: float, end: str = "") -> float:
        """Return a rate as this reader may see it; missing where so few are hidden."""
        found = coarse(float(value), int(n), self._minimum, end) if n else None
        return float("nan") if found is None else found

    def interval(self, value: float, low: float, high: float) -> str:
        """Return a rate with its interval in words."""
        places = 0
        if value != value:
            return self.t("execution.hidden") if self._minimum > 1 else MISSING
        return self.t(
            "execution_scripts.interval",
            rate=locale.percent(value, places=places),
            low=locale.percent(low, places=places),
            high=locale.percent(high, places=places),
        )

    # The page ------------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return where most calls are lost, or what to do where there is no script."""
        state = self._state
        buttons = (Button("comments", self.t("execution.button.comments", n=state.screen.comment_count())),)
        stored = state.stored()
        if stored is None:
            known = state.may_edit and bool(state.strategy)
            key = "execution_scripts.nothing.write" if known else "execution_scripts.nothing.wait"
            return Heading(self.t("execution_scripts.nothing.title"), self.t(key), buttons)
        return Heading(self.title(), self.subtitle(), buttons)

    def title(self) -> str:
        """Return the step where most customers are lost."""
        state = self._state
        name = state.name_of(state.strategy)
        if not state.n_customers():
            return self.t("execution_scripts.title.uncalled", name=name, version=state.shown_version)
        if not state.is_told():
            return self.t("execution_scripts.title.few", name=name)
        row = self._worst()
        if row is None:
            return self.t("execution_scripts.title.none_lost", name=name)
        rate = self.told(row["leave_rate"], row["reached"])
        if rate != rate:
            return self.t("execution_scripts.title.hidden", name=name)
        label = self.label(str(row["label"]))
        return self.t(
            "execution_scripts.title.lost", name=name, step=label, share=locale.percent(rate, places=0)
        )

    def _worst(self) -> dict[str, Any] | None:
        if not self._state.is_told():
            return None
        steps = self._state.steps()
        steps = steps[steps["kind"].eq("step") & steps["left"].gt(0)]
        if steps.empty:
            return None
        return {str(n): v for n, v in steps.nlargest(1, "left").iloc[0].items()}

    def subtitle(self) -> str:
        """Return version, since when, how many calls, and whether they are simulated."""
        state = self._state
        parts = [self.status()]
        if state.n_calls(version=state.shown_version):
            parts.append(self.t("execution_scripts.subtitle.calls", n=self.count(self._n())))
        if self.is_simulated():
            parts.append(self.t("execution_scripts.subtitle.simulated"))
        if not state.sees_all:
            parts.append(self.t("execution_scripts.subtitle.viewer", n=self._minimum))
        return " · ".join(parts)

    def _n(self) -> int:
        return self._state.n_customers()

    def is_simulated(self) -> bool:
        """Whether any call of the strategy's scripts is one of the sample bank."""
        return bool(self._state.runs()["who"].eq(SIMULATED).any())

    def status(self) -> str:
        """Return which version is in use since when, or the trial that runs."""
        state = self._state
        uses, trial = state.uses(), state.trial()
        if trial is not None:
            return self.t(
                "execution_scripts.status.trial",
                a=trial["version"],
                b=trial["other_version"],
                share=locale.percent(trial["share"], places=0),
                day=locale.date(trial["since"], state.lang),
            )
        if not uses:
            return self.t("execution_scripts.status.unused")
        return self.t(
            "execution_scripts.status.used",
            version=uses[-1]["version"],
            day=locale.date(uses[-1]["since"], state.lang),
        )

    def label(self, label: str) -> str:
        """Return a step's label in the screen's language, where it has two."""
        return pick_language(label, self._state.lang)

    # Key figures ---------------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return scripts in use, customers called, those who agreed, the loss, and sentences read."""
        state = self._state
        called = [i for i in state.ids if state.in_use(i) is not None]
        trials = sum(state.trial(i) is not None for i in called)
        found = [
            Kpi(
                self.t("execution_scripts.kpi.scripts"),
                str(len(called)),
                note=self.t("execution_scripts.kpi.trials", n=trials),
            ),
            Kpi(
                self.t("execution_scripts.kpi.customers"),
                self.count(self._n()) if self._n() else "0",
                note=self.t("execution_scripts.kpi.version", version=state.shown_version),
            ),
        ]
        if not state.is_told():
            return found
        return [*found, self._agreed(), self._lost(), self._read()]

    def _agreed(self) -> Kpi:
        first = self._state.steps().iloc[0]
        n = first["reached"]
        rate = self.told(first["rate"], n)
        low, high = self.told(first["rate_low"], n, "low"), self.told(first["rate_high"], n, "high")
        label = self.t("execution_scripts.kpi.agreed")
        if rate != rate:
            return Kpi(label, self.t("execution.hidden"))
        note = self.t(
            "execution_scripts.kpi.between",
            low=locale.percent(low, places=0),
            high=locale.percent(high, places=0),
        )
        return Kpi(label, locale.percent(rate, places=0), note=note)

    def _lost(self) -> Kpi:
        label, row = self.t("execution_scripts.kpi.lost"), self._worst()
        if row is None:
            return Kpi(label, "0")
        rate = self.told(row["leave_rate"], row["reached"])
        shown = locale.percent(rate, places=0) if rate == rate else self.t("execution.hidden")
        return Kpi(label, shown, note=self.label(str(row["label"])))

    def _read(self) -> Kpi:
        rows = self._state.mandatory()
        label = self.t("execution_scripts.kpi.read")
        if rows.empty:
            return Kpi(label, MISSING)
        missed = int(rows["missed"].sum())
        note = self.t("execution_scripts.kpi.sentences", n=len(rows))
        if missed == 0:
            return Kpi(label, self.t("execution_scripts.kpi.every"), note=note)
        return Kpi(label, self.t("execution_scripts.kpi.missed", n=self.count(missed)), note=note, tone="bad")

    # The tree ------------------------------------------------------------------------

    def tree_title(self) -> tuple[str, str]:
        """Return the chart's title and what it measures."""
        state = self._state
        row = self._worst()
        title = self.t("execution_scripts.tree.plain")
        if row is not None:
            rate = self.told(row["leave_rate"], row["reached"])
            if rate == rate:
                title = self.t(
                    "execution_scripts.tree.lost",
                    step=self.label(str(row["label"])),
                    share=locale.percent(rate, places=0),
                )
        about = self.t("execution_scripts.tree.about", version=state.shown_version, n=self.count(self._n()))
        if self.is_simulated():
            about += " · " + self.t("execution_scripts.subtitle.simulated")
        return title, about

    def tree(self) -> pd.DataFrame:
        """Return the steps to draw, indented as they follow each other, in the script's order."""
        state = self._state
        return state.once("tree", self._tree, state.lang)

    def _tree(self) -> pd.DataFrame:
        state = self._state
        stored = state.stored()
        if stored is None or not state.is_told():
            return pd.DataFrame(columns=list(DRAWN))
        steps = state.steps()
        total = float(self._n())
        depths = _depths(stored.script)
        codes = state.project.execution.dispositions.labels(state.lang)
        low, high = wilson_interval(
            steps["reached"].to_numpy(dtype="float64"), pd.Series(total, index=steps.index).to_numpy()
        )
        rows = []
        for number, row in enumerate(steps.to_dict("records")):
            is_end, n = row["kind"] == "end", row["reached"]
            label = self.label(str(row["label"]))
            if is_end:
                label = self._end(stored.script.find(str(row["step"])), codes)
            share = self.told(n / total, total)
            loss = float("nan") if is_end else self.told(row["leave_rate"], n)
            ends = self.told(row["leave_low"], n, "low"), self.told(row["leave_high"], n, "high")
            loss_words = "" if is_end else self.interval(loss, *ends)
            rows.append(
                {
                    "label": ("→ " if is_end else "") + label,
                    "depth": depths.get(str(row["step"]), 0),
                    "is_end": is_end,
                    "share": share,
                    "share_low": self.told(low[number], total, "low"),
                    "share_high": self.told(high[number], total, "high"),
                    "loss": loss,
                    "loss_low": ends[0] if loss == loss else float("nan"),
                    "loss_high": ends[1] if loss == loss else float("nan"),
                    "reached": self._reached(share, n),
                    "lost": loss_words,
                    "rate": self.interval(
                        self.told(row["rate"], n),
                        self.told(row["rate_low"], n, "low"),
                        self.told(row["rate_high"], n, "high"),
                    ),
                }
            )
        return pd.DataFrame(rows, columns=list(DRAWN))

    def _reached(self, share: float, n: float) -> str:
        if share != share:
            return self.t("execution.hidden")
        shown = locale.percent(share, places=0)
        return f"{locale.count(n, self._state.lang)} · {shown}" if self._minimum <= 1 else shown

    def _end(self, step: Any, codes: dict[str, str]) -> str:
        if step is None:
            return ""
        code = codes.get(step.disposition, step.disposition)
        if step.responded is None:
            return code
        key = "execution_scripts.tree.yes" if step.responded else "execution_scripts.tree.no"
        return self.t(key, code=code)

    # Objections and sentences --------------------------------------------------------

    def objections(self) -> list[dict[str, Any]]:
        """Return the objections, the most frequent first, with what came of them."""
        state = self._state
        if not state.is_told():
            return []
        total = self._n()
        rows = []
        for row in state.objections().to_dict("records"):
            n = row["raised"]
            share = self.told(row["share_raised"], total) if total else float("nan")
            rows.append(
                {
                    "text": self.label(str(row["objection"])),
                    "raised": self._reached(share, n),
                    "width": 0 if share != share else round(100 * share),
                    "rate": self.interval(
                        self.told(row["rate"], n),
                        self.told(row["rate_low"], n, "low"),
                        self.told(row["rate_high"], n, "high"),
                    )
                    if n
                    else MISSING,
                }
            )
        return rows

    def sentences(self) -> list[dict[str, Any]]:
        """Return the mandatory sentences with how often each was read where it had to be."""
        state = self._state
        stored = state.stored()
        if stored is None:
            return []
        known = state.project.execution.scripts.mandatory()
        texts = {part.must: part.text for step in stored.script.steps for part in step.musts}
        rows = []
        for row in state.mandatory().to_dict("records"):
            named = next((one for one in known.values() if one.is_named(str(row["must"]))), None)
            few = not state.sees_all and row["due"] < self._minimum
            if row["due"] == 0:
                said = self.t("execution_scripts.read.never")
            elif row["missed"] and few:
                said = self.t("execution_scripts.read.some_missed")
            elif row["missed"]:
                said = self.t("execution_scripts.read.missed", n=self.count(row["missed"]))
            else:
                said = self.t("execution_scripts.read.every", n=self.count(row["due"]))
            rows.append(
                {
                    "name": named.label(state.lang) if named else str(row["must"]),
                    "text": self.label(texts[str(row["must"])]),
                    "said": said,
                    "tone": "bad" if row["missed"] else "good" if row["due"] else "",
                }
            )
        return rows


def _depths(script: Any) -> dict[str, int]:
    """Return how many steps lie before each step on the shortest way to it."""
    depths = {script.steps[0].step_id: 0} if script.steps else {}
    waiting = list(depths)
    while waiting:
        step = script.find(waiting.pop(0))
        ways = [*step.answers, *script.objections_at(step)]
        for to in [way.to for way in ways if way.to]:
            if to not in depths and script.find(to) is not None:
                depths[to] = depths[step.step_id] + 1
                waiting.append(to)
    return depths
