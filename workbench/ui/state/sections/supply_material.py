"""Adding a material or rate, replacing it by a new version, ending and withdrawing one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.store.materials import KINDS
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.record_form import NEW, RecordForm
from workbench.ui.state.sections.supply_fields import need_day, plain_day, read_day, read_number

if TYPE_CHECKING:
    from workbench.ui.state.sections.supply import SupplyState

MESSAGE_PREFIXES = ("execution_supply_page.kind.",)
FIELDS = (
    "name",
    "kind",
    "offer",
    "title",
    "title_zh",
    "content",
    "content_zh",
    "value",
    "unit",
    "valid_from",
    "valid_to",
    "note",
)


class MaterialForm(RecordForm):
    """The form of a material or rate: a new one, or the next version of one there is."""

    id_name = "material"
    _state: SupplyState

    def known(self) -> list[str]:
        """Return the names of materials and rates."""
        return sorted(set(self._state.materials.get("name", [])))

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return the newest version of a name."""
        rows = self._state.materials
        found = rows[rows["name"].eq(row_id)].sort_values("version").to_dict("records")
        return {str(name): value for name, value in found[-1].items()} if found else {}

    def replace(self, name: str) -> None:
        """Show the form of the next version of a material or rate."""
        if name in self.known():
            self.show(name)

    def save(self, fields: dict[str, str]) -> None:
        """Add the version; the one that holds on its first day ends the day before.

        Raises
        ------
        ParameterProblem
            If a field can't be read, a text is missing, or another version holds on its days.
        """
        state = self._state
        if not self.open or not state.may("analyst"):
            return
        self.keep_typed(fields)
        name = fields.get("name", "").strip() if self.open == NEW else self.open
        if self.open == NEW and name in self.known():
            raise ParameterProblem("execution_supply_page.error.known_name", name=name)
        kept = {} if self.open == NEW else self.stored(self.open)
        kind = str(kept.get("kind", fields.get("kind", KINDS[0])))
        typed = {key: fields.get(key, "") for key in ("title", "title_zh", "content", "content_zh", "unit")}
        version = state.project.execution.materials.add(
            name,
            kind=kind,
            offer=str(kept.get("offer", fields.get("offer", ""))),
            value=read_number(fields.get("value", "")) if kind == "rate" else None,
            valid_from=need_day(fields.get("valid_from", "")),
            valid_to=read_day(fields.get("valid_to", "")),
            note=fields.get("note", "").strip()[:400],
            ends_former=self.open != NEW,
            **typed,
        )
        self.close()
        state.discard_draft()
        self._tell("execution_supply_page.done.added", name, version)

    def end(self, which: str, fields: dict[str, str]) -> None:
        """Let a version end on a day.

        Raises
        ------
        ParameterProblem
            If the day is missing, before its first, or another version would hold beside it.
        """
        name, version = self._which(which)
        if version is not None:
            expected = int(self._row(name, version)["row_version"])
            day = need_day(fields.get("valid_to", ""))
            self._state.project.execution.materials.end(name, version, day, expected_version=expected)
            self._tell("execution_supply_page.done.ended", name, version)

    def withdraw(self, which: str, fields: dict[str, str]) -> None:
        """Take a version that was wrong out of use, with the reason."""
        name, version = self._which(which)
        if version is not None:
            self._state.project.execution.materials.withdraw(name, version, fields.get("note", ""))
            self._tell("execution_supply_page.done.withdrawn", name, version)

    def _tell(self, key: str, name: str, version: int) -> None:
        state = self._state
        state.load()
        state.screen.banner = Banner("done", key, {"name": name, "version": version})
        state.touch()

    def _which(self, which: str) -> tuple[str, int | None]:
        """Return name and version that a press names; None for one that there is not."""
        name, _, number = which.rpartition(":")
        rows = self._state.materials
        is_known = number.isdigit() and len(rows) > 0
        found = is_known and bool((rows["name"].eq(name) & rows["version"].eq(int(number))).any())
        return name, int(number) if found and self._state.may("analyst") else None

    def _row(self, name: str, version: int) -> dict[str, Any]:
        rows = self._state.materials
        found = rows[rows["name"].eq(name) & rows["version"].eq(version)].to_dict("records")[0]
        return {str(key): value for key, value in found.items()}

    def values(self) -> dict[str, Any]:
        """Return the form as a browser takes it: what was typed, else the newest version's."""
        state = self._state
        filled: dict[str, Any] = dict.fromkeys(FIELDS, "") | {"kind": KINDS[0]}
        if self.open != NEW:
            stored = self.stored(self.open)
            filled = {name: stored.get(name) for name in FIELDS} | {"note": "", "valid_to": ""}
            value = filled["value"]
            filled["value"] = "" if value is None or value != value else f"{value:g}"
        filled["valid_from"] = plain_day(state.screen.today)
        filled, _ = self.fill(FIELDS, filled, 0)
        return {
            **filled,
            "offers": [(offer, state.product(offer)) for offer in state.offers()],
            "kinds": [(name, state.t(f"execution_supply_page.kind.{name}")) for name in KINDS],
        }

    def python(self) -> str:
        """Return the Python that does the same."""
        if self.open == NEW:
            return 'project.execution.materials.add("…", offer="…", title="…", title_zh="…", valid_from="…")'
        return f"project.execution.materials.add({self.open!r}, …, ends_former=True)"
