"""The section on rules: which of them fired for which strategy, and what acceptance changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound, WorkbenchError
from workbench.review import default_rules, state_reason
from workbench.review.recommendation_figures import gather_figures
from workbench.review.recommendations import apply_rules
from workbench.strategy import translate_strategies
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.review_decisions import ACTION_SIGNS, ACTION_TONES
from workbench.ui.state.sections.advice_changes import AdviceChanges
from workbench.ui.state.sections.advice_desk import RulesEditor, WhatIf, records
from workbench.ui.state.sections.advice_rules import AdviceRules
from workbench.ui.state.sections.base import SectionState

if TYPE_CHECKING:
    from workbench.review import Rules

ACTIONS = ("scale", "keep", "adjust", "stop", "undecided")
MESSAGE_PREFIXES = ("review.action.", "review_advice.title.", "review_advice.kpi.")


class AdviceState(SectionState):
    """The rules in force, what they recommend, and what others would.

    Attributes
    ----------
    chosen : str
        The strategy whose rule is opened.
    """

    name = "advice"
    chosen = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.rules: Rules = default_rules()
        self.fault: tuple[str, dict[str, Any]] | None = None
        self.figures: dict[str, dict[str, Any]] = {}
        self.proposed = pd.DataFrame()
        self.changed = self.carried = self.drafts = pd.DataFrame()
        self.scored: dict[str, str] = {}
        self.earlier: dict[str, str] = {}
        self._drawn: tuple[str, pd.DataFrame] | None = None
        self.what_if = WhatIf(self)
        self.editor = RulesEditor(self)
        self.words = AdviceRules(self)
        self.differences = AdviceChanges(self)
        super().__init__(screen, **traits)

    @property
    def handle(self) -> Any:
        """The project's rules and recommendations."""
        return self.project.review.advice

    @property
    def is_desk(self) -> bool:
        """Whether rules can be changed here: by an analyst."""
        return self.may("analyst")

    def load(self) -> None:
        """Read the rules, what they say of each strategy, and what came of the cycle before."""
        self.fault, self.figures, self.proposed = None, {}, pd.DataFrame()
        self.differences.forget()
        self.changed = self.carried = self.drafts = pd.DataFrame()
        self.scored, self.earlier, self._drawn = {}, {}, None
        try:
            self.rules = self.handle.rules()
        except WorkbenchError as problem:
            # A mistake in the file stops no screen: the workbench's rules stand in, and it is said.
            self.fault, self.rules = (problem.key, dict(problem.values)), default_rules()
        self.editor.load()
        if self.project.cycle.cycle_id:
            self.carried, self.scored = self.handle.carried(), self.handle.scored_by()
            self.drafts = self.handle.script_drafts()
            self._read_earlier()
        if self.screen.evaluation is None:
            self.what_if.load()
            return
        self._read_figures()
        self.changed = self.handle.changes()
        self.what_if.load()
        if self.chosen not in self.figures:
            self.chosen = self._first()

    def _read_earlier(self) -> None:
        """Read what the strategies of the cycle before were called; some may have ended there."""
        before = self.project.cycle.opened_from
        if before:
            cards = translate_strategies(self.project.at(before).strategy.cards(), self.lang)
            self.earlier = dict(zip(cards["strategy_id"], cards["name"], strict=True))

    def _read_figures(self) -> None:
        material = self.handle.material()
        more = material.more
        found = gather_figures(
            material.evaluation,
            material.cards,
            self.rules,
            parts={"lifecycle_stage": more.get("parts"), "tier": more.get("tiers")},
            variants={"channel": more.get("channels"), "script_version": more.get("scripts")},
            script_texts=more.get("script_texts"),
        )
        self.proposed = apply_rules(found, material.cards, self.rules)
        # Of a strategy that nobody was contacted for nothing is said.
        self.figures = {name: found[name] for name in self.proposed["strategy_id"]}

    def _first(self) -> str:
        """Return a strategy whose action is the least common: it has most to tell."""
        if self.proposed.empty:
            return ""
        counts = self.proposed["action"].map(self.proposed["action"].value_counts())
        return str(self.proposed["strategy_id"].iloc[int(counts.to_numpy().argmin())])

    def choose(self, strategy_id: str) -> None:
        """Open the rule that fired for a strategy."""
        if strategy_id in self.figures:
            self.chosen = strategy_id
            self.touch()

    # What everything here speaks of ------------------------------------------------------

    def names(self) -> dict[str, str]:
        """Return strategy_id → name in the screen's language."""
        cards = self.screen.cards
        now = {} if cards.empty else dict(zip(cards["strategy_id"], cards["name"], strict=True))
        return self.earlier | now

    def action(self, action: str) -> dict[str, str]:
        """Return an action as its tag shows it: word, sign, tone."""
        tone = {"good": "g", "warn": "w", "bad": "x", "accent": "a"}[ACTION_TONES[action]]
        word = self.t(f"review.action.{action}")
        return {"action": action, "word": word, "sign": ACTION_SIGNS[action], "tone": tone}

    def is_small(self, name: str, value: Any) -> bool:
        """Say whether a reader may not see a figure, because it counts too few customers."""
        minimum = self.project.settings.small_cell
        return not self.is_desk and name.startswith("n") and 0 < float(value) < minimum

    def shown(self, strategy_id: str) -> dict[str, Any]:
        """Return a strategy's figures without those that a reader may not see, or could derive them by."""
        known = self.figures[strategy_id]
        counts = {name for name, value in known.items() if name == "n" or name.startswith("n_")}
        small = {name for name in counts if known[name] == known[name] and self.is_small(name, known[name])}
        if "n_responded" in small:
            small |= {"mean", "control_mean", "expected_count", "lift", "planned_uplift"}
            small |= {name for name in known if name.startswith("posterior")}
        if "n_contaminated" in small:
            small.add("contaminated_share")
        return {name: value for name, value in known.items() if name not in small}

    def row(self, strategy_id: str) -> dict[str, Any]:
        """Return a strategy's stored recommendation, or what the rules in force propose."""
        stored = self.screen.advice
        rows = stored[stored["strategy_id"].eq(strategy_id)] if len(stored) else stored
        if rows.empty:
            rows = self.proposed[self.proposed["strategy_id"].eq(strategy_id)]
        return {str(name): value for name, value in rows.iloc[0].items()}

    def is_older(self) -> bool:
        """Say whether an open recommendation was decided by other rules than those in force."""
        stored = self.screen.advice
        if stored.empty or self.fault is not None:
            return False
        for row in stored[stored["status"].eq("open")].to_dict("records"):
            used = json.loads(row["evidence"]).get("rules")
            if used is not None and used != self.rules.sha256:
                return True
        return False

    def reason(self, strategy_id: str) -> str:
        """Return why something is recommended for a strategy, without what a reader may not see."""
        row = self.row(strategy_id)
        shown = self.shown(strategy_id)
        known = json.loads(row["evidence"])
        kept = {
            name: value
            for name, value in known.items()
            if name in shown or name not in self.figures[strategy_id]
        }
        return state_reason({**row, "evidence": json.dumps(kept)}, self.lang)

    # The chart ---------------------------------------------------------------------------

    def chart(self) -> pd.DataFrame:
        """Return the rows of the chart: strategies whose uplift and return are known."""
        if self._drawn is None or self._drawn[0] != self.lang:
            self._drawn = (self.lang, self._chart())
        return self._drawn[1]

    def _chart(self) -> pd.DataFrame:
        names, slots = self.names(), self.screen.figures.slots()
        actions = (
            dict(zip(self.proposed["strategy_id"], self.proposed["action"], strict=True))
            if len(self.proposed)
            else {}
        )
        rows = []
        for strategy_id, known in self.figures.items():
            cells = [
                known.get(name)
                for name in ("uplift", "ci_low", "ci_high", "return_on_cost", "return_low", "return_high")
            ]
            if any(cell is None or cell != cell for cell in cells):
                continue
            tag = self.action(actions[strategy_id])
            shown = self.t(
                "review_advice.chart.words",
                uplift=locale.points(known["uplift"], self.lang),
                low=locale.points(known["ci_low"], self.lang, unit=False),
                high=locale.points(known["ci_high"], self.lang, unit=False),
                back=locale.decimal(known["return_on_cost"], 1),
            )
            p = known.get("p_holm")
            proven = p is not None and p < self.rules.thresholds.get("alpha", 0.05)
            about = {"strategy_id": strategy_id, "label": f"{strategy_id} {names.get(strategy_id, '')}"}
            figures = dict(zip(("uplift", "ci_low", "ci_high", "value", "low", "high"), cells, strict=True))
            rows.append(
                {
                    **about,
                    "slot": slots.get(strategy_id, 0),
                    **figures,
                    "proven": bool(proven),
                    "figures": shown,
                    "advice": f"{tag['sign']} {tag['word']}",
                }
            )
        return pd.DataFrame(rows)

    def chart_words(self) -> tuple[str, str]:
        """Return the chart's title and subtitle."""
        rows = self.chart()
        if rows.empty:
            return self.t("review_advice.chart.neutral"), self.t("review_advice.chart.none")
        needed = self.what_if.rules().thresholds.get("scale_return")
        n = len(self.figures)
        subtitle = self.t(
            "review_advice.chart.subtitle",
            n=len(rows),
            rest=self.t("review_advice.chart.rest", n=n - len(rows)) if n > len(rows) else "",
        )
        if needed is None:
            return self.t("review_advice.chart.neutral"), subtitle
        far = rows[(rows["value"] >= needed) & (rows["uplift"] > 0)]
        proven = int(far["proven"].sum())
        values = {"n": len(far), "of": len(rows), "proven": proven, "needed": f"{needed:.10g}"}
        return self.t("review_advice.chart.title", **values), subtitle

    # Sentences -----------------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return what the rules recommend, counted."""
        subtitle = self._subtitle()
        if self.screen.evaluation is None:
            title = (
                self.t("review_advice.title.carried", n=self._n_carried())
                if len(self.carried)
                else self.t("review.nothing.title")
            )
            return Heading(title, self.screen.findings.what_to_do() if self.carried.empty else subtitle)
        counts = self.proposed["action"].value_counts() if len(self.proposed) else pd.Series(dtype="int64")
        parts = [
            self.t(
                f"review_advice.title.{name}" if counts[name] > 1 else f"review_advice.title.{name}_one",
                n=int(counts[name]),
            )
            for name in ACTIONS
            if counts.get(name, 0)
        ]
        if not parts:
            return Heading(self.t("review_advice.title.none"), subtitle)
        said = self.t("review_advice.title.joint").join(parts)
        return Heading(self.t("review_advice.title.whole", said=said), subtitle)

    def _n_carried(self) -> int:
        return self.carried["strategy_id"].nunique() if len(self.carried) else 0

    def _subtitle(self) -> str:
        versions = self.handle.rule_versions()
        now = versions[versions["in_force"]] if len(versions) else versions
        own = self.handle.path.is_file()
        key = "review_advice.subtitle.own" if own else "review_advice.subtitle.packaged"
        version = f"v{int(now['version'].iloc[-1])} · " if len(now) else ""
        parts = [self.t(key, version=version, sha256=self.rules.sha256[:8])]
        if self.screen.evaluation is not None:
            parts.append(self.t("review_advice.subtitle.evaluation", version=self.screen.evaluation.version))
        return " · ".join(parts)

    def kpis(self) -> list[Kpi]:
        """Return how many strategies each action is proposed for, and how many are decided."""
        if self.screen.evaluation is None or self.proposed.empty:
            return []
        found = []
        for name in ACTIONS:
            ids = list(self.proposed.loc[self.proposed["action"].eq(name), "strategy_id"])
            note = (
                ", ".join(ids[:7]) + (" …" if len(ids) > 7 else "")
                if ids
                else self.t("review_advice.kpi.nobody")
            )
            found.append(Kpi(self.t(f"review_advice.kpi.{name}"), str(len(ids)), note=note))
        stored = self.screen.advice
        n_open = int(stored["status"].eq("open").sum()) if len(stored) else 0
        found.append(
            Kpi(
                self.t("review_advice.kpi.decided"),
                str(len(stored) - n_open),
                unit=self.t("review.kpi.of", n=len(stored)),
                note=self.t("review_advice.kpi.waiting", n=n_open),
                tone="warn" if n_open else "",
            )
        )
        return found

    # Deciding ------------------------------------------------------------------------------

    def recommend(self) -> None:
        """Recommend by the rules in force; what was decided stays decided."""
        if not self.is_desk:
            return
        review = self.project.review

        def done(_: Any) -> None:
            self.screen.load()
            self.screen.banner = Banner("done", "review_advice.done.recommended", {"n": len(self.proposed)})
            self.touch()

        self.jobs.start(lambda _: review.recommend(), done, "review.phase.recommend")

    def accept(self, recommendation_id: str) -> None:
        """Accept a recommendation."""
        self.screen.accept(recommendation_id)
        self._read_again()

    def reject(self, recommendation_id: str, reason: str) -> None:
        """Reject a recommendation, with a reason."""
        self.screen.reject(recommendation_id, reason)
        self._read_again()

    def reopen(self, recommendation_id: str, reason: str) -> None:
        """Take a decision back, with a reason."""
        strategy = self.screen.decisions.strategy_of(recommendation_id)
        self.handle.reopen(recommendation_id, reason)
        self.screen.advice = self.project.review.recommendations()
        self.screen.banner = Banner("done", "review_advice.done.reopened", {"strategy": strategy})
        self._read_again()

    def _read_again(self) -> None:
        self.changed = self.handle.changes()
        self.touch()

    def confirm_script(self, strategy_id: str, script: str) -> None:
        """Put a proposed script on its card, as it was read and perhaps edited."""
        if not self.is_desk:
            return
        self.handle.confirm_script(strategy_id, script)
        self.drafts = self.handle.script_drafts()
        self.screen.banner = Banner("done", "review_advice.done.script", {"strategy": strategy_id})
        self.touch()

    def caveats(self, strategy_id: str) -> list[str]:
        """Return what is to be said of a strategy's data, where it was looked at."""
        try:
            from workbench.review import state_caveat

            table = self.project.review.evidence.tables()["caveats"]
        except (ImportError, AttributeError, KeyError, NotFound):
            return []
        mine = table[table["strategy_id"].eq(strategy_id)]
        minimum = 0 if self.is_desk else self.project.settings.small_cell
        return [state_caveat(row, self.lang, minimum=minimum) for row in records(mine)]
