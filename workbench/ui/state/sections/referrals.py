"""The section on referrals: what waits for whom, how far it gets, and whose credit it is."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import ParameterProblem, WorkbenchError
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.referrals_findings import ReferralsFindings
from workbench.ui.state.sections.referrals_hidden import ReferralHiding
from workbench.ui.state.sections.referrals_rules import ReferralRulesForm

BOXES = ("inbox", "outbox", "all")
GROUPS = ("kind", "from_unit")
LONGEST_LIST = 60
SIGNS = {
    "sent": "→",
    "accepted": "●",
    "worked": "●",
    "won": "✓",
    "lost": "✕",
    "refused": "↩",
    "withdrawn": "○",
    "expired": "↩",
}
TONES = {"won": "g", "lost": "x", "refused": "w", "expired": "w"}
MESSAGE_PREFIXES = (
    "execution_referrals.state.",
    "execution_referrals.held.",
    "execution_referrals.event.",
    "execution_referrals.done.",
)


class ReferralsState(SectionState):
    """The referrals of the cycle shown in sums, and for those who work them one by one.

    Attributes
    ----------
    by : str
        What the table has rows for: kind or from_unit.
    box : str
        Which list is shown: inbox, outbox, or (analysts) all that is open.
    unit : str
        Whose inbox, beside what is addressed by name; empty is every unit's.
    chosen : int
        The referral that is shown closely; 0 is the form of a new one.
    """

    name = "referrals"
    by = traitlets.Enum(GROUPS, default_value="kind")
    box = traitlets.Enum(BOXES, default_value="inbox")
    unit = traitlets.Unicode("")
    chosen = traitlets.Int(0)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.tables: dict[str, pd.DataFrame] = {}
        self.whole = pd.DataFrame()
        self.credit = pd.DataFrame()
        self.hiding = ReferralHiding({}, 0)
        self.boxes: dict[str, pd.DataFrame] = {}
        self.units: list[str] = []
        self.is_simulated = False
        self.looked_at = dt.datetime(1970, 1, 1)
        self.sent_count = 0
        self._keys: dict[tuple[str, int], str] = {}
        self._labels: dict[str, dict[str, str]] = {}
        self._drawn: tuple[Any, pd.DataFrame] | None = None
        self.rules = ReferralRulesForm(self)
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["by", "chosen"])
        self.observe(lambda _: self._reread(), ["box", "unit"])

    @property
    def findings(self) -> ReferralsFindings:
        """The sentences made of these figures."""
        return ReferralsFindings(self)

    def heading(self) -> Heading:
        """Return how many of those settled were won."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return the way of the cycle's referrals."""
        return self.findings.kpis()

    # Reading -------------------------------------------------------------------------

    def load(self) -> None:
        """Read the sums, and for those who work them the lists."""
        referrals = self.project.execution.referrals
        self.looked_at = self.project.store.database.clock()
        flow = self.project.store.referrals.flow(self.project.cycle.cycle_id or None)
        self.is_simulated = bool(flow["is_simulated"].any())
        self.tables = referrals.funnels(self.looked_at)
        self.whole = self.tables.pop("whole")
        minimum = 0 if self.may("contributor") else self.project.small_cell
        self.hiding = ReferralHiding(self.tables, minimum)
        self.credit = referrals.credit_sums()
        self._drawn = None
        self._labels.clear()
        if self.may("contributor"):
            self.units = referrals.units()
            self._read_boxes()

    def _read_boxes(self) -> None:
        self.boxes = self.project.execution.referrals.boxes(self.unit)
        if not self.may("analyst"):
            del self.boxes["all"]
        shown = self.boxes.get(self.box, pd.DataFrame())
        known = [int(number) for frame in self.boxes.values() for number in frame["referral_id"]]
        if self.chosen not in known:
            self.chosen = int(shown["referral_id"].iloc[0]) if len(shown) else 0

    def _reread(self) -> None:
        if self.may("contributor"):
            self._read_boxes()
            self.touch()

    def labels(self) -> dict[str, str]:
        """Return what a person reads for each kind and reason; read once a load and language."""
        if self.lang not in self._labels:
            self._labels[self.lang] = self.project.execution.referrals.labels(self.lang)
        return self._labels[self.lang]

    # Choosing ------------------------------------------------------------------------

    def choose_group(self, by: str) -> None:
        """Show the table by kind or by sending unit."""
        if by in GROUPS:
            self.by = by

    def choose_box(self, box: str) -> None:
        """Show what waits here, what was sent, or all that is open."""
        if box in self.boxes:
            frame = self.boxes[box]
            self.chosen = int(frame["referral_id"].iloc[0]) if len(frame) else 0
            self.box = box

    def choose_unit(self, unit: str) -> None:
        """Show the inbox of a unit."""
        if unit == "" or unit in self.units:
            self.unit = unit

    def choose(self, number: str) -> None:
        """Show a referral closely; 0 is the form of a new one."""
        known = {str(n) for frame in self.boxes.values() for n in frame["referral_id"]}
        if number in {"0", *known}:
            self.chosen = int(number)

    # Lists ---------------------------------------------------------------------------

    def drawn(self) -> pd.DataFrame:
        """Return what the chart shows: one object as long as it is the same."""
        if self._drawn is None or self._drawn[0] != self.lang:
            self._drawn = (self.lang, self.findings.drawn())
        return self._drawn[1]

    def rows(self) -> list[dict[str, Any]]:
        """Return the list shown: each referral with its state in a word, and what is late in one."""
        frame = self.boxes.get(self.box, pd.DataFrame())
        return [self._row(row) for row in frame.head(LONGEST_LIST).to_dict("records")]

    def count(self, box: str) -> int:
        """Return how many a list has."""
        return len(self.boxes[box])

    def _row(self, row: dict[Any, Any]) -> dict[str, Any]:
        labels, state = self.labels(), str(row["state"])
        to = row["accepted_by"] or row["to_person"]
        return {
            "id": int(row["referral_id"]),
            "who": row["masked_id"],
            "name": row["masked_name"],
            "kind": labels.get(row["kind"], row["kind"]),
            "state": state,
            "sign": SIGNS[state],
            "tone": TONES.get(state, ""),
            "word": self.t(f"execution_referrals.state.{state}"),
            "from": " · ".join(part for part in dict.fromkeys((row["from_unit"], row["sent_by"])) if part),
            "to": " · ".join(part for part in dict.fromkeys((row["to_unit"], to)) if part),
            "late": self._late(row),
            "is_overdue": bool(row["is_overdue"] or (row["is_back"] and state == "expired")),
            "held": self.t(f"execution_referrals.held.{row['held']}") if row["held"] else "",
            "chosen": int(row["referral_id"]) == self.chosen,
        }

    def _late(self, row: dict[Any, Any]) -> str:
        """Return until when something is to be done, or how long it has been too late."""
        if row["is_back"]:
            expired = row["state"] == "expired"
            return self.t("execution_referrals.due.back" if expired else "execution_referrals.due.refused")
        if pd.isna(row["due_at"]):
            return ""
        away = (row["due_at"] - pd.Timestamp(self.looked_at)).total_seconds() / 86_400
        if away < 0:
            return self.t("execution_referrals.due.over", days=locale.decimal(-away, 1))
        return self.t("execution_referrals.due.left", days=locale.decimal(away, 1))

    def detail(self) -> dict[str, Any] | None:
        """Return the chosen referral closely: what can be done with it, and what was."""
        found = [f[f["referral_id"].eq(self.chosen)] for f in self.boxes.values()]
        rows = [frame.iloc[0].to_dict() for frame in found if len(frame)]
        if not rows:
            return None
        row, referrals = rows[0], self.project.execution.referrals
        labels = self.labels()
        acts = self.acts(row)
        reasons = {act: referrals.reasons(act, self.lang) for act in ("refuse", "withdraw", "lose")}
        return {
            **self._row(row),
            "note": row["note"],
            "reason": labels.get(row["reason"], row["reason"]),
            "reason_note": row["reason_note"],
            "amount": locale.money(row["amount"], self.lang) if row["amount"] == row["amount"] else "",
            "strategy": row["strategy_id"],
            "to_unit": row["to_unit"],
            "acts": acts,
            "reasons": reasons,
            "history": self._history(int(row["referral_id"]), labels),
            "hint": _hint(acts[0] if acts else "history", int(row["referral_id"])),
        }

    def _history(self, number: int, labels: dict[str, str]) -> list[dict[str, str]]:
        events = self.project.execution.referrals.history(number)
        rows = []
        for event in events.to_dict("records"):
            said = [labels.get(event["reason"], event["reason"]), event["note"]]
            if event["amount"] == event["amount"]:
                said.append(locale.money(event["amount"], self.lang))
            rows.append(
                {
                    "event": self.t(f"execution_referrals.event.{event['event']}"),
                    "at": locale.timestamp(event["at"]),
                    "who": event["who"],
                    "said": " · ".join(part for part in said if part),
                }
            )
        return rows

    def acts(self, row: dict[Any, Any]) -> list[str]:
        """Return what this person can do with a referral now."""
        me, helping = self.project.store.database.who, self.may("analyst")
        state, free = row["state"], not row["held"]
        mine = row["sent_by"] == me
        acts: list[str] = []
        if state == "sent" and not mine and (helping or row["to_person"] in ("", me)):
            acts += ["accept"] if free else []
            acts.append("refuse")
        if state in ("accepted", "worked") and (helping or row["accepted_by"] == me):
            if state == "worked":
                acts.append("win")
            elif free:
                acts.append("begin")
            acts.append("lose")
        if mine or helping:
            if row["is_back"] and free:
                acts.append("again")
            if (state == "sent" and mine) or (state == "expired" and row["is_back"]):
                acts.append("withdraw")
        return acts

    # Acts ----------------------------------------------------------------------------

    def key(self, act: str, number: int) -> str:
        """Return the key of the press that comes next; sent twice, it counts once."""
        return self._keys.setdefault((act, number), uuid.uuid4().hex)

    def act(self, act: str, fields: dict[str, str]) -> None:
        """Do with the chosen referral what its form or button says.

        Raises
        ------
        ParameterProblem
            If a reason or the amount is missing, or it is no longer possible.
        Conflict
            If somebody else was faster.
        """
        row = self.detail()
        if row is None or act not in row["acts"]:
            return
        number = int(row["id"])
        try:
            self._do(act, number, fields)
        except WorkbenchError:
            # What was faster than this press is shown.
            self.load()
            self.touch()
            raise
        self.load()
        self._done(act, number)

    def _do(self, act: str, number: int, fields: dict[str, str]) -> None:
        referrals, key = self.project.execution.referrals, self.key(act, number)
        reason, note = fields.get("reason", ""), fields.get("note", "")
        if act == "accept":
            referrals.accept(number, key=key)
        elif act == "begin":
            referrals.begin(number, key=key, note=note)
        elif act == "win":
            referrals.win(number, read_amount(fields.get("amount", "")), key=key, note=note)
        elif act == "again":
            unit, person = fields.get("to_unit", ""), fields.get("to_person", "")
            self.chosen = referrals.send_again(number, key=key, to_unit=unit, to_person=person)
        else:
            getattr(referrals, act)(number, reason, key=key, note=note)

    def send(self, fields: dict[str, str]) -> None:
        """Refer a customer, as the form says.

        Raises
        ------
        NotFound, ParameterProblem, Conflict
            If that is not possible; what was typed stays.
        """
        if not self.may("contributor"):
            return
        number = self.project.execution.referrals.send(
            fields.get("customer_id", "").strip(),
            fields.get("kind", ""),
            to_unit=fields.get("to_unit", ""),
            to_person=fields.get("to_person", ""),
            note=fields.get("note", ""),
            key=self.key("send", self.sent_count),
        )
        self.sent_count += 1
        self.load()
        self.box, self.chosen = "outbox", number
        self._done("send", number)

    def _done(self, act: str, number: int) -> None:
        self._keys.pop((act, number), None)
        self.screen.banner = Banner("done", f"execution_referrals.done.{act}", {"referral": number})

    def form(self) -> dict[str, Any]:
        """Return what the form of a new referral offers, and whom the ties suggest."""
        referrals = self.project.execution.referrals
        suggested = referrals.suggest(5, self.lang)
        labels = self.labels()
        return {
            "count": self.sent_count,
            "kinds": list(referrals.kinds(self.lang).items()),
            "units": self.units,
            "suggested": [
                {
                    "id": row["customer_id"],
                    "who": row["masked_id"],
                    "name": row["masked_name"],
                    "kind": row["kind"],
                    "kind_label": labels[row["kind"]],
                    "sentence": row["sentence"],
                }
                for row in suggested.to_dict("records")
            ],
            "hint": 'project.execution.referrals.send("…", "manager_to_private", to_unit="…", key="…")',
        }


def _hint(act: str, number: int) -> str:
    """Return the Python of what can be done next."""
    if act == "history":
        return f"project.execution.referrals.history({number})"
    name, more = {
        "again": ("send_again", ""),
        "win": ("win", " 120000,"),
        "refuse": ("refuse", ' "…",'),
        "lose": ("lose", ' "…",'),
        "withdraw": ("withdraw", ' "…",'),
    }.get(act, (act, ""))
    return f'project.execution.referrals.{name}({number},{more} key="…")'


def read_amount(text: str) -> float:
    """Return an amount as it was typed, CNY.

    Raises
    ------
    ParameterProblem
        If it is no number.

    Examples
    --------
    >>> read_amount("¥12,000.50")
    12000.5
    """
    plain = text.strip().replace(",", "").replace("，", "").replace("¥", "").replace("￥", "")
    try:
        return float(plain)
    except ValueError as problem:
        raise ParameterProblem("execution_referrals.form.bad_amount", value=text[:40]) from problem
