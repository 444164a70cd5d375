"""The section that compares two segmentations: who moved, what drifted, which segments live on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import event_sentence, feature_label, flow_layout, hide_small_cells
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.versions_findings import SHOWN_FEATURES, VersionsFindings, capital
from workbench.ui.state.sections.versions_questions import Questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.migration import VersionComparison
    from workbench.project.segmentation import Segmentation

# Stand for no segment where a table needs a name; no label can hold this character.
JOINED, LEFT = "\0joined", "\0left"
MOVED, STAYED = 0.62, 0.24
MESSAGE_PREFIXES = (
    "insight_versions.kind.",
    "insight_versions.level.",
    "insight_versions.count.",
)
_SIGNS = {"stable": "✓", "watch": "!", "shifted": "✕"}
_TONES = {"split": "a", "merged": "a", "born": "a", "gone": "w", "renamed": "", "continued": ""}


class VersionsState(SectionState):
    """Any two approved segmentations side by side.

    Attributes
    ----------
    before, after : str
        Their numbers as text; empty while there are not two.
    """

    name = "versions"
    before = traitlets.Unicode("")
    after = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.known = pd.DataFrame()
        self._kept: dict[str, Any] = {}
        super().__init__(screen, **traits)
        self.questions = Questions(self)
        self.observe(self._changed, ["before", "after"])

    def _changed(self, _: Any) -> None:
        self._kept.clear()
        self.touch()

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute something once for the two versions and the language."""
        # Named cells follow the language; figures don't, but are cheap beside them.
        key = f"{self.lang}:{name}"
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    # Choosing --------------------------------------------------------------------

    def load(self) -> None:
        """Read which versions there are, and choose the newest of the cycle and the one before."""
        self._kept.clear()
        self.known = self.project.insight.versions()
        numbers = [str(version) for version in self.known["version"]]
        if len(numbers) < 2:
            self.before = self.after = ""
            return
        mine = self.known[self.known["cycle_id"] == self.project.cycle.cycle_id]
        # A new version is what one wants to see; else a choice that still stands is kept.
        newest = str((self.known if mine.empty else mine)["version"].max())
        if self.after not in numbers or getattr(self, "_newest", newest) != newest:
            self.after = newest
            self.before = ""
        self._newest = newest
        if self.before not in numbers or self.before == self.after:
            self.before = self._next_to(self.after)

    def _next_to(self, version: str) -> str:
        """Return the version before, or for the oldest the one after."""
        numbers = self.known["version"]
        older = numbers[numbers < int(version)]
        return str(older.max() if len(older) else numbers[numbers > int(version)].min())

    def choices(self) -> list[tuple[str, str]]:
        """Return the versions as (shown, value), the newest first."""
        return [
            (
                self.t(
                    "insight_versions.pick.version", version=row.version, cycle=row.cycle_id, n=row.n_segments
                ),
                str(row.version),
            )
            for row in self.known.sort_values("version", ascending=False).itertuples()
        ]

    def choose(self, side: str, version: str) -> None:
        """Choose the version of a side; the other moves out of the way if it is the same."""
        if side not in ("before", "after") or version not in {str(v) for v in self.known["version"]}:
            return
        other = "after" if side == "before" else "before"
        if getattr(self, other) == version:
            setattr(self, other, getattr(self, side))
        setattr(self, side, version)

    def swap(self) -> None:
        """Exchange both sides."""
        self.before, self.after = self.after, self.before

    @property
    def ready(self) -> bool:
        """Whether there are two versions to compare."""
        return bool(self.before and self.after and self.before != self.after)

    @property
    def compared(self) -> VersionComparison:
        """The two versions side by side."""
        return self.once("compared", lambda: self.project.insight.compare(int(self.after), int(self.before)))

    def python(self) -> str:
        """Return the Python that compares the same."""
        return f"project.insight.compare({self.after}, {self.before})"

    # Names -----------------------------------------------------------------------

    def version_name(self, side: str) -> str:
        """Return how a sentence calls a version; with its cycle where the two differ."""
        one, other = self.compared.before, self.compared.after
        mine = one if side == "before" else other
        if one.cycle_id == other.cycle_id:
            return self.t("insight_versions.pick.short", version=mine.version)
        return self.t("insight_versions.pick.short_cycle", version=mine.version, cycle=mine.cycle_id)

    def names(self, side: str) -> dict[str, str]:
        """Return segment → the name that this language shows, of one side."""
        return self.once(f"names-{side}", lambda: self._names(side))

    def _names(self, side: str) -> dict[str, str]:
        rows = self._version(side).segments
        shown = rows["segment"].astype("str")
        if self.lang == "zh_CN" and "segment_zh" in rows:
            chinese = rows["segment_zh"].fillna("")
            shown = chinese.where(chinese != "", shown)
        return {
            **dict(zip(rows["segment"], shown, strict=True)),
            JOINED: self.t("insight_versions.flow.joined"),
            LEFT: self.t("insight_versions.flow.left"),
        }

    def slots(self, side: str) -> dict[str, int]:
        """Return segment → colour slot of one side; who joined or left is grey."""
        rows = self._version(side).segments
        return {**dict(zip(rows["segment"], rows["slot"].astype(int), strict=True)), JOINED: 0, LEFT: 0}

    def _version(self, side: str) -> Segmentation:
        return self.compared.before if side == "before" else self.compared.after

    # Figures ---------------------------------------------------------------------

    def cells(self) -> pd.DataFrame:
        """Return the matrix with small cells hidden: before, after, n (missing where hidden), hidden.

        Totals have no segment on one side; who joined and who left stand under names of
        their own.
        """
        return self.once("cells", self._cells)

    def _cells(self) -> pd.DataFrame:
        matrix = self.compared.migration.matrix
        counts = pd.DataFrame(
            {
                "before": matrix["before"].fillna(JOINED),
                "after": matrix["after"].fillna(LEFT),
                "n": matrix["n"],
            }
        )
        return hide_small_cells(counts, self.project.small_cell, by=("before", "after"), totals=True)

    def cell(self, before: str | None, after: str | None) -> int | None:
        """Return one count of the matrix, or None where it is hidden."""
        found = self.once("lookup", self._lookup).get((before, after), 0)
        return found

    def _lookup(self) -> dict[tuple[str | None, str | None], int | None]:
        cells = self.cells()
        keys = ([None if pd.isna(name) else name for name in cells[side]] for side in ("before", "after"))
        counts = [None if pd.isna(n) else int(n) for n in cells["n"]]
        return dict(zip(zip(*keys, strict=True), counts, strict=True))

    def order(self, side: str) -> list[str]:
        """Return the segments of a side from the top: before by size, after near where they came from."""
        return self.once(f"order-{side}", lambda: self._order(side))

    def _order(self, side: str) -> list[str]:
        counts = self.compared.migration.counts
        rows = list(counts.index)
        if side == "before":
            return [*rows, JOINED] if self.cell(JOINED, None) != 0 else rows
        place = pd.Series(range(len(rows)), index=rows, dtype="float64")
        weights = counts.sum(axis=0)
        middle = counts.mul(place, axis=0).sum(axis=0) / weights.where(weights > 0)
        columns = list(middle.sort_values(kind="stable", na_position="last").index)
        return [*columns, LEFT] if self.cell(None, LEFT) != 0 else columns

    def stays(self, before: str, after: str) -> bool:
        """Say whether one segment goes on as the other."""
        return self.compared.migration.pairs.get(before) == after

    def flow(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the nodes and the ribbons of the flow chart, small flows left out."""
        return self.once("flow", self._flow)

    def _flow(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        cells = self.cells().dropna(subset=["before", "after"])
        sides = []
        for side in ("before", "after"):
            sizes = [self.cell(n, None) if side == "before" else self.cell(None, n) for n in self.order(side)]
            frame = pd.DataFrame({"node": self.order(side), "n": sizes}).dropna()
            sides.append(frame.astype({"n": "int64"}))
        height = self.flow_height()
        nodes, ribbons = flow_layout(cells[["before", "after", "n"]], *sides, label_gap=30 / height)
        return self._labelled(nodes), self._described(ribbons)

    def flow_height(self) -> int:
        """Return the height of the flow chart in pixels: enough for every name."""
        return max(400, 50 * max(len(self.order("before")), len(self.order("after"))))

    def _labelled(self, nodes: pd.DataFrame) -> pd.DataFrame:
        of_side = {"before": self.compared.before.n, "after": self.compared.after.n}
        labels, notes, slots = [], [], []
        for row in nodes.itertuples():
            side = str(row.side)
            labels.append(self.names(side)[str(row.node)])
            slots.append(self.slots(side)[str(row.node)])
            n = locale.count(row.n, self.lang)
            share = locale.percent(int(str(row.n)) / of_side[side], places=0) if of_side[side] else ""
            outside = row.node in (JOINED, LEFT)
            notes.append(n if outside else self.t("insight_versions.flow.note", n=n, share=share))
        return nodes.assign(label=labels, note=notes, slot=slots)

    def _described(self, ribbons: pd.DataFrame) -> pd.DataFrame:
        earlier, later = self.names("before"), self.names("after")
        slots = self.slots("before")
        stays = [
            self.stays(one, other) for one, other in zip(ribbons["before"], ribbons["after"], strict=True)
        ]
        return ribbons.assign(
            **{"from": ribbons["before"].map(earlier), "to": ribbons["after"].map(later)},
            slot=ribbons["before"].map(slots).astype("int64"),
            emphasis=pd.Series(stays, index=ribbons.index, dtype="bool").map({True: STAYED, False: MOVED}),
            shown=[f"{n:,}" for n in ribbons["n"]],
        )

    def may_say(self, before: str | None, after: str | None) -> bool:
        """Say whether the share of a pair of segments is a quotient of counts that are shown."""
        known = [self.cell(before or JOINED, after or LEFT)]
        known += [] if before is None else [self.cell(before, None)]
        known += [] if after is None else [self.cell(None, after)]
        return all(n is not None for n in known)

    def _may_say_shared(self, before: str, after: str) -> bool:
        """Say the same of the Jaccard index, which leaves out who joined and who left."""
        return self.may_say(before, after) and None not in (self.cell(before, LEFT), self.cell(JOINED, after))

    def events(self) -> list[dict[str, Any]]:
        """Return what became of the segments: kind, swatches, sentence, evidence."""
        return self.once("events", self._events)

    def _events(self) -> list[dict[str, Any]]:
        earlier, later = self.names("before"), self.names("after")
        rows = []
        for event in self.compared.happened:
            pairs = [(one, other) for one in event.before for other in event.after]
            sayable = bool(pairs) and all(self._may_say_shared(*pair) for pair in pairs)
            rows.append(
                {
                    "kind": event.kind,
                    "word": self.t(f"insight_versions.kind.{event.kind}"),
                    "tone": _TONES[event.kind],
                    "before": [self.slots("before")[name] for name in event.before],
                    "after": [self.slots("after")[name] for name in event.after],
                    "sentence": event_sentence(
                        event, self.lang, before=earlier, after=later, shown=self.may_say
                    ),
                    "jaccard": event.jaccard if sayable else None,
                }
            )
        return rows

    def drift(self) -> pd.DataFrame | None:
        """Return the features that moved most: ``label``, ``psi``, ``critical``, ``level``, ``shown``."""
        return self.once("drift", self._drift)

    def _drift(self) -> pd.DataFrame | None:
        found = self.compared.drift
        if found is None:
            return None
        rows = found.head(SHOWN_FEATURES).copy()
        rows["label"] = [capital(feature_label(str(name), self.lang)) for name in rows["feature"]]
        rows["shown"] = [
            self.t(
                "insight_versions.drift.shown",
                psi=locale.decimal(row.psi, 3),
                sign=_SIGNS[str(row.level)],
                level=self.t(f"insight_versions.level.{row.level}"),
            )
            for row in rows.itertuples()
        ]
        return rows

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> VersionsFindings:
        """The sentences made of these figures."""
        return VersionsFindings(self)

    def heading(self) -> Heading:
        """Return the finding about the two versions."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return changed, joined, left, agreement, segments and drift."""
        return self.findings.kpis() if self.ready else []

    # Deciding --------------------------------------------------------------------

    def may_decide(self) -> bool:
        """Whether labels may be taken: an analyst, at the newest version of the cycle."""
        if not self.ready or not self.may("analyst"):
            return False
        try:
            return self.project.insight.segmentation().version == int(self.after)
        except NotFound:
            return False

    def say(self, kind: Any, key: str, **values: Any) -> None:
        """Show a banner."""
        self.screen.banner = Banner(kind, key, values)
        self.touch()
