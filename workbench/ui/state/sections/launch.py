"""The section on launching: what leaves, who approved it, whether it is fair, and the files of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.store.approvals import same_person
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.sections import launch_lists
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.launch_fairness import LaunchFairnessFigures

if TYPE_CHECKING:
    from workbench.project.frozen import FrozenSelection
    from workbench.ui.state.jobs import Report

OPEN = ("requested", "approved")
FORMATS = ("csv", "xlsx")
SIMULATED = "sample bank (simulated)"
MESSAGE_PREFIXES = (
    "strategy_launch.title.",
    "strategy_launch.subtitle.",
    "strategy_launch.status.",
    "strategy_launch.stale.",
    "strategy_launch.lists.title_",
)


class LaunchState(SectionState):
    """What is launched, waits for a second person, or would be launched.

    Attributes
    ----------
    subject : str
        ``requested`` or ``approved`` (a request that waits), ``launched``, ``draft`` (what an
        analyst would launch now), or empty for nothing.
    """

    name = "launch"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.subject = ""
        self.requests = pd.DataFrame()
        self.request: dict[str, Any] | None = None
        self.selection: FrozenSelection | Any = None
        self.targets = pd.DataFrame()
        self.exported = ""
        self.figures = LaunchFairnessFigures(self)
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read the requests, and what is launched or waits."""
        strategy = self.project.strategy
        self.subject, self.request, self.selection = "", None, None
        self.targets = pd.DataFrame()
        self.figures.forget()
        self.requests = strategy.launch_requests()
        waiting = self.requests[self.requests["status"].isin(OPEN)]
        if len(waiting):
            self.request = {str(k): v for k, v in waiting.iloc[-1].to_dict().items()}
            self.subject = str(self.request["status"])
            self.selection = strategy.requested_selection(int(self.request["request_id"]))
            self.targets = self.selection.targets
            self.figures.read(self.selection)
        elif len(self.screen.lists):
            self.subject = "launched"
            self.targets = strategy.targets()
            self.figures.read(None)
        elif self.may("analyst") and self.screen.plan is not None and not self.screen.stale:
            self._cut_now()

    def _cut_now(self) -> None:
        screen = self.screen
        self.selection = self.project.strategy.select(
            screen.capacity, random_state=screen.seed, smallest=screen.smallest
        )
        if len(self.selection.targets):
            self.subject = "draft"
            self.targets = self.selection.targets
            self.figures.read(self.selection)

    # Figures ---------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Customers on the lists shown."""
        return len(self.targets)

    @property
    def n_control(self) -> int:
        """How many of them are held back."""
        return int(self.targets["arm"].eq("control").sum()) if self.n else 0

    @property
    def hides(self) -> bool:
        """Whether small cells are hidden from this role."""
        return not self.may("analyst")

    def needs_second(self) -> bool:
        """Say whether launching what is shown takes a second person."""
        return self.project.strategy.needs_approval(self.n)

    def list_rows(self) -> list[dict[str, Any]]:
        """Return the lists: name, customers, control, hash, seed, and the strata of the control."""
        return launch_lists.list_rows(self)

    # Four eyes -------------------------------------------------------------------

    def is_mine(self) -> bool:
        """Say whether the open request was made under this page's own name."""
        assert self.request is not None
        return same_person(str(self.request["requested_by"]), self.project.store.database.who)

    def may_decide(self) -> bool:
        """Say whether this page may approve or refuse the open request."""
        return self.subject == "requested" and self.may("contributor") and not self.is_mine()

    def stale(self) -> str:
        """Say what has changed since the open request was made; empty when nothing has."""
        if self.request is None or not self.request["stale"]:
            return ""
        first = str(self.request["stale"]).split(", ")[0]
        return self.t(f"strategy_launch.stale.{first}")

    def history(self) -> list[dict[str, Any]]:
        """Return the steps of every request of the cycle, the newest first."""
        steps = []
        for row in self.requests.to_dict("records"):
            steps.append(self._step("requested", row["requested_by"], row["requested_at"], row["note"], row))
            if row["decided_by"]:
                status = "refused" if row["status"] == "refused" else "approved"
                steps.append(
                    self._step(status, row["decided_by"], row["decided_at"], row["decision_note"], row)
                )
            if row["closed_by"]:
                steps.append(self._step(row["status"], row["closed_by"], row["closed_at"], "", row))
        return steps[::-1]

    def _step(self, status: str, who: str, at: Any, note: str | None, row: Any) -> dict[str, Any]:
        shown = self.t("strategy_launch.simulated") if who == SIMULATED else str(who)
        signs = {"requested": "…", "approved": "✓", "refused": "✕", "withdrawn": "–", "launched": "✓"}
        tones = {"approved": "good", "launched": "good", "refused": "bad"}
        return {
            "request": int(row["request_id"]),
            "status": self.t(f"strategy_launch.status.{status}"),
            "sign": signs[status],
            "tone": tones.get(status, ""),
            "who": shown if self.may("contributor") or who == SIMULATED else "",
            "at": at,
            "note": self.t("strategy_launch.simulated_note") if who == SIMULATED else (note or ""),
            "n": int(row["n"]),
            "sha256": str(row["sha256"]),
        }

    def approve(self, fields: dict[str, str]) -> None:
        """Approve the open request as the second person."""
        number = self._open_number()
        self.project.strategy.approve_launch(number, fields.get("note", ""))
        self._done("strategy_launch.done.approved", request=number)

    def refuse(self, fields: dict[str, str]) -> None:
        """Refuse the open request as the second person."""
        number = self._open_number()
        self.project.strategy.refuse_launch(number, fields.get("note", ""))
        self._done("strategy_launch.done.refused", request=number)

    def withdraw(self) -> None:
        """Take the open request back."""
        number = self._open_number()
        self.project.strategy.withdraw_launch(number)
        self._done("strategy_launch.done.withdrawn", request=number)

    def submit(self, fields: dict[str, str] | None = None) -> None:
        """Launch what is shown, or ask a second person where it takes one.

        Raises
        ------
        ParameterProblem
            If there is nothing to launch.
        """
        if self.subject != "draft":
            raise ParameterProblem("strategy_launch.error.nothing")
        note, selection = (fields or {}).get("note", ""), self.selection
        self.jobs.start(
            lambda _: self.project.strategy.submit(selection, note),
            lambda lists: self.submitted(lists, len(selection.targets)),
            "strategy_launch.phase.launch",
        )

    def launch(self) -> None:
        """Launch what was approved, in the background."""
        number = self._open_number()

        def work(report: Report) -> Any:
            report(0.1, "strategy_launch.phase.launch")
            return self.project.strategy.launch_approved(number)

        self.jobs.start(work, lambda lists: self.submitted(lists, 0), "strategy_launch.phase.launch")

    def submitted(self, lists: list[Any], asked: int) -> None:
        """Say what became of it."""
        if lists:
            n, control = sum(each.n for each in lists), sum(each.n_control for each in lists)
            self._done("strategy.done.lists", lists=len(lists), n=f"{n:,}", control=f"{control:,}")
        else:
            self._done("strategy_launch.done.requested", n=f"{asked:,}")

    def _open_number(self) -> int:
        if self.request is None:
            raise ParameterProblem("strategy_launch.error.nothing")
        return int(self.request["request_id"])

    def _done(self, key: str, **values: Any) -> None:
        self.screen.load()
        self.screen.banner = Banner("done", key, values)
        self.touch()

    # Files -----------------------------------------------------------------------

    def export(self, fields: dict[str, str]) -> None:
        """Write a launched list into the project's exports."""
        list_id, kind = fields.get("list", ""), fields.get("format", "csv")
        masked, reason = not fields.get("whole"), fields.get("reason", "")

        def work(report: Report) -> Any:
            report(0.1, "strategy_launch.phase.export")
            return self.project.strategy.export(list_id, kind, masked=masked, reason=reason)

        self.jobs.start(work, self._exported, "strategy_launch.phase.export")

    def _exported(self, path: Any) -> None:
        self.exported = str(path)
        self.screen.banner = Banner("done", "strategy_launch.done.exported", {"file": path.name})
        self.touch()

    # Sentences -------------------------------------------------------------------

    def python(self) -> dict[str, str]:
        """Return the Python that does what each control does."""
        number = self.request["request_id"] if self.request else "request_id"
        screen = self.screen
        asked = [f"capacity={screen.capacity}"] if screen.capacity is not None else []
        asked += [f"random_state={screen.seed}"] if screen.seed else []
        asked += [f"smallest={screen.smallest}"] if screen.smallest > 1 else []
        lists = list(screen.lists["list_id"]) if len(screen.lists) else ["list_id"]
        return {
            "submit": f"project.strategy.submit(project.strategy.select({', '.join(asked)}))",
            "launch": f"project.strategy.launch_approved({number})",
            "approve": f"project.strategy.approve_launch({number})",
            "withdraw": f"project.strategy.withdraw_launch({number})",
            "export": f'project.strategy.export("{lists[0]}", "csv", masked=True)',
        }

    def heading(self) -> Heading:
        """Return what leaves and who approved it, and the next step as a button."""
        values = {
            "n": locale.count(self.n, self.lang),
            "lists": self.targets["strategy_id"].nunique() if self.n else 0,
            "most": f"{self.project.strategy.four_eyes:,}",
            "control": locale.percent(self.n_control / self.n if self.n else None, places=0),
        }
        key = self.subject or "nothing"
        if self.subject == "draft" and self.needs_second():
            key = "ask"
        if self.stale():
            key = "stale"
        if self.subject == "launched" and self._has_passed():
            key = "passed"
        subtitle = self.t(f"strategy_launch.subtitle.{key}", **values)
        return Heading(self.t(f"strategy_launch.title.{key}", **values), subtitle, tuple(self._buttons()))

    def _has_passed(self) -> bool:
        """Say whether a second person approved all that is launched."""
        passed = set(self.requests.loc[self.requests["status"].eq("launched"), "sha256"])
        selections = self.project.strategy.launched_selections()
        return bool(selections) and set(selections) <= passed

    def _buttons(self) -> list[Button]:
        if not self.may("analyst") or self.stale():
            return []
        if self.subject == "approved":
            return [Button("launch-approved", self.t("strategy_launch.button.launch"), primary=True)]
        if self.subject == "draft":
            word = "ask" if self.needs_second() else "launch_alone"
            key = {"ask": "strategy_launch.button.ask", "launch_alone": "strategy_launch.button.alone"}[word]
            return [Button("submit", self.t(key), primary=True)]
        return []

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        if not self.subject:
            return []
        t, lang = self.t, self.lang
        below, compared = self.figures.below()
        share = self.n_control / self.n if self.n else None
        strategy = self.project.strategy
        alone = self.project.store.approvals.launched_alone(self.project.cycle.cycle_id)
        seeds = sorted({int(s) for s in self.screen.lists["seed"]}) if self.subject == "launched" else []
        seed = ", ".join(map(str, seeds[:3])) if seeds else str(getattr(self.selection, "random_state", "–"))
        return [
            Kpi(
                t("strategy_launch.kpi.n"),
                locale.count(self.n, lang),
                note=t("strategy_launch.kpi.lists", n=self.targets["strategy_id"].nunique()),
                exact=f"{self.n:,}",
            ),
            Kpi(
                t("strategy_launch.kpi.control"),
                locale.count(self.n_control, lang),
                note=t("strategy_launch.kpi.share", share=locale.percent(share)),
            ),
            Kpi(
                t("strategy_launch.kpi.state"),
                t(f"strategy_launch.status.{self.subject}"),
                note=t("strategy_launch.kpi.stale") if self.stale() else self._approver(),
                tone="warn" if self.stale() else "",
            ),
            Kpi(
                t("strategy_launch.kpi.alone"),
                f"{strategy.four_eyes:,}",
                note=t("strategy_launch.kpi.used", n=f"{alone:,}"),
            ),
            Kpi(
                t("strategy_launch.kpi.below"),
                f"{below}" if compared else "–",
                note=t("strategy_launch.kpi.compared", n=compared, threshold=f"{self.figures.threshold:.2f}"),
                tone="warn" if below else "",
            ),
            Kpi(t("strategy_launch.kpi.seed"), seed, note=t("strategy_launch.kpi.hash", sha=self.short())),
        ]

    def _approver(self) -> str:
        steps = self.history()
        if not steps:
            if self.subject != "launched":
                return ""
            # Lists of before the rule, or of a larger size then.
            few = self.n <= self.project.strategy.four_eyes
            return self.t("strategy_launch.kpi.one_person" if few else "strategy_launch.kpi.before")
        known = next((step for step in steps if step["who"]), None)
        return self.t("strategy_launch.kpi.by", who=known["who"]) if known else ""

    def short(self) -> str:
        """Return the selection's hash, shortened."""
        if self.selection is not None:
            return f"{self.selection.sha256[:8]}…"
        launched = self.project.strategy.launched_selections()
        return f"{launched[-1][:8]}…" if launched else "–"
