"""The sentences, key figures and rows of the supply: made of what is on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.execution.quota_forecast import WINDOW
from workbench.project.demo_supply import NOTE
from workbench.ui.state.parts import Button, Heading, Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.supply import SupplyState

MESSAGE_PREFIXES = (
    "execution_supply_page.state.",
    "execution_supply_page.entry.",
    "execution_supply_page.problem.",
    "execution_supply_page.version.",
    "execution_supply_page.stopped.",
    "execution_supply_page.next.",
)
_TONES = {"used_up": "x", "runs_out": "w", "lasts": "g", "idle": "", "not_begun": "", "ended": ""}


class SupplyFindings:
    """Titles, key figures and rows of one state of the section.

    Parameters
    ----------
    state : SupplyState
        Whose figures are put into words.
    """

    def __init__(self, state: SupplyState) -> None:
        self._state = state
        self.t = state.t

    # The page ------------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return what is stopped, or what runs out first, or that all is there."""
        state = self._state
        said = self.t("execution.button.comments", n=state.screen.comment_count())
        subtitle = self.t(
            "execution_supply_page.subtitle", day=locale.date(state.day, state.lang), window=WINDOW
        )
        return Heading(self._title(), subtitle, (Button("comments", said),))

    def _title(self) -> str:
        state = self._state
        if state.quotas.empty and state.materials.empty:
            return self.t("execution_supply_page.title.nothing")
        stopped = state.stopped["strategy_id"].nunique() if len(state.stopped) else 0
        if stopped:
            key = "execution_supply_page.title.one_stopped"
            name = str(state.stopped["strategy_id"].iloc[0])
            if stopped > 1:
                key = "execution_supply_page.title.stopped"
            return self.t(key, n=stopped, name=name)
        first = self._first_out()
        if first is not None:
            return self.t(
                "execution_supply_page.title.runs_out",
                name=state.product(first["offer"]),
                day=locale.date(first["runs_out"].date(), state.lang),
            )
        return self.t("execution_supply_page.title.neutral")

    def _first_out(self) -> dict[str, Any] | None:
        rows = self._state.quotas
        out = rows[rows["state"].eq("runs_out") & rows["runs_out"].notna()] if len(rows) else rows
        if out.empty:
            return None
        return {str(name): value for name, value in out.sort_values("runs_out").iloc[0].items()}

    def kpis(self) -> list[Kpi]:
        """Return quotas, what runs out first, what is stopped, materials, gaps, and codes."""
        state = self._state
        quotas, materials = state.quotas, state.materials
        used_up = int(quotas["state"].eq("used_up").sum()) if len(quotas) else 0
        stopped = state.stopped["strategy_id"].nunique() if len(state.stopped) else 0
        current = int(materials["state"].eq("current").sum()) if len(materials) else 0
        codes = state.codes
        retired = int(codes["retired"].astype("bool").sum())
        return [
            Kpi(
                self.t("execution_supply_page.kpi.quotas"),
                str(len(quotas)),
                note=self.t("execution_supply_page.kpi.used_up", n=used_up),
                tone="warn" if used_up else "",
            ),
            self._out_kpi(),
            Kpi(
                self.t("execution_supply_page.kpi.stopped"),
                str(stopped),
                note=self.t("execution_supply_page.kpi.stopped_note"),
                tone="warn" if stopped else "",
            ),
            Kpi(
                self.t("execution_supply_page.kpi.materials"),
                str(current),
                note=self.t(
                    "execution_supply_page.kpi.names",
                    n=materials["name"].nunique() if len(materials) else 0,
                ),
            ),
            Kpi(
                self.t("execution_supply_page.kpi.problems"),
                str(len(state.problems)),
                note=self.t("execution_supply_page.kpi.problems_note"),
                tone="warn" if len(state.problems) else "",
            ),
            Kpi(
                self.t("execution_supply_page.kpi.codes"),
                str(len(codes) - retired),
                note=self.t("execution_supply_page.kpi.version", version=state.version, n=retired),
            ),
        ]

    def _out_kpi(self) -> Kpi:
        state, first = self._state, self._first_out()
        label = self.t("execution_supply_page.kpi.first_out")
        if first is None:
            return Kpi(label, "–")
        note = self.t(
            "execution_supply_page.kpi.out_note",
            product=state.product(first["offer"]),
            day=locale.date(first["runs_out"].date(), state.lang),
        )
        left = (first["runs_out"].date() - state.day).days
        return Kpi(label, f"{left:,}", unit=self.t("execution_supply_page.kpi.in_days"), note=note)

    # Quotas --------------------------------------------------------------------------

    def amount(self, value: Any, measure: str) -> str:
        """Return pieces or money; what is hidden from a viewer says so."""
        if value is None or value != value:
            return self.t("execution.hidden")
        return locale.money(value, self._state.lang) if measure == "CNY" else f"{value:,.0f}"

    def note(self, note: str) -> str:
        """Return a note; that of the sample bank in the screen's language."""
        return self.t("execution_supply_page.simulated") if note == NOTE else str(note)

    def quotas(self) -> list[dict[str, Any]]:
        """Return the rows of the quotas."""
        state, lang = self._state, self._state.lang
        found = []
        for row in state.quotas.to_dict("records"):
            measure = str(row["measure"])
            share = row["booked"] / row["total"] if row["total"] else float("nan")
            begins = locale.date(row["valid_from"], lang)
            ends = row["valid_to"]
            found.append(
                {
                    "id": str(row["quota_id"]),
                    "product": state.product(str(row["offer"])),
                    "where": row["branch"] or self.t("execution_supply_page.bank"),
                    "measure": measure,
                    "note": self.note(row["note"]),
                    **{name: self.amount(row[name], measure) for name in ("total", "booked", "held", "left")},
                    "share": min(share, 1.0) if share == share else None,
                    "days": self.t("execution_supply_page.since", first=begins)
                    if ends is None or ends != ends
                    else self.t("execution_supply_page.span", first=begins, last=locale.date(ends, lang)),
                    "hidden": bool(row["hidden"]),
                    "tone": _TONES[row["state"]],
                    "word": self.t(f"execution_supply_page.state.{row['state']}"),
                    "forecast": self.forecast({str(name): value for name, value in row.items()}),
                }
            )
        return found

    def forecast(self, row: dict[str, Any]) -> str:
        """Return when a quota runs out, with the days between which it may."""
        state, lang = self._state, self._state.lang
        if row["state"] not in ("runs_out", "lasts"):
            return ""
        if row["hidden"]:
            return self.t("execution.hidden")
        if row["runs_out"] != row["runs_out"]:
            return self.t("execution_supply_page.never")
        pace = self.amount(row["per_day"], row["measure"])
        if row["measure"] != "CNY":
            pace = locale.decimal(row["per_day"], 2 if row["per_day"] < 1 else 1)
        values = {"day": locale.date(row["runs_out"].date(), lang), "pace": pace}
        early, late = row["earliest"], row["latest"]
        if early != early:
            return state.t("execution_supply_page.out.day", **values)
        values["early"] = locale.date(early.date(), lang)
        if late != late:
            return state.t("execution_supply_page.out.open", **values)
        return state.t("execution_supply_page.out.between", late=locale.date(late.date(), lang), **values)

    def stopped(self) -> list[str]:
        """Return the strategies that are not offered, and why."""
        state = self._state
        cards = state.screen.cards
        names = {} if cards.empty else dict(zip(cards["strategy_id"], cards["name"], strict=True))
        return [
            self.t(
                f"execution_supply_page.stopped.{row['why']}",
                name=f"{row['strategy_id']} {names.get(row['strategy_id'], row['name'])}",
                product=state.product(str(row["offer"])),
                where=row["branch"] or self.t("execution_supply_page.bank"),
            )
            for row in state.stopped.to_dict("records")
        ]

    def ledger(self, most: int) -> list[dict[str, Any]]:
        """Return the newest entries of the ledger, customers masked."""
        state = self._state
        if state.ledger.empty:
            return []
        measures = dict(zip(state.quotas["quota_id"], state.quotas["measure"], strict=True))
        offers = dict(zip(state.quotas["quota_id"], state.quotas["offer"], strict=True))
        found = []
        for row in state.ledger.iloc[::-1].head(most).to_dict("records"):
            measure = measures.get(row["quota_id"], "units")
            amount = self.amount(abs(row["amount"]), measure)
            found.append(
                {
                    "id": int(row["entry_id"]),
                    "quota": f"{row['quota_id']} {state.product(str(offers.get(row['quota_id'], '')))}",
                    "kind": self.t(f"execution_supply_page.entry.{row['kind']}"),
                    "amount": ("−" if row["amount"] < 0 else "+") + amount,
                    "left": self.amount(row["left"], measure),
                    "customer": row["customer"],
                    "strategy": row["strategy_id"] or "",
                    "at": locale.timestamp(row["at"]),
                    "who": row["who"],
                    "note": self.note(row["note"]),
                }
            )
        return found

    # Materials and rates ---------------------------------------------------------------

    def title_of(self, row: dict[str, Any]) -> str:
        """Return a version's title in the screen's language."""
        return str(row["title_zh"] if self._state.lang == "zh_CN" else row["title"])

    def materials(self) -> list[dict[str, Any]]:
        """Return the versions by name, the newest first."""
        state, lang = self._state, self._state.lang
        rows = state.materials
        found = []
        for name in state.material_form.known():
            mine = rows[rows["name"].eq(name)].sort_values("version", ascending=False).to_dict("records")
            newest = {str(key): value for key, value in mine[0].items()}
            found.append(
                {
                    "name": name,
                    "title": self.title_of(newest),
                    "product": state.product(str(newest["offer"])),
                    "content": newest["content_zh" if lang == "zh_CN" else "content"],
                    "versions": [
                        self._version({str(key): value for key, value in row.items()}) for row in mine
                    ],
                    "problems": self.problems(name),
                }
            )
        return found

    def _version(self, row: dict[str, Any]) -> dict[str, Any]:
        lang = self._state.lang
        ends = row["valid_to"]
        return {
            "key": f"{row['name']}:{row['version']}",
            "version": row["version"],
            "state": row["state"],
            "word": self.t(f"execution_supply_page.version.{row['state']}"),
            "value": self.value_of(row),
            "days": self._span(row),
            "ends": "" if ends is None or ends != ends else f"{ends:%Y-%m-%d}",
            "note": self.note(row["note"]),
            "who": row["created_by"],
            "at": locale.date(row["created_at"].date(), lang),
        }

    def _span(self, row: dict[str, Any]) -> str:
        lang, ends = self._state.lang, row["valid_to"]
        first = locale.date(row["valid_from"], lang)
        if ends is None or ends != ends:
            return self.t("execution_supply_page.since", first=first)
        return self.t("execution_supply_page.span", first=first, last=locale.date(ends, lang))

    def value_of(self, row: dict[str, Any]) -> str:
        """Return a rate with its unit; a material has none."""
        value = row["value"]
        if value is None or value != value:
            return ""
        unit = str(row["unit"])
        return f"{value:g}{unit}" if unit.startswith("%") else f"{value:g} {unit}".strip()

    def problems(self, name: str) -> list[str]:
        """Return the gaps and overlaps of one material or rate as sentences."""
        rows, lang = self._state.problems, self._state.lang
        if rows.empty:
            return []
        found = []
        for row in rows[rows["name"].eq(name)].to_dict("records"):
            last = row["last"]
            values = {
                "first": locale.date(row["first"].date(), lang),
                "last": "…" if pd.isna(last) else locale.date(last.date(), lang),
                "versions": row["versions"],
            }
            found.append(self.t(f"execution_supply_page.problem.{row['problem']}", **values))
        return found

    def drawn(self) -> pd.DataFrame:
        """Return the versions to draw: a bar each, and what is amiss."""
        rows = self._state.materials
        if rows.empty:
            return pd.DataFrame()
        kept = rows[rows["state"].ne("withdrawn")]
        records = [{str(key): value for key, value in row.items()} for row in kept.to_dict("records")]
        titles = {
            name: self.title_of(self._state.material_form.stored(name))
            for name in self._state.material_form.known()
        }
        return pd.DataFrame(
            {
                "label": [titles[row["name"]] for row in records],
                "begin": pd.to_datetime(kept["valid_from"]).to_numpy(),
                "end": pd.to_datetime(kept["valid_to"]).to_numpy(),
                "state": kept["state"].to_numpy(),
                # The bar of few days has no room for a whole unit; the list beside it has.
                "text": [
                    self.value_of(row).partition("%")[0] + "%" * ("%" in self.value_of(row))
                    or f"v{row['version']}"
                    for row in records
                ],
                "words": [f"{self._span(row)} · {self._version(row)['word']}" for row in records],
            }
        )

    def materials_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the time line."""
        state = self._state
        subtitle = self.t(
            "execution_supply_page.materials.subtitle", day=locale.date(state.screen.today, state.lang)
        )
        n = len(state.problems)
        if not n:
            return self.t("execution_supply_page.materials.neutral"), subtitle
        if n > 1:
            return self.t("execution_supply_page.materials.problems", n=n), subtitle
        row = state.problems.iloc[0]
        title = self.title_of(state.material_form.stored(str(row["name"])))
        return self.t(
            "execution_supply_page.materials.problem", name=title, what=self.problems(row["name"])[0]
        ), subtitle

    # Codes ---------------------------------------------------------------------------

    def codes(self) -> list[dict[str, Any]]:
        """Return the rows of the codes; how many contacts have one is shown to those who work the lists."""
        state = self._state
        return [
            {
                "code": row["code"],
                "en": row["en"],
                "zh_CN": row["zh_CN"],
                "reached": bool(row["reached"]),
                "stops": bool(row.get("stops", False)),
                "retired": bool(row["retired"]),
                "next": self.t(f"execution_supply_page.next.{row['next']}"),
                "days": int(row["days"]),
                "aliases": ", ".join(row["aliases"]),
                "n": f"{int(row['n']):,}" if state.sees_all else "",
            }
            for row in state.codes.to_dict("records")
        ]

    def versions(self) -> list[dict[str, Any]]:
        """Return who changed the codes when and why, the newest first; a viewer sees no names."""
        rows = self._state.project.execution.dispositions.versions()
        return [
            {
                "version": int(row["version"]),
                "note": row["note"],
                "at": locale.timestamp(row["at"]),
                "who": row["who"] if self._state.sees_all else "",
            }
            for row in rows.iloc[::-1].to_dict("records")
        ]
