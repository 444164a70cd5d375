"""What the section on targeting says: titles, figures and verdicts, generated from the data shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.ui.state.parts import Kpi, Tone

if TYPE_CHECKING:
    from workbench.ui.state.sections.targeting import TargetingState

Figure = tuple[float, float, float]
_SIGNS = {"better": ("✓", "good"), "same": ("?", "warn"), "worse": ("✕", "bad")}
MESSAGE_PREFIXES = (
    "review_targeting.title.",
    "review_targeting.curve.",
    "review_targeting.verdict.",
    "review_targeting.model.",
    "review_targeting.order.",
)


def verdict(figure: Figure) -> str:
    """Return whether an interval lies above 0, below it, or holds it.

    Examples
    --------
    >>> verdict((0.1, 0.02, 0.2)), verdict((0.1, -0.1, 0.2)), verdict((-0.1, -0.2, -0.02))
    ('better', 'same', 'worse')
    """
    _, low, high = figure
    return "better" if low > 0 else "worse" if high < 0 else "same"


def per_thousand(value: float) -> str:
    """Return responses a customer as responses per thousand customers, signed.

    Examples
    --------
    >>> per_thousand(0.0072)
    '+7.2'
    """
    return locale.signed(value * 1000, 1)


class TargetingFindings:
    """The sentences of one state.

    Parameters
    ----------
    state : TargetingState
        Whose figures.
    """

    def __init__(self, state: TargetingState) -> None:
        self.state = state
        self.t, self.lang = state.t, state.lang

    def _said(self, figure: Figure) -> dict[str, str]:
        value, low, high = figure
        return {
            "value": locale.decimal(abs(value) * 1000, 1),
            "low": per_thousand(low),
            "high": per_thousand(high),
        }

    def name(self, strategy_id: str) -> str:
        """Return a list's strategy by its name, or the words for all together."""
        if not strategy_id:
            return self.t("review_targeting.all")
        cards = self.state.screen.cards
        rows = cards[cards["strategy_id"].eq(strategy_id)]
        return f"{strategy_id} {rows['name'].iloc[0]}" if len(rows) else strategy_id

    # The page --------------------------------------------------------------------

    def title(self) -> str:
        """Return the section's finding: all lists together against a random order."""
        judged = self.state.judged()
        if judged and judged[0] == "":
            figure = self.state.figure("qini", of="")
            return self.t(f"review_targeting.title.{verdict(figure)}", **self._said(figure))
        return self.t("review_targeting.title.neutral", n=len(judged))

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        state = self.state
        quality = state.quality
        assert quality is not None
        together = state.lists()[""]
        parts = [
            self.t("review_targeting.subtitle.method", draws=quality.n_draws),
            self.t(
                "review_targeting.subtitle.n", n=f"{together['n']:,}", control=f"{together['n_control']:,}"
            ),
            locale.date(quality.computed_at.date(), self.lang),
        ]
        if quality.is_stale:
            parts.append(self.t("review_targeting.subtitle.stale"))
        return " · ".join(parts)

    def kpis(self) -> list[Kpi]:
        """Return the six figures of the strip, of the list that is drawn."""
        t, state = self.t, self.state
        lists = state.lists()
        mine = lists[state.shown]
        n_judged = sum(1 for name in state.judged() if name)
        of = sum(1 for name in lists if name)
        qini, first = state.figure("qini"), state.figure("uplift_at_30")
        hidden = state.hides(mine["n_control"], 0.3)
        model = state.learned_figure("qini", "uplift")
        than = state.difference()
        tone: Tone = "warn" if n_judged < of else ""
        return [
            Kpi(t("review_targeting.kpi.qini"), per_thousand(qini[0]), note=self._range(qini)),
            Kpi(
                t("review_targeting.kpi.propensity"),
                locale.decimal(None) if state.gives_no_order() else per_thousand(than[0]),
                note=t("review_targeting.kpi.no_order") if state.gives_no_order() else self._range(than),
            ),
            Kpi(
                t("review_targeting.kpi.first"),
                self.t("review_targeting.hidden") if hidden else locale.points(first[0], self.lang),
                note="" if hidden else self._points(first),
            ),
            Kpi(
                t("review_targeting.kpi.uplift"),
                locale.points(mine["uplift"], self.lang),
                note=t("review_targeting.kpi.of", list=self.name(state.shown)),
            ),
            Kpi(
                t("review_targeting.kpi.judged"),
                t("review_targeting.kpi.judged_of", n=n_judged, of=of),
                note=t("review_targeting.kpi.left" if n_judged < of else "review_targeting.kpi.all_judged"),
                tone=tone,
            ),
            Kpi(
                t("review_targeting.kpi.model"),
                per_thousand(model[0]),
                note=self._range(model) if state.learned else t("review_targeting.kpi.no_model"),
            ),
        ]

    def _range(self, figure: Figure) -> str:
        _, low, high = figure
        if low != low:
            return ""
        return self.t("review_targeting.kpi.interval", low=per_thousand(low), high=per_thousand(high))

    def _points(self, figure: Figure) -> str:
        _, low, high = figure
        if low != low:
            return ""
        return self.t(
            "review_targeting.kpi.interval",
            low=locale.points(low, self.lang, unit=False),
            high=locale.points(high, self.lang, unit=False),
        )

    # Cards -----------------------------------------------------------------------

    def curve(self) -> tuple[str, str]:
        """Return the title and subtitle of the curves."""
        state = self.state
        if state.source == "model" and state.learned is not None:
            figure = state.learned_difference()
            title = self.t(f"review_targeting.model.{verdict(figure)}", **self._said(figure))
            n, control = state.learned.n, state.learned.n_control
            where = self.name("")
        else:
            figure = state.difference()
            kind = "no_order" if state.gives_no_order() else verdict(figure)
            title = self.t(f"review_targeting.curve.{kind}", **self._said(figure))
            if figure[0] != figure[0]:
                title = self.t("review_targeting.curve.neutral")
            mine = state.lists()[state.shown]
            n, control, where = int(mine["n"]), int(mine["n_control"]), self.name(state.shown)
        shown = self.t("review_targeting.few", n=state.project.small_cell)
        said = shown if state.hides(control) else f"{control:,}"
        order = self.t(f"review_targeting.order.{'uplift' if state.source == 'model' else 'list'}")
        return title, self.t(
            "review_targeting.curve.subtitle", list=where, n=f"{n:,}", control=said, order=order
        )

    def tenths(self) -> tuple[str, str]:
        """Return the title and subtitle of the uplift along the order."""
        rows = self.state.tenths()
        model = self.state.source == "model"
        order = self.t("review_targeting.order.uplift" if model else "review_targeting.order.list")
        subtitle = self.t("review_targeting.tenths.subtitle", order=order)
        if rows.empty:
            return self.t("review_targeting.tenths.neutral"), subtitle
        first, last = rows.iloc[0], rows.iloc[-1]
        share = f"{100 / len(rows):.0f}%"
        return (
            self.t(
                "review_targeting.tenths.title",
                share=share,
                first=locale.points(first["uplift"], self.lang),
                last=locale.points(last["uplift"], self.lang),
            ),
            subtitle,
        )

    def problem(self, row: dict[str, Any]) -> str:
        """Return why a list can't be judged."""
        smaller = min(row["n_control"], row["n"] - row["n_control"])
        few = self.t("review_targeting.few", n=self.state.project.small_cell)
        said = few if self.state.hides(smaller) else smaller
        return self.t(f"review_targeting.problem.{row['problem']}", needed=row["needed"], smaller=said)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a list, best Qini first, all together last; those not judged below."""
        state = self.state
        slots = state.screen.figures.slots()
        lists = state.lists()
        ranked = sorted(
            (name for name in state.judged() if name), key=lambda name: -state.figure("qini", of=name)[0]
        )
        left = [name for name, row in lists.items() if row["problem"] and name]
        found = [self._row(name, lists[name], slots) for name in [*ranked, *left]]
        if not lists[""]["problem"]:
            found.append(self._row("", lists[""], slots))
        return found

    def _row(self, name: str, row: dict[str, Any], slots: dict[str, int]) -> dict[str, Any]:
        state = self.state
        few = state.hides(row["n_control"])
        base = {
            "id": name,
            "name": self.name(name),
            "slot": slots.get(name, 0),
            "is_all": not name,
            "chosen": name == state.shown and state.source == "lists",
            "n": f"{int(row['n']):,}",
            "n_control": self.t("review_targeting.few", n=state.project.small_cell)
            if few
            else f"{int(row['n_control']):,}",
            "problem": self.problem(row) if row["problem"] else "",
        }
        if row["problem"]:
            return base
        qini = state.figure("qini", of=name)
        sign, tone = _SIGNS[verdict(qini)]
        return {
            **base,
            "sign": sign,
            "tone": tone,
            "word": self.t(f"review_targeting.verdict.{verdict(qini)}"),
            "qini": per_thousand(qini[0]),
            "qini_range": f"{per_thousand(qini[1])} … {per_thousand(qini[2])}",
            "than": self._than(name),
            "shares": [
                self._share(state.figure(f"uplift_at_{share}", of=name), row, share / 100)
                for share in (10, 30)
            ],
            "uplift": locale.points(row["uplift"], self.lang, unit=False),
        }

    def _than(self, name: str) -> tuple[str, str]:
        if self.state.gives_no_order(name):
            return locale.decimal(None), self.t("review_targeting.table.no_order")
        value, low, high = self.state.difference(name)
        if value != value:
            return locale.decimal(None), ""
        return per_thousand(value), f"{per_thousand(low)} … {per_thousand(high)}"

    def _share(self, figure: Figure, row: dict[str, Any], share: float) -> tuple[str, str]:
        if self.state.hides(min(row["n_control"], row["n"] - row["n_control"]), share):
            return self.t("review_targeting.hidden"), ""
        value, low, high = figure
        if value != value:
            return locale.decimal(None), ""
        shown = [locale.points(each, self.lang, unit=False) for each in (value, low, high)]
        return shown[0], f"{shown[1]} … {shown[2]}"

    def table(self) -> tuple[str, str]:
        """Return the title and subtitle of the table of lists."""
        names = [name for name in self.state.judged() if name]
        good = sum(1 for name in names if verdict(self.state.figure("qini", of=name)) == "better")
        title = self.t("review_targeting.table.title", n=good, of=len(names))
        if not names:
            title = self.t("review_targeting.table.neutral")
        return title, self.t("review_targeting.table.subtitle")

    def model_rows(self) -> list[dict[str, Any]]:
        """Return the stored models, newest first."""
        return [
            {
                "version": int(row["version"]),
                "name": self.t(f"review_targeting.method.{row['method']}"),
                "learner": self.t(f"review_targeting.learner.{row['learner']}"),
                "qini": per_thousand(row["qini"]),
                "range": f"{per_thousand(row['ci_low'])} … {per_thousand(row['ci_high'])}",
                "n": f"{int(row['n']):,}",
                "date": locale.date(row["computed_at"].date(), self.lang),
            }
            for row in self.state.versions.head(6).to_dict("records")
        ]

    def model_finding(self) -> str:
        """Return whether the newest model beats the lists' order; empty without one."""
        figure = self.state.learned_difference()
        if figure[0] != figure[0]:
            return ""
        return self.t(f"review_targeting.model.{verdict(figure)}", **self._said(figure))
