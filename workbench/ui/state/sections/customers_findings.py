"""The sentences of the section on customers over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.review import wilson
from workbench.ui.state.parts import Heading, Kpi, Tone
from workbench.ui.state.sections.customers_figures import coarse

if TYPE_CHECKING:
    from workbench.ui.state.sections.customers import CustomersState

MESSAGE_PREFIXES = ("insight_versions.level.", "review_customers.title.moved_")
_TONES: dict[str, Tone] = {"stable": "", "watch": "warn", "shifted": "bad"}


class CustomersFindings:
    """Titles and key figures of one state of the section.

    Parameters
    ----------
    state : CustomersState
        Whose figures are put into words.
    """

    def __init__(self, state: CustomersState) -> None:
        self._state = state
        self._figures = state.figures
        self.t = state.t

    # The page --------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return the finding, and what it rests on."""
        state = self._state
        step = state.step
        if step is None:
            return Heading(self.t("review_customers.title.nothing"), self.what_is_missing())
        subtitle = self.t(
            "review_customers.subtitle",
            before=step.before,
            after=step.after,
            before_on=locale.date(step.before_on, state.lang),
            after_on=locale.date(step.after_on, state.lang),
            n_before=f"{step.n_before:,}",
            n_after=f"{step.n_after:,}",
        )
        moved, churn = self.moved(), self._figures.rate("churn")
        if moved is None:
            return Heading(self.t("review_customers.title.neutral", cycle=step.before), subtitle)
        share = locale.percent(moved["rate"])
        key = f"review_customers.title.moved_{state.by}"
        if churn is None or churn["rate"] != churn["rate"]:
            return Heading(self.t(key, share=share, cycle=step.before), subtitle)
        title = self.t(
            f"review_customers.title.moved_lost_{state.by}",
            share=share,
            lost=locale.percent(churn["rate"]),
            cycle=step.before,
        )
        return Heading(title, subtitle)

    def what_is_missing(self) -> str:
        """Return why there is nothing to compare, and what to do."""
        state = self._state
        for step in state.steps.values():
            if step.problem is not None:
                return self.t(step.problem[0], **step.problem[1])
        if state.project.review.movement.artefact() is None:
            analyst = state.may("analyst")
            return self.t("review_customers.nothing.evaluate" if analyst else "review_customers.nothing.wait")
        return self.t("review_customers.nothing.first")

    def moved(self) -> dict[str, Any] | None:
        """Return the share that moved among customers in both, with its interval; None where hidden."""
        state = self._state
        step = state.step
        assert step is not None
        matrix = step.matrix(state.by)
        both = matrix[matrix["status"].isin(["stayed", "moved"])]
        n, k = int(both["n"].sum()), int(both.loc[both["status"].eq("moved"), "n"].sum())
        minimum = state.minimum
        if not n or 0 < k < minimum:
            return None
        low, high = wilson(k, n)
        told = {"rate": k / n, "low": float(low), "high": float(high)}
        found = {name: coarse(value, n, minimum, name) for name, value in told.items()}
        return None if any(value is None for value in found.values()) else found

    # Key figures -----------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        return [
            self._customers_kpi(),
            self._moved_kpi(),
            self._rate_kpi("churn"),
            self._rate_kpi("win_back"),
            self._value_kpi(),
            self._psi_kpi(),
        ]

    def _customers_kpi(self) -> Kpi:
        state = self._state
        step = state.step
        assert step is not None
        joined, left = (self._count(key) for key in (("\0joined", None), (None, "\0left")))
        return Kpi(
            self.t("review_customers.kpi.customers"),
            locale.count(step.n_after, state.lang),
            note=self.t("review_customers.kpi.joined_left", joined=joined, left=left),
            exact=f"{step.n_before:,} → {step.n_after:,}",
        )

    def _count(self, key: tuple[str | None, str | None]) -> str:
        found = self._state.cell(*key)
        if found is None:
            return self.t("review_customers.hidden")
        return locale.count(found["n"], self._state.lang)

    def _moved_kpi(self) -> Kpi:
        label = self.t(
            "review_customers.kpi.moved_segment"
            if self._state.by == "segment"
            else "review_customers.kpi.moved_lifecycle_stage"
        )
        moved = self.moved()
        if moved is None:
            return Kpi(label, self.t("review_customers.hidden"))
        return Kpi(label, locale.percent(moved["rate"]), note=self._interval(moved))

    def _rate_kpi(self, kind: str) -> Kpi:
        label = self.t("review_customers.kpi.churn" if kind == "churn" else "review_customers.kpi.win_back")
        found = self._figures.rate(kind)
        if found is None:
            return Kpi(label, self.t("review_customers.hidden"))
        if found["rate"] != found["rate"]:
            return Kpi(label, "–", note=self.t("review_customers.kpi.nobody"))
        return Kpi(label, locale.percent(found["rate"]), note=self._interval(found))

    def _interval(self, found: dict[str, Any]) -> str:
        return self.t(
            "review_customers.kpi.interval",
            low=locale.percent(found["low"]),
            high=locale.percent(found["high"]),
        )

    def _value_kpi(self) -> Kpi:
        state = self._state
        step = state.step
        assert step is not None
        whole = step.value(state.by)
        row = whole[whole["part"].isna()].iloc[0]
        lang = state.lang
        change = row["value_after"] - row["value_before"]
        return Kpi(
            self.t("review_customers.kpi.value"),
            self._signed(change),
            note=""
            if self._figures.few_moved(row)
            else self.t(
                "review_customers.kpi.split",
                customers=self._signed(row["customers"]),
                balances=self._signed(row["balances"]),
            ),
            exact=f"{locale.money(row['value_before'], lang)} → {locale.money(row['value_after'], lang)}",
        )

    def _signed(self, amount: float) -> str:
        return ("+" if amount > 0 else "") + locale.money(amount, self._state.lang)

    def _psi_kpi(self) -> Kpi:
        state = self._state
        label = self.t("review_customers.kpi.psi")
        found = self._figures.index_of(state.by)
        if found is None:
            return Kpi(label, "–")
        level = str(found["level"])
        return Kpi(
            label,
            locale.decimal(found["psi"], 3),
            unit=self.t(f"insight_versions.level.{level}"),
            note=self.t("review_customers.kpi.critical", critical=locale.decimal(found["critical"], 3)),
            tone=_TONES[level],
        )

    # Cards -----------------------------------------------------------------------

    def flow_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the flow."""
        state = self._state
        subtitle = self.t(
            "review_customers.flow.subtitle"
            if state.may("analyst")
            else "review_customers.flow.subtitle_few",
            minimum=state.project.small_cell,
        )
        cells = state.cells().dropna(subset=["before", "after"])
        inner = cells[~cells["hidden"] & cells["before"].ne(cells["after"])]
        inner = inner[~inner["before"].str.startswith("\0") & ~inner["after"].str.startswith("\0")]
        if state.part:
            inner = inner[inner["before"].eq(state.part) | inner["after"].eq(state.part)]
        if inner.empty:
            return self.t("review_customers.flow.neutral"), subtitle
        row = inner.sort_values("n", ascending=False).iloc[0]
        return self.t(
            "review_customers.flow.title",
            n=locale.count(int(row["n"]), state.lang),
            before=state.shown(str(row["before"])),
            after=state.shown(str(row["after"])),
        ), subtitle

    def bridge_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the money."""
        state = self._state
        row = self._figures.value_row()
        who = state.shown(state.part) if state.part else self.t("review_customers.bridge_title.all")
        subtitle = self.t("review_customers.bridge_title.subtitle", who=who)
        if self._figures.bridge().empty:
            return self.t("review_customers.bridge_title.neutral"), subtitle
        change = float(row["value_after"] - row["value_before"])
        if self._figures.few_moved(row):
            return self.t("review_customers.bridge_title.unsplit", change=self._signed(change)), subtitle
        mostly = abs(row["customers"]) > abs(row["balances"])
        key = (
            "review_customers.bridge_title.customers" if mostly else "review_customers.bridge_title.balances"
        )
        main = row["customers"] if mostly else row["balances"]
        return self.t(key, change=self._signed(change), main=self._signed(float(main))), subtitle

    def matrix_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the matrix."""
        state = self._state
        subtitle = self.t(
            "review_customers.matrix.subtitle_n"
            if state.measure == "n"
            else "review_customers.matrix.subtitle_value"
        )
        shares = {}
        for part in state.order("before"):
            kept, whole = state.cell(part, part), state.cell(part, None)
            # Nobody stays in the first stages: time alone leads out of them.
            if part in ("", "acquisition", "honeymoon") or part.startswith("\0"):
                continue
            if kept and whole and whole["n"]:
                shares[part] = kept["n"] / whole["n"]
        if len(shares) < 2:
            return self.t("review_customers.matrix.neutral"), subtitle
        least = min(shares, key=lambda name: shares[name])
        return self.t(
            "review_customers.matrix.title",
            part=state.shown(least),
            share=locale.percent(shares[least], places=0),
        ), subtitle

    def churn_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of churn and win-back."""
        rows = self._figures.rates()
        hidden = self._figures.n_hidden_rates("churn") + self._figures.n_hidden_rates("win_back")
        subtitle = self.t("review_customers.churn.subtitle")
        if hidden:
            subtitle += " · " + self.t("review_customers.churn.hidden", n=hidden)
        churn = rows[rows["kind"].eq("churn")]
        if len(churn) < 2 or churn.iloc[0]["rate"] <= churn.iloc[1]["rate"]:
            return self.t("review_customers.churn.neutral"), subtitle
        return self.t(
            "review_customers.churn.title",
            part=churn.iloc[0]["label"],
            rate=locale.percent(churn.iloc[0]["rate"]),
        ), subtitle

    def psi_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the stability indices."""
        rows = self._figures.psi()
        subtitle = self.t("review_customers.psi.subtitle")
        if rows.empty:
            return self.t("review_customers.psi.neutral"), subtitle
        worst = rows.iloc[0]
        key = "review_customers.psi.title" if worst["level"] != "stable" else "review_customers.psi.stable"
        level = self.t(f"insight_versions.level.{worst['level']}")
        return self.t(key, name=worst["label"], psi=locale.decimal(worst["psi"], 2), level=level), subtitle
