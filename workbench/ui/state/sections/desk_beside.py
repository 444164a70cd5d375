"""What lies beside a call: material and rate of the day, quota, and the two small forms, refer and tell."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.desk_record import LONGEST, quota_words

if TYPE_CHECKING:
    from workbench.ui.state.sections.desk import DeskState


class DeskBeside:
    """Material, quota, referral and feedback for the customer at hand.

    Parameters
    ----------
    state : DeskState
        The desk.
    """

    def __init__(self, state: DeskState) -> None:
        self._state = state
        self.key = ""
        self.text = ""
        self._issued: set[str] = set()
        self._units: list[str] | None = None

    def begin(self) -> None:
        """Forget what was typed about the customer before."""
        self.text, self._issued = "", set()
        self._next_key()

    def _next_key(self) -> None:
        self.key = secrets.token_hex(8)
        self._issued.add(self.key)

    def product(self, offer: str) -> str:
        """Return an offer in the screen's words."""
        from workbench.execution import product_name

        return product_name(offer, self._state.lang)

    def materials(self) -> list[dict[str, Any]]:
        """Return what may be shown of the offer on the day of work, the rate first."""
        from workbench.project.desk_calls import rate_words

        state = self._state
        if state.lease is None:
            return []
        shown = state.project.execution.materials.shown(state.lease.offer, state.lease.day)
        rows: list[dict[str, Any]] = [dict(zip(shown.columns, row, strict=True)) for row in shown.to_numpy()]
        chinese = state.lang == "zh_CN"
        found = [
            {
                "title": row["title_zh" if chinese else "title"],
                "content": row["content_zh" if chinese else "content"],
                "rate": rate_words(row) if row["kind"] == "rate" else "",
                "unit": row["unit"] if row["kind"] == "rate" and not str(row["unit"]).startswith("%") else "",
                "until": None
                if row["valid_to"] is None or row["valid_to"] != row["valid_to"]
                else row["valid_to"],
                "version": row["version"],
            }
            for row in rows
        ]
        return sorted(found, key=lambda row: not row["rate"])

    def quota(self) -> dict[str, Any] | None:
        """Return what is left of the offer's quota for this customer; None where it has none."""
        found: dict[str, Any] | None = self._state.once("quota", self._quota)
        return found

    def _quota(self) -> dict[str, Any] | None:
        state = self._state
        lease = state.lease
        if lease is None:
            return None
        quota = state.project.execution.quota
        left = quota.left(lease.offer, lease.day, lease.branch)
        if left is None:
            return None
        rows = quota.frame(lease.day)
        measure = str(rows.loc[rows["offer"].eq(lease.offer), "measure"].iloc[0])
        return {"left": quota_words(left, measure, state.lang), "measure": measure, "over": left <= 0}

    # Referral --------------------------------------------------------------------

    def referral(self) -> dict[str, Any] | None:
        """Return what the form to refer offers."""
        state = self._state
        if state.lease is None:
            return None
        referrals = state.project.execution.referrals
        if self._units is None:
            self._units = referrals.units()
        return {"kinds": list(referrals.kinds(state.lang).items()), "units": self._units}

    def refer(self, key: str, fields: dict[str, str]) -> None:
        """Send the customer at hand to a colleague; a press that comes twice sends once."""
        state = self._state
        lease = state.lease
        if lease is None or key not in self._issued:
            return
        state.project.execution.referrals.send(
            lease.customer_id,
            fields.get("kind", ""),
            to_unit=fields.get("unit", "").strip(),
            key=f"refer-{key}",
            note=fields.get("note", "").strip(),
            lease=lease,
            by=state.agent,
        )
        words = {"customer": lease.masked_id, "unit": fields.get("unit", "").strip()}
        state.screen.banner = Banner("done", "execution_desk_page.referred", words)
        self._next_key()
        state.work_on()
        state.touch()

    # Feedback --------------------------------------------------------------------

    def groups(self) -> list[dict[str, Any]]:
        """Return what can be told of the strategy in two taps."""
        state = self._state
        return [] if state.lease is None else state.project.execution.feedback.groups(state.lang)

    def type(self, text: str) -> None:
        """Keep the few words that go with what is told."""
        self.text = text[:LONGEST]

    def tell(self, pressed: str) -> None:
        """Tell what a customer's word was: the page's key and a code, as ``key:code``."""
        state = self._state
        lease = state.lease
        key, _, code = pressed.partition(":")
        if lease is None or key not in self._issued:
            return
        run = state.call.run
        state.project.execution.feedback.give(
            code,
            self.text.strip(),
            strategy_id=lease.strategy_id,
            key=f"tell-{key}",
            script_version=state.call.version,
            step="" if run is None else run.at.step_id,
            lease=lease,
        )
        label = state.project.execution.feedback.labels(state.lang)[code]
        state.screen.banner = Banner("done", "execution_desk_page.told", {"code": label})
        self.text = ""
        self._next_key()
        state.work_on()
        state.touch()
