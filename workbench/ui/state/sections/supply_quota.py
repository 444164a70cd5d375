"""Setting a quota, and making it larger or smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict
from workbench.store.quota import MEASURES
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.record_form import NEW, RecordForm
from workbench.ui.state.sections.supply_fields import (
    differences,
    need_day,
    plain_day,
    read_day,
    read_number,
    version_of,
)

if TYPE_CHECKING:
    from workbench.ui.state.sections.supply import SupplyState

MESSAGE_PREFIXES = ("execution_supply_page.measure.",)
FIELDS = ("offer", "branch", "measure", "total", "valid_from", "valid_to", "note")


class QuotaForm(RecordForm):
    """The form of one quota, new or chosen."""

    id_name = "quota"
    _state: SupplyState

    def known(self) -> list[str]:
        """Return the numbers of the quotas."""
        return [str(number) for number in self._state.quotas.get("quota_id", [])]

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return a stored quota."""
        frame = self._state.project.execution.quota.frame(self._state.day)
        rows = frame[frame["quota_id"].astype("str").eq(row_id)].to_dict("records")
        return {str(name): value for name, value in rows[0].items()} if rows else {}

    def edit(self, row_id: str) -> None:
        """Show the form of a quota."""
        if row_id in self.known():
            self.show(row_id)

    def save(self, fields: dict[str, str]) -> None:
        """Open the quota, or change it unless somebody else has since the form was opened.

        Raises
        ------
        ParameterProblem
            If a field can't be read, the days are taken, or more is booked than the new total.
        """
        state = self._state
        if not self.open or not state.may("analyst"):
            return
        self.keep_typed(fields)
        quota = state.project.execution.quota
        total, note = read_number(fields.get("total", "")), fields.get("note", "").strip()[:400]
        if self.open == NEW:
            number = quota.define(
                fields.get("offer", ""),
                total,
                measure=fields.get("measure", MEASURES[0]),
                valid_from=need_day(fields.get("valid_from", "")),
                valid_to=read_day(fields.get("valid_to", "")),
                branch=fields.get("branch", ""),
                note=note,
            )
            key = "execution_supply_page.done.opened"
        else:
            number, key = int(self.open), "execution_supply_page.done.changed"
            try:
                quota.change(
                    number,
                    total=total,
                    valid_to=read_day(fields.get("valid_to", "")),
                    expected_version=version_of(fields),
                    note=note,
                )
            except Conflict as conflict:
                words = {"valid_to": state.t("execution_supply_page.field.valid_to")}
                stored = self.stored(self.open)
                totals = (state.t("execution_supply_page.field.total"), f"{total:g}", f"{stored['total']:g}")
                self.show_conflict(conflict, [totals, *differences(conflict, words)])
                return
        self.close()
        state.discard_draft()
        state.load()
        state.screen.banner = Banner("done", key, {"quota": number})
        state.touch()

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else what is stored."""
        state = self._state
        filled: dict[str, Any] = dict.fromkeys(FIELDS, "") | {
            "measure": MEASURES[0],
            "valid_from": plain_day(state.screen.today),
        }
        version = 0
        if self.open != NEW:
            stored = self.stored(self.open)
            filled = {name: stored.get(name, "") for name in FIELDS} | {"note": ""}
            filled["total"] = f"{stored['total']:g}" if stored["total"] < 1e6 else f"{stored['total']:.0f}"
            filled |= {name: plain_day(stored[name]) for name in ("valid_from", "valid_to")}
            version = int(stored["row_version"])
        filled, version = self.fill(FIELDS, filled, version)
        return {
            **filled,
            "row_version": version,
            "offers": [(offer, state.product(offer)) for offer in state.offers()],
            "branches": state.branches() if self.open == NEW else [],
            "measures": [(name, state.t(f"execution_supply_page.measure.{name}")) for name in MEASURES],
        }

    def python(self) -> str:
        """Return the Python that does the same."""
        if self.open == NEW:
            return 'project.execution.quota.define("time_deposit", 200, valid_from="2026-10-12")'
        return f"project.execution.quota.change({self.open}, total=250)"
