"""The section on strategy cards: what each is for, whether its list can show it, and its form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy import check_cards, describe_condition, read_conditions, read_templates
from workbench.strategy.conditions import MOST
from workbench.tables import LIFECYCLE_STAGES, TIERS
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections.cards_findings import CardsFindings
from workbench.ui.state.sections.cards_form import CardForm
from workbench.ui.state.sections.cards_making import CardsMaking
from workbench.ui.state.sections.voice_requests import RequestDesk

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE_PREFIXES = (
    "strategy_cards.kpi.",
    "strategy_cards.trigger.",
    "strategy_cards.amiss.",
    "strategy_cards.amiss_do.",
    "strategy_cards.verdict.",
)
POWER, ALPHA = 0.8, 0.05


class CardsState(CardsMaking):
    """The cycle's strategy cards, and the one that is chosen."""

    name = "cards"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.form = CardForm(self)
        self.front_line = RequestDesk(self)
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Take what the screen has read; an unfinished edit is opened again."""
        self._kept.clear()
        if self.form.is_open and self.form.base.get("strategy_id") != self.chosen:
            self.form.close()
        self.form.resume()

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute a table once for the language in force."""
        key = f"{self.lang}:{name}"
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    # What there is ---------------------------------------------------------------

    @property
    def findings(self) -> CardsFindings:
        """The sentences made of these figures."""
        return CardsFindings(self)

    most_conditions = MOST

    @staticmethod
    def several(name: str) -> tuple[str, ...]:
        """Return what may be chosen of a field that takes several."""
        return LIFECYCLE_STAGES if name == "lifecycle_stages" else TIERS

    def day(self) -> Any:
        """Return the cycle's snapshot date: the day as of which offers are in or out of date."""
        return self.project.cycle.snapshot_date

    def segment_names(self) -> list[tuple[str, str]]:
        """Return the approved segments with their names in the reader's language."""
        return [(name, shown) for name, (shown, _) in self.screen.tables.segments().items()]

    def known_offers(self) -> list[tuple[str, str]]:
        """Return the offers of templates and cards, with their names."""
        names = [each.offer for each in read_templates().values()]
        names += self.screen.cards["offer"].tolist()
        return [(name, self.screen.word("offer", name)) for name in dict.fromkeys(names)]

    def policy_names(self) -> list[tuple[str, str]]:
        """Return the contact policies of the project."""
        policies = self.project.strategy.contact_policies()
        return [(name, each.title(self.lang)) for name, each in policies.items()]

    def objective_names(self) -> list[tuple[str, str]]:
        """Return the leaves of the objectives tree."""
        tree = self.project.strategy.objectives.frame()
        inner = set(tree["parent_id"])
        rows = tree[~tree["objective_id"].isin(inner)].to_dict("records")
        return [(str(row["objective_id"]), f"{row['objective_id']} {row['name']}") for row in rows]

    def portrait_columns(self) -> list[str]:
        """Return the columns that a condition may ask for."""
        left_out = {"customer_id", "snapshot_date", "name", "phone", "id_number"}
        return sorted(set(self.project.imports.portrait_columns()) - left_out)

    # Figures ---------------------------------------------------------------------

    def sizes(self) -> pd.DataFrame:
        """Return each card's customers and what they are: its list, what would be listed, its reach."""
        return self.once("sizes", self._sizes)

    def _sizes(self) -> pd.DataFrame:
        sizes = self.project.strategy.card_file.sizes().set_index("strategy_id", drop=False)
        if self.screen.lists.empty and self.screen.priced is not None:
            # Nothing is launched: what the plan would list is nearer than who is in reach.
            counted = self.screen.priced["strategy_id"].value_counts()
            listed = sizes.index.intersection(counted.index)
            sizes.loc[listed, "n"] = counted.loc[listed].astype("float64")
            sizes.loc[listed, "basis"] = "preview"
        if not self.may("analyst"):
            small = sizes["n"] < self.project.small_cell
            sizes.loc[small, "n"] = float("nan")
            sizes.loc[small, "basis"] = "hidden"
        return sizes.reset_index(drop=True)

    def known_sizes(self) -> dict[str, float]:
        """Return strategy_id → customers on its list."""
        sizes = self.sizes()
        return dict(zip(sizes["strategy_id"], sizes["n"], strict=True))

    def power(self) -> pd.DataFrame:
        """Return what each card's list can find out."""
        return self.once("power", self._power)

    def _power(self) -> pd.DataFrame:
        found = self.project.strategy.card_file.power(self.known_sizes(), alpha=ALPHA, power=POWER)
        return found.merge(self.sizes()[["strategy_id", "basis"]], on="strategy_id")

    def amiss(self) -> dict[str, list[str]]:
        """Return strategy_id → what is amiss with its card."""
        return self.once("amiss", self._amiss)

    def _amiss(self) -> dict[str, list[str]]:
        segments = None if self.screen.segmentation is None else [name for name, _ in self.segment_names()]
        day = self.day()
        if day is None or self.screen.cards.empty:
            return {}
        found = check_cards(self.screen.cards, at=day, segments=segments)
        return {
            str(name): [str(problem) for problem in rows]
            for name, rows in found.groupby("strategy_id")["problem"]
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a card, those whose list falls shortest first."""
        # An edit that begins is marked in its row.
        return self.once(f"rows {self.chosen} {self.form.is_changed}", self._rows)

    def _rows(self) -> list[dict[str, Any]]:
        power = self.power().set_index("strategy_id", drop=False).to_dict("index")
        amiss, drafts = self.amiss(), self.form.drafts()
        policies = dict(self.policy_names())
        rows = []
        for card in self.screen.tables.card_rows():
            figures = power.get(card["id"], {})
            tiers = [tier for tier in str(card["tier"] or "").split(",") if tier]
            channels = [self.screen.word("channel", c) for c in card["channels"].split(",")]
            trigger = str(card["trigger"])
            rows.append(
                {
                    **card,
                    **{f"power_{name}": value for name, value in figures.items()},
                    "tiers": [self.t(f"insight.tier.{tier}") for tier in tiers],
                    "channel_names": channels,
                    "kpi_name": self.t(f"strategy_cards.kpi.{card['kpi']}"),
                    "trigger_name": self.t(f"strategy_cards.trigger.{trigger}") if trigger else "",
                    "policy_name": policies.get(card["contact_policy"], card["contact_policy"]),
                    "conditions": self._conditions(card["eligibility"]),
                    "amiss": [
                        (name, self.t(f"strategy_cards.amiss.{name}")) for name in amiss.get(card["id"], ())
                    ],
                    "verdict": self.findings.verdict(figures),
                    "has_draft": card["id"] in drafts,
                }
            )
        return rows

    def _conditions(self, text: Any) -> list[str]:
        try:
            return [describe_condition(each, self.lang) for each in read_conditions(text)]
        except ParameterProblem as problem:
            return [problem.message(self.lang)]

    def row(self) -> dict[str, Any] | None:
        """Return the chosen card's row."""
        return next((row for row in self.rows() if row["id"] == self.chosen), None)

    def scripts(self) -> list[dict[str, Any]]:
        """Return the chosen card's earlier scripts, the newest first."""
        earlier = self.project.strategy.card_file.scripts(self.chosen).iloc[:-1]
        return [{str(k): v for k, v in row.items()} for row in earlier.to_dict("records")][::-1]

    def chart_rows(self) -> pd.DataFrame:
        """Return what the chart draws, the widest gap first: found effect against hoped-for effect."""
        return self.once("chart", self._chart_rows)

    def _chart_rows(self) -> pd.DataFrame:
        shown = []
        for row in self.rows():
            detectable, effect = row.get("power_detectable"), row.get("power_effect")
            if detectable != detectable and effect != effect:
                continue
            shown.append(
                {
                    "strategy_id": row["id"],
                    "label": f"{row['id']}  {row['name']}",
                    "segment": row["segment_name"],
                    "slot": int(row["slot"]),
                    "detectable": detectable,
                    "effect": effect,
                    "found": bool(row["power_verdict"] == "enough"),
                    "shown": self.findings.has_and_needs(row),
                    "gap": detectable / effect if effect == effect and effect else float("nan"),
                }
            )
        columns = ["strategy_id", "label", "segment", "slot", "detectable", "effect", "found", "shown", "gap"]
        frame = pd.DataFrame(shown, columns=columns)
        return frame.sort_values("gap", ascending=False, kind="stable", na_position="last", ignore_index=True)

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return how many lists are too small, or what is missing."""
        if self.screen.segmentation is None:
            return Heading(
                self.t("strategy.nothing.segmentation"), self.t("strategy.nothing.segmentation_do")
            )
        buttons: tuple[Button, ...] = ()
        if self.may_edit:
            made = (Button("undo-card", self.t("strategy_cards.button.undo")),) if self._undo else ()
            new = Button("new", self.t("strategy_cards.button.new"), primary=True)
            buttons = (*made, new)
        if self.screen.cards.empty:
            return Heading(self.t("strategy.nothing.cards"), self.t("strategy_cards.nothing_do"), buttons)
        return Heading(self.findings.title(), self.findings.subtitle(), buttons)

    def kpis(self) -> list[Kpi]:
        """Return the figures of the strip."""
        return [] if self.screen.cards.empty else self.findings.kpis()

    def python(self) -> dict[str, str]:
        """Return the Python that does what the controls do."""
        cards = "project.strategy.card_file"
        return {
            "power": f"{cards}.power()",
            "card": f"project.strategy.card({self.chosen!r})",
            "save": "project.strategy.save_card(card, expected_version)",
            "new": f"{cards}.add({cards}.draft(template, segment))",
            "scripts": f"{cards}.scripts({self.chosen!r})",
        }

    # Working on cards ------------------------------------------------------------

    def choose(self, strategy_id: str) -> None:
        """Show a card; unfinished edits of the one before stay as a draft."""
        if strategy_id not in set(self.screen.cards["strategy_id"]):
            return
        self.making = False
        self.form.close()
        self.screen.choose(strategy_id)
        self.form.resume()
        self._kept.clear()
        self.touch()

    def edit(self) -> None:
        """Open the form of the chosen card."""
        self.making = False
        self.form.open()
        self.touch()

    def give_up(self) -> None:
        """Close the form and forget what was typed."""
        self.screen.editor.close()
        self.form.give_up()
        self._kept.clear()
        self.touch()

    def save(self) -> None:
        """Store what was typed, where all of it can be."""
        before = dict(self.form.base)
        name = self.chosen
        if self.form.is_open and self.form.save():
            self._saved(name, before)

    def merge(self, fields: dict[str, str]) -> None:
        """Store the chosen side of each field in which two edits differ."""
        self._resolve(lambda: self.screen.editor.merge(fields))

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote."""
        self._resolve(self.screen.editor.overwrite)

    def keep_theirs(self) -> None:
        """Drop what was typed."""
        self.form.give_up()
        self.screen.editor.keep_theirs()

    def accept_change(self, fields: dict[str, str]) -> None:
        """Accept a change that the front line asks for, and open the form of the card drafted for it."""
        card = self.front_line.accept(fields)
        if not card:
            return
        told = self.screen.banner
        self.making = False
        self.form.close()
        self.screen.load()
        self.screen.choose(card)
        self.form.open()
        self.screen.banner = told
        self.touch()

    def _resolve(self, store: Callable[[], None]) -> None:
        before, name = dict(self.screen.editor.theirs), self.chosen
        store()
        if self.screen.editor.mine is None:
            self._saved(name, before or None)

    def _saved(self, name: str, before: dict[str, Any] | None) -> None:
        self.form.settle()
        self._remember(name, before)
        self.load()
        self.touch()
