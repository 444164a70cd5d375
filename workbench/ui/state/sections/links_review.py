"""The pairs of records that wait for a person's decision; nobody but an analyst ever gets one."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem
from workbench.tables import mask_identifier, mask_name, mask_phone
from workbench.ui import request
from workbench.ui.state.jobs import Report
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.customers.identity import Resolution
    from workbench.ui.state.sections.links import LinksState

FIELDS = ("name", "birth_date", "phone", "gender", "region", "employer")
DECISIONS = ("same", "different", "later")
SHOWN = 5
"""Conflicts and past decisions that are listed."""
MESSAGE_PREFIXES = (
    "insight_links.field.",
    "insight_links.agreement.",
    "insight_links.decision.",
    "insight_links.reason.",
    "insight_links.key.",
)


class PairReview:
    """The review of doubtful pairs.

    Pairs are named towards the page by marks that mean nothing outside this sitting.

    Parameters
    ----------
    section : LinksState
        The section that shows it.
    """

    def __init__(self, section: LinksState) -> None:
        self.section = section
        self.found: Resolution | None = None
        self.queue = pd.DataFrame()
        self.decided = pd.DataFrame()
        self._people: pd.DataFrame | None = None
        self._salt = secrets.token_bytes(16)

    @property
    def is_open(self) -> bool:
        """Whether this process may decide: an analyst, not on a published screen."""
        section = self.section
        return section.may("analyst") and not request.is_published()

    def read(self) -> None:
        """Read the queue and what was decided; records are read when a pair is shown."""
        self.found, self._people = None, None
        self.queue = self.decided = pd.DataFrame()
        if not self.is_open:
            return
        links = self.section.project.insight.links
        self.decided = links.decisions(history=True)
        try:
            self.found = links.resolution()
        except NotFound:
            return
        self.queue = links.queue()

    @property
    def has_linkage(self) -> bool:
        """Whether doubtful pairs can be weighed here."""
        from workbench.engine.linkage import can_link

        return can_link()

    @property
    def has_customers(self) -> bool:
        """Whether there is anything to search."""
        return "customers" in self.section.project.imports.sources()

    def summary(self) -> dict[str, Any]:
        """Return the figures of the newest search."""
        artefact = self.section.project.insight.links.identity()
        if artefact is None:
            return {}
        found = artefact.summary
        return {
            "n": found["n"],
            "merged": found["n_merged"],
            "conflicts": found["n_conflicts"],
            "is_probable": found["is_probable"],
            "at": artefact.created_at,
            "waiting": len(self.queue),
            "pending": self.section.project.insight.links.is_pending(),
        }

    # The pair at hand ------------------------------------------------------------

    def _mark(self, one: str, other: str) -> str:
        text = f"{one}\x1f{other}".encode()
        return hashlib.blake2s(text, key=self._salt, digest_size=8).hexdigest()

    def _facts(self, record: str) -> dict[str, Any]:
        if self._people is None:
            records = self.section.project.insight.links.records()
            asked = set(self.queue["record_id"]) | set(self.queue["other_id"])
            self._people = records[records["record_id"].isin(asked)].set_index("record_id")
        return {str(k): v for k, v in self._people.loc[record].items()} | {"record_id": record}

    def current(self) -> dict[str, Any] | None:
        """Return the pair at hand, its fields masked; None when all is decided."""
        if self.queue.empty:
            return None
        row = self.queue.iloc[0]
        one, other = self._facts(str(row["record_id"])), self._facts(str(row["other_id"]))
        t = self.section.t
        fields = [
            {
                "label": t(f"insight_links.field.{name}"),
                "one": _masked(name, one.get(name)),
                "other": _masked(name, other.get(name)),
                "agreement": t(f"insight_links.agreement.{row[name]}"),
                "tone": {"same": "g", "different": "b", "close": "w"}.get(str(row[name]), ""),
            }
            for name in FIELDS
            if name in row.index
        ]
        return {
            "mark": self._mark(str(row["record_id"]), str(row["other_id"])),
            "one": mask_identifier(one["record_id"]),
            "other": mask_identifier(other["record_id"]),
            "one_source": self._source(one["source"]),
            "other_source": self._source(other["source"]),
            "probability": float(row["match_probability"]),
            "fields": fields,
            "is_later": row["decision"] == "later",
        }

    def _source(self, source: str) -> str:
        return self.section.t("insight_links.review.loaded") if source == "customers" else source

    def decide(self, value: str) -> None:
        """Decide on the pair at hand; the value is ``<decision>:<mark>``."""
        decision, _, mark = value.partition(":")
        known = (
            {
                self._mark(str(one), str(other)): (str(one), str(other))
                for one, other in zip(self.queue["record_id"], self.queue["other_id"], strict=True)
            }
            if len(self.queue)
            else {}
        )
        if decision not in DECISIONS or mark not in known or not self.is_open:
            raise ParameterProblem("insight_links.error.unknown_pair")
        one, other = known[mark]
        mine = self._of(one, other)
        expected = int(mine["decision_id"].max()) if len(mine) else 0
        links = self.section.project.insight.links
        links.decide(one, other, decision, expected=expected)
        self._again()
        values = {"decision": self.section.t(f"insight_links.decision.{decision}"), "n": len(self.queue)}
        self.section.screen.banner = Banner("done", "insight_links.review.decided", values)

    def _of(self, one: str, other: str) -> pd.DataFrame:
        mine = self.decided["record_id"].eq(one) & self.decided["other_id"].eq(other)
        return self.decided[mine]

    def _again(self) -> None:
        links = self.section.project.insight.links
        self.decided = links.decisions(history=True)
        queue = links.queue()
        # What was put off goes behind what was not looked at yet, without reading anew.
        self.queue = queue
        self.section.touch()

    def past(self) -> list[dict[str, Any]]:
        """Return the newest decisions that hold, masked."""
        if self.decided.empty:
            return []
        held = self.decided.drop_duplicates(["record_id", "other_id"], keep="last")
        held = held[held["decision"].isin(("same", "different"))]
        return [
            {
                "mark": self._mark(row["record_id"], row["other_id"]),
                "one": mask_identifier(row["record_id"]),
                "other": mask_identifier(row["other_id"]),
                "decision": self.section.t(f"insight_links.decision.{row['decision']}"),
                "who": row["decided_by"],
                "at": locale.timestamp(row["decided_at"]),
            }
            for row in held.tail(SHOWN).iloc[::-1].to_dict("records")
        ]

    def undo(self, mark: str) -> None:
        """Open a pair again; its history stays."""
        for row in self.decided.to_dict("records"):
            if self._mark(row["record_id"], row["other_id"]) == mark and self.is_open:
                self.section.project.insight.links.undo(row["record_id"], row["other_id"])
                self._again()
                return
        raise ParameterProblem("insight_links.error.unknown_pair")

    def conflicts(self) -> list[dict[str, str]]:
        """Return the first conflicts, masked: one key, two people."""
        if self.found is None:
            return []
        t = self.section.t
        return [
            {
                "one": mask_identifier(row["record_id"]),
                "other": mask_identifier(row["other_id"]),
                "key": t(f"insight_links.key.{row['key']}"),
                "reason": t(f"insight_links.reason.{row['reason']}"),
            }
            for row in self.found.conflicts.head(SHOWN).to_dict("records")
        ]

    # Work ------------------------------------------------------------------------

    def search(self) -> None:
        """Search for records of one customer, in the background."""
        links = self.section.project.insight.links
        section = self.section

        def work(report: Report) -> Any:
            return links.resolve(progress=report)

        section.jobs.start(work, lambda _: section.screen.reload(), "project.phase.records")

    def rebuild(self) -> None:
        """Build the portrait with what was decided, and the companies of it, in the background."""
        project, section = self.section.project, self.section

        def work(report: Report) -> None:
            report(0.1, "project.phase.portrait")
            project.build_portrait()
            report(0.7, "project.phase.ties")
            if section.ready:
                project.insight.links.build()

        section.jobs.start(work, self._rebuilt, "project.phase.portrait")

    def _rebuilt(self, _: Any) -> None:
        self.section.screen.reload()
        n = len(self.section.project.insight.links.merges())
        self.section.screen.banner = Banner("done", "insight_links.review.rebuilt", {"n": n})

    def python(self) -> str:
        """Return the Python of the step at hand."""
        if self.found is None:
            return "project.insight.links.resolve()"
        if self.queue.empty:
            return "project.build_portrait()"
        return (
            "pair = project.insight.links.queue().iloc[0]; "
            'project.insight.links.decide(pair.record_id, pair.other_id, "same")'
        )


def _masked(name: str, value: Any) -> str:
    """Return a field as it may be shown: enough to compare two records, not to name a person."""
    if value is None or value != value or value is pd.NA:
        return "–"
    if name == "name":
        return mask_name(value)
    if name == "phone":
        return mask_phone(value)
    if name == "birth_date":
        return f"{pd.Timestamp(value):%Y}-**-**"
    return str(value)
