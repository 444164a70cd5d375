"""One channel journey on the screen: its steps, what to expect of each, dates, checks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import Conflict, ParameterProblem
from workbench.strategy.journey_checks import check_journey, handovers, plan_journey
from workbench.strategy.journey_path import ExpectedPath, expected_path, path_interval
from workbench.strategy.journeys import CHANNELS, JOURNEY_OUTCOMES, ONLINE, Journey
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.corporate_desk import Desk
from workbench.ui.state.sections.corporate_forms import fill_journey, read_journey_form

if TYPE_CHECKING:
    from workbench.project.journeys import StoredJourney
    from workbench.ui.state.sections.corporate import CorporateState

START_DAYS = 8
MESSAGE_PREFIXES = (
    "strategy_corporate.outcome.",
    "strategy_corporate.problem.",
    "strategy_corporate.handover.",
    "strategy_corporate.world.",
    "strategy_corporate.who.",
)


class JourneyDesk(Desk):
    """The chosen journey, and its form.

    Attributes
    ----------
    starts_on : datetime.date or None
        Day of the first contact for the dates; eight days after the snapshot by default.
    """

    def __init__(self, section: CorporateState) -> None:
        super().__init__(section)
        self.starts_on: dt.date | None = None

    # Reading ---------------------------------------------------------------------

    def stored(self) -> StoredJourney:
        """Return the chosen journey as it is now."""
        section = self._section
        journeys = section.project.strategy.corporate.journeys
        return section.once(f"journey {section.journey}", lambda: journeys.find(section.journey))

    def rates(self) -> pd.DataFrame:
        """Return what contacts come to by channel: measured where there are enough of them."""
        section = self._section
        return section.once("rates", section.project.strategy.corporate.journeys.rates)

    def customers(self) -> pd.DataFrame:
        """Return how the customers it is reckoned for may be contacted."""
        section = self._section
        journeys = section.project.strategy.corporate.journeys
        return section.once(f"customers {section.who}", lambda: journeys.customers(section.who or None))

    def path(self) -> ExpectedPath:
        """Return what to expect of the journey."""
        section = self._section
        return section.once(
            f"path {section.journey} {section.who}",
            lambda: expected_path(self.stored().journey, self.rates(), self._open_to()),
        )

    def _open_to(self) -> dict[str, float]:
        section = self._section
        reachable = section.project.strategy.corporate.journeys.reachable
        return section.once(f"open {section.who}", lambda: reachable(section.who or None))

    def _interval(self) -> tuple[float, float]:
        return path_interval(self.stored().journey, self.rates(), self._open_to())

    # Choosing --------------------------------------------------------------------

    def kinds(self) -> list[str]:
        """Return for whom it can be reckoned: all, and each kind of customers the bank has."""
        kinds = self._section.project.strategy.corporate.journeys.kinds()
        return ["", *kinds] if len(kinds) > 1 else [""]

    def choose(self, name: str) -> None:
        """Show a journey."""
        section = self._section
        if name in section.project.strategy.corporate.journeys.names():
            self.close()
            section.journey = name
            section.touch()

    def choose_who(self, kind: str) -> None:
        """Reckon for other customers; nothing is stored."""
        section = self._section
        if kind in section.once("kinds", self.kinds):
            section.who = kind
            section.touch()

    def choose_start(self, text: str) -> None:
        """Begin on another day; nothing is stored.

        Raises
        ------
        ParameterProblem
            If it is no date.
        """
        try:
            self.starts_on = dt.date.fromisoformat(text.strip())
        except ValueError as problem:
            raise ParameterProblem("strategy_corporate.journey_error.date", value=text) from problem
        self._section.touch()

    # Figures ---------------------------------------------------------------------

    def choices(self) -> list[tuple[str, str]]:
        """Return the journeys as (name, shown)."""
        section = self._section
        journeys = section.project.strategy.corporate.journeys
        return section.once(
            f"choices {section.lang}",
            lambda: [(name, journeys.find(name).journey.title(section.lang)) for name in journeys.names()],
        )

    def who(self) -> list[tuple[str, str]]:
        """Return for whom it can be reckoned as (kind, shown)."""
        section = self._section
        kinds = section.once("kinds", self.kinds)
        return [(kind, section.t(f"strategy_corporate.who.{kind or 'all'}")) for kind in kinds]

    def steps(self) -> list[dict[str, Any]]:
        """Return the steps as they are drawn: channel, wait, fallback, figures, where outcomes lead."""
        section, journey = self._section, self.stored().journey
        figures = {str(row["step"]): row for row in self.path().steps.to_dict("records")}
        word = section.screen.word
        handed = {
            (row["step"], row["to_step"]): section.t(f"strategy_corporate.handover.{row['kind']}")
            for row in handovers(journey).to_dict("records")
            if row["kind"]
        }
        numbers = {step.name: number for number, step in enumerate(journey.steps, 1)}
        dates = self.dates()
        made = []
        for step in journey.steps:
            row = figures[step.name]
            leads: dict[str, list[str]] = {}
            for outcome in JOURNEY_OUTCOMES:
                leads.setdefault(step.next(outcome), []).append(
                    section.t(f"strategy_corporate.outcome.{outcome}")
                )
            made.append(
                {
                    "name": step.name,
                    "number": numbers[step.name],
                    "label": step.label(section.lang),
                    "channel": word("channel", step.channel),
                    "online": step.channel in ONLINE,
                    "world": section.t(
                        f"strategy_corporate.world.{'online' if step.channel in ONLINE else 'offline'}"
                    ),
                    "wait": step.wait,
                    "fallback": word("channel", step.fallback) if step.fallback else "",
                    "reach": float(row["reach"]),
                    "won": float(row["won"]),
                    "contacts": float(row["contacts"]),
                    "fallback_contacts": float(row["fallback_contacts"]),
                    "cost": float(row["cost"]),
                    "moves": [
                        {
                            "outcomes": section.t("strategy_corporate.and").join(outcomes),
                            "target": target if target in ("won", "lost") else "",
                            "number": numbers.get(target, 0),
                            "handover": handed.get((step.name, target), ""),
                        }
                        for target, outcomes in leads.items()
                    ],
                    **dates.get(step.name, {"earliest": "", "latest": ""}),
                }
            )
        return made

    def start(self) -> dt.date | None:
        """Return the day of the first contact, or None before the first import."""
        day = self._section.project.cycle.snapshot_date
        return self.starts_on or (None if day is None else day + dt.timedelta(days=START_DAYS))

    def dates(self) -> dict[str, dict[str, str]]:
        """Return each step's first day, at the earliest and at the latest, in words."""
        start = self.start()
        if start is None or self._checked()["problem"].eq("loop").any():
            return {}
        lang = self._section.lang
        return {
            str(row["step"]): {name: locale.date(row[name].date(), lang) for name in ("earliest", "latest")}
            for row in plan_journey(self.stored().journey, start).to_dict("records")
        }

    def _checked(self) -> pd.DataFrame:
        section = self._section
        return section.once(
            f"checks {section.journey} {section.who}",
            lambda: check_journey(self.stored().journey, self.customers()),
        )

    def checks(self) -> list[dict[str, str]]:
        """Return what is wrong with the journey, in words; small counts are not told to readers."""
        section = self._section
        labels = {step.name: step.label(section.lang) for step in self.stored().journey.steps}
        rows: dict[tuple[str, str], list[str]] = {}
        for row in self._checked().to_dict("records"):
            n = section.findings.safe(int(row["n"]), len(self.customers())) if row["n"] == row["n"] else ""
            said = section.t(f"strategy_corporate.problem.{row['problem']}", n=n)
            rows.setdefault((said, str(row["severity"])), []).append(labels[str(row["step"])])
        return [
            {
                "steps": section.t("strategy_corporate.and").join(steps),
                "text": said,
                "tone": "bad" if severity == "error" else "warn",
                "sign": "✕" if severity == "error" else "!",
            }
            for (said, severity), steps in rows.items()
        ]

    def chart(self) -> pd.DataFrame:
        """Return reach and contacts by step, as `charts.journey_reach` draws them."""
        section = self._section
        rows = []
        for step in self.steps():
            shown = section.t(
                "strategy_corporate.reach.shown",
                reach=locale.percent(step["reach"], places=0),
                cost=locale.money(step["cost"], section.lang),
            )
            rows.append(
                {
                    "label": f"{step['number']}. {step['label']}",
                    "reach": step["reach"],
                    "won": step["won"],
                    "world": "online" if step["online"] else "offline",
                    "shown": shown,
                }
            )
        return pd.DataFrame(rows)

    def rate_rows(self) -> list[dict[str, Any]]:
        """Return the rates of the channels that the journey uses; the unreached are the rest."""
        section, journey = self._section, self.stored().journey
        used = dict.fromkeys(c for step in journey.steps for c in (step.channel, step.fallback) if c)
        return [
            {
                **{str(name): value for name, value in row.items()},
                "word": section.screen.word("channel", row["channel"]),
                "not_reached": max(0.0, 1 - row["clicked"] - row["reached"] - row["declined"]),
                "basis": section.t(
                    "strategy_corporate.rates.measured", n=locale.count(row["n"], section.lang)
                )
                if row["n"]
                else section.t("strategy_corporate.rates.assumed"),
            }
            for row in self.rates().to_dict("records")
            if row["channel"] in used
        ]

    # Sentences -------------------------------------------------------------------

    def title(self) -> tuple[str, str]:
        """Return what the journey comes to, and what that rests on."""
        section, path, stored = self._section, self.path(), self.stored()
        title = section.t(
            "strategy_corporate.journey.title",
            name=stored.journey.title(section.lang),
            won=locale.decimal(100 * path.won, 1),
            cost=locale.money(path.cost / path.won if path.won > 0 else None, section.lang),
        )
        version = section.saved(stored) or section.t("strategy_corporate.journey.brought")
        subtitle = section.t(
            "strategy_corporate.journey.subtitle",
            contacts=locale.decimal(path.contacts, 1),
            sd=locale.decimal(path.contacts_sd, 1),
            days=locale.decimal(path.days, 0),
            cost=locale.money(path.cost, section.lang),
        )
        low, high = section.once(f"interval {section.journey} {section.who}", self._interval)
        if low == low:
            span = {name: locale.decimal(100 * v, 1) for name, v in (("low", low), ("high", high))}
            subtitle = f"{subtitle} · {section.t('strategy_corporate.journey.interval', **span)}"
        return title, f"{subtitle} · {version}"

    def reach_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the chart."""
        section, rows = self._section, self.path().steps
        best = max(rows.to_dict("records"), key=lambda row: row["won"])
        total = float(rows["won"].sum())
        label = self.stored().journey.step(str(best["step"])).label(section.lang)
        key = "strategy_corporate.reach.title" if total > 0 else "strategy_corporate.reach.neutral"
        share = locale.percent(float(best["won"]) / total if total > 0 else None, places=0)
        title = section.t(key, step=label, share=share)
        return title, section.t("strategy_corporate.reach.subtitle")

    def python(self) -> str:
        """Return the Python that gives the expected path."""
        section = self._section
        asked = f", {section.who!r}" if section.who else ""
        return f"project.strategy.corporate.journeys.expected({section.journey!r}{asked})"

    # Changing --------------------------------------------------------------------

    def edit(self) -> None:
        """Show the form."""
        self.open = self._section.may_edit
        self._section.touch()

    def cancel(self) -> None:
        """Put the form away, drop what was typed, and draw again."""
        self.close()
        self._section.touch()

    def form(self) -> dict[str, Any]:
        """Return the form's values as a browser takes them."""
        section, stored = self._section, self.stored()
        t = section.t
        values = {**fill_journey(stored.journey, stored.version, section.lang), **(self.typed or {})}
        names = [step.name for step in stored.journey.steps]
        targets = [(s.name, f"{n}. {s.label(section.lang)}") for n, s in enumerate(stored.journey.steps, 1)]
        return {
            "values": values,
            "places": list(range(len(names))),
            "channels": [(c, section.screen.word("channel", c)) for c in CHANNELS],
            "outcomes": [(o, t(f"strategy_corporate.outcome.{o}")) for o in JOURNEY_OUTCOMES],
            "targets": [
                *targets,
                ("won", t("strategy_corporate.journey.won")),
                ("lost", t("strategy_corporate.journey.lost")),
            ],
        }

    def save(self, fields: dict[str, str]) -> None:
        """Store the form as the journey's next version, unless somebody was faster.

        Raises
        ------
        ParameterProblem
            If the journey is not possible; what was typed stays in the form.
        """
        self.typed = {name: str(value) for name, value in fields.items()}
        stored = self.stored()
        version = fields.get("version", "")
        made = read_journey_form(stored.journey, fields, self._section.lang)
        self._store(made, int(version) if version.isdigit() else stored.version)

    def overwrite(self) -> None:
        """Store what was typed over what somebody else wrote, having seen both."""
        if self.typed is not None:
            section = self._section
            newest = section.project.strategy.corporate.journeys.find(section.journey)
            self._store(read_journey_form(newest.journey, self.typed, section.lang), newest.version)

    def keep_theirs(self) -> None:
        """Drop what was typed and show the stored journey."""
        self._section.load()
        self._section.touch()

    def _store(self, journey: Journey, version: int) -> None:
        section = self._section
        # A journey that may never end has no figures to show: refused before it is stored.
        expected_path(journey, self.rates())
        try:
            stored = section.project.strategy.corporate.journeys.save(journey, version)
        except Conflict as conflict:
            self.show_conflict(conflict)
            return
        section.load()
        values = {"journey": stored.journey.title(section.lang), "version": stored.version}
        section.screen.banner = Banner("done", "strategy_corporate.done.journey", values)
        section.touch()
