"""One customer's portrait: found by a part of the id or as a typical member, shown masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.customers import FACES
from workbench.tables import LIFECYCLE_STAGES, TIERS
from workbench.ui.state.sections.portrait_figures import BANDS, product_word

if TYPE_CHECKING:
    from workbench.project.portraits import Cell, PortraitCard
    from workbench.ui.state.sections.portrait import PortraitState


class CardDesk:
    """The analyst's card of one customer; ids stay in the kernel, pages get numbers of rows.

    Parameters
    ----------
    section : PortraitState
        The section it stands in.
    """

    def __init__(self, section: PortraitState) -> None:
        self.section = section
        self.tier = self.stage = self.text = ""
        self.found: list[dict[str, Any]] = []
        self.card: PortraitCard | None = None
        self._shown = ""

    def load(self) -> None:
        """Read the customer shown again; of another day, the same one if he or she is there."""
        self.found = []
        if not self.section.desk_open:
            self.card, self._shown = None, ""
        elif self._shown:
            rows = self._portraits.search(self._shown, 1)
            if len(rows):
                self._open(self._shown)
            else:
                self.card, self._shown = None, ""

    @property
    def _portraits(self) -> Any:
        return self.section.project.insight.portraits

    def search(self, text: str) -> None:
        """Find customers by a part of the id."""
        if not self.section.desk_open:
            return
        self.text = text[:40].strip()
        self.found = []
        rows = self._portraits.search(self.text)
        self.found = rows.astype(object).where(rows.notna(), "").to_dict("records")
        if len(self.found) == 1:
            self.pick("0")
        self.section.touch()

    def pick(self, number: str) -> None:
        """Show one of the customers found, by its row."""
        if self.section.desk_open and number.isdigit() and int(number) < len(self.found):
            self._open(str(self.found[int(number)]["customer_id"]))
            self.section.touch()

    def typical(self, fields: dict[str, str]) -> None:
        """Show the customer nearest the medians of a tier, a stage, or both."""
        if not self.section.desk_open:
            return
        self.tier = fields.get("tier", "") if fields.get("tier", "") in TIERS else ""
        stage = fields.get("stage", "")
        self.stage = stage if stage in LIFECYCLE_STAGES else ""
        self.found = []
        self._open(self._portraits.typical(self.section.kind, self.tier, self.stage))
        self.section.touch()

    def _open(self, customer_id: str) -> None:
        self.card = self._portraits.card(customer_id)
        self._shown = customer_id

    # What is shown ---------------------------------------------------------------

    def python(self) -> str:
        """Return the call that shows this card."""
        words = [f'"{self.section.kind}"']
        words += [f'tier="{self.tier}"'] if self.tier else []
        words += [f'lifecycle_stage="{self.stage}"'] if self.stage else []
        inner = f"portraits.typical({', '.join(words)})"
        return f"portraits = project.insight.portraits; portraits.card({inner})"

    def options(self) -> dict[str, list[tuple[str, str]]]:
        """Return the choices of a typical member."""
        t = self.section.t
        return {
            "tier": [("", t("insight.all")), *((w, t(f"insight.tier.{w}")) for w in TIERS)],
            "stage": [("", t("insight.all")), *((w, t(f"insight.lifecycle.{w}")) for w in LIFECYCLE_STAGES)],
        }

    def shown(self) -> dict[str, Any] | None:
        """Return the card as words: the reason of the stage, the place in the matrix, four faces."""
        card, t = self.card, self.section.t
        if card is None:
            return None
        place = ""
        if card.bands is not None:
            contribution, potential = (t(f"insight_portrait.band.{BANDS[band]}") for band in card.bands)
            place = t("insight_portrait.card.place", contribution=contribution, potential=potential)
        elif card.tier_basis:
            place = t(f"insight_portrait.basis.{card.tier_basis}")
        return {
            "customer": card.customer,
            "kind": t(f"insight_portrait.kind.{card.kind}"),
            "tier": card.tier,
            "bands": card.bands,
            "stage": card.lifecycle_stage,
            "reason": "" if card.reason is None else self.section.rules.reason(*card.reason),
            "place": place,
            "peers": card.peers,
            "faces": [
                {"face": face, "cells": [self._cell(cell) for cell in card.face(face)]} for face in FACES
            ],
        }

    def _cell(self, cell: Cell) -> dict[str, Any]:
        return {
            "label": cell.field.label(self.section.lang),
            "value": self._value(cell.field.unit, cell.value, cell.field.name),
            "source": cell.source or "–",
            "as_of": "" if cell.as_of is None else locale.date(cell.as_of, self.section.lang),
        }

    def _value(self, unit: str, value: Any, name: str) -> str:
        t, lang = self.section.t, self.section.lang
        if value is None or pd.isna(value):
            return locale.percent(None)
        writers: dict[str, Any] = {
            "flag": lambda: t("insight_portrait.yes") if value else t("insight_portrait.no"),
            "years": lambda: t("insight_portrait.unit.years", n=locale.decimal(value, 0)),
            "months": lambda: t("insight_portrait.unit.years", n=locale.decimal(value / 12, 1)),
            "days": lambda: t("insight_portrait.unit.days", n=locale.decimal(value, 0)),
            "day": lambda: locale.decimal(value, 0),
            "date": lambda: locale.date(pd.Timestamp(value).date(), lang),
            "count": lambda: locale.count(value, lang),
            "cny": lambda: locale.money(value, lang),
            "share": lambda: locale.percent(value, places=0),
            "change": lambda: locale.signed(value * 100, 1) + "%",
            "score": lambda: locale.decimal(value, 1),
            "stage": lambda: t(f"insight.lifecycle.{value}"),
            "tier": lambda: t(f"insight.tier.{value}"),
            "product": lambda: product_word(t, str(value)),
            "need": lambda: t(f"insight_portrait.life.{value}"),
        }
        if unit in writers:
            return str(writers[unit]())
        if name == "kind":
            return t(f"insight_portrait.kind.{value}")
        if hasattr(value, "year"):
            return locale.date(pd.Timestamp(value).date(), lang)
        if isinstance(value, bool):
            return str(writers["flag"]())
        return f"{value:,.6g}" if isinstance(value, float) else str(value)
