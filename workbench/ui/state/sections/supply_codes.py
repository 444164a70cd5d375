"""Editing disposition codes: each change is a version, and what contacts have is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import Conflict
from workbench.execution.dispositions import NEXT
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.record_form import NEW, RecordForm
from workbench.ui.state.sections.supply_fields import read_number, version_of

if TYPE_CHECKING:
    from workbench.ui.state.sections.supply import SupplyState

MESSAGE_PREFIXES = ("execution_supply_page.next.",)
FIELDS = ("code", "en", "zh_CN", "reached", "next", "days", "aliases", "stops", "note")
FLAGS = ("reached", "stops")


class CodeForm(RecordForm):
    """The form of one disposition code, new or chosen."""

    id_name = "code"
    _state: SupplyState

    def known(self) -> list[str]:
        """Return the codes in force."""
        return [str(code) for code in self._state.codes.get("code", [])]

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return a stored code, with the version of all codes."""
        rows = self._state.codes
        found = rows[rows["code"].eq(row_id)].to_dict("records")
        row = {str(name): value for name, value in found[0].items()} if found else {}
        return row | {"row_version": self._state.project.execution.dispositions.version}

    def edit(self, row_id: str) -> None:
        """Show the form of a code."""
        if row_id in self.known():
            self.show(row_id)

    def save(self, fields: dict[str, str]) -> None:
        """Save the codes as a new version, unless somebody else has since the form was opened.

        Raises
        ------
        ParameterProblem
            If the code, a label or what follows is not possible.
        """
        state = self._state
        if not self.open or not state.may("analyst"):
            return
        self.keep_typed(fields)
        row: dict[str, Any] = {name: fields.get(name, "").strip() for name in ("en", "zh_CN", "next")}
        row["code"] = fields.get("code", "").strip() if self.open == NEW else self.open
        row |= {name: fields.get(name, "") == "yes" for name in FLAGS}
        days = read_number(fields.get("days", "0") or "0")
        row["days"] = int(days) if days.is_integer() else days
        row["aliases"] = [word.strip() for word in fields.get("aliases", "").replace("，", ",").split(",")]
        stored = state.codes.drop(columns="n").to_dict("records")
        rows = [{str(name): value for name, value in each.items()} for each in stored]
        if self.open == NEW:
            rows.append(row)
        else:
            rows = [each | row if each["code"] == self.open else each for each in rows]
        self._save(rows, version_of(fields), fields.get("note", ""), row["code"])

    def _save(self, rows: list[dict[str, Any]], version: int, note: str, code: str) -> None:
        state = self._state
        dispositions = state.project.execution.dispositions
        try:
            saved = dispositions.save(rows, expected_version=version, note=note.strip()[:400])
        except Conflict as conflict:
            theirs = str(dispositions.version)
            difference = [(state.t("execution_supply_page.codes.version"), str(version), theirs)]
            self.show_conflict(conflict, difference)
            return
        self._tell("execution_supply_page.done.code", code, saved)

    def retire(self, code: str) -> None:
        """Offer a code no more, or again if it was retired."""
        state = self._state
        if code not in self.known() or not state.may("analyst"):
            return
        dispositions = state.project.execution.dispositions
        is_retired = bool(self.stored(code)["retired"])
        saved = dispositions.restore(code) if is_retired else dispositions.retire(code)
        self._tell("execution_supply_page.done.code", code, saved)

    def delete(self, code: str) -> None:
        """Delete a code that no contact has.

        Raises
        ------
        ParameterProblem
            If contacts have it; the sentence says how many.
        """
        if code in self.known() and self._state.may("analyst"):
            saved = self._state.project.execution.dispositions.delete(code)
            self._tell("execution_supply_page.done.deleted", code, saved)

    def _tell(self, key: str, code: str, version: int) -> None:
        state = self._state
        self.close()
        state.discard_draft()
        state.load()
        state.screen.banner = Banner("done", key, {"code": code, "version": version})
        state.touch()

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else what is stored."""
        state = self._state
        filled: dict[str, Any] = dict.fromkeys(FIELDS, "") | {"next": NEXT[0], "days": "0"}
        version = state.version
        if self.open != NEW:
            stored = self.stored(self.open)
            filled = {name: stored.get(name, "") for name in FIELDS} | {"note": ""}
            filled["aliases"] = ", ".join(stored["aliases"])
            filled |= {name: "yes" if stored.get(name) else "" for name in FLAGS}
        filled, version = self.fill(FIELDS, filled, version)
        if self.typed is not None:
            # A box that is not ticked is not sent at all.
            filled |= {name: self.typed.get(name, "") for name in FLAGS}
        return {
            **filled,
            "row_version": version,
            "nexts": [(name, state.t(f"execution_supply_page.next.{name}")) for name in NEXT],
        }

    def python(self) -> str:
        """Return the Python that does the same."""
        code = "visit" if self.open == NEW else self.open
        return f'project.execution.dispositions.put({{"code": "{code}", …}})'
