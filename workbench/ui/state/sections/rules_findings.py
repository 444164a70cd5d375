"""The sentences and figures of the rules' section, made from what is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import locale
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.rules import RulesState


class RulesFindings:
    """What the section says.

    Parameters
    ----------
    state : RulesState
        Whose figures it says.
    """

    def __init__(self, state: RulesState) -> None:
        self._state = state
        self.t = state.t

    def title(self) -> tuple[str, str]:
        """Return the finding and what it rests on."""
        state, found = self._state, self._state.evaluation
        if found is None or not len(found.rules):
            key = "insight_rules.nothing.analyst" if state.builder else "insight_rules.nothing.reader"
            return self.t("insight_rules.nothing.title"), self.t(key)
        covered = locale.percent(found.n_covered / found.n if found.n else None, places=0)
        conflict = state.count(found.n_conflict)
        gap = state.count(found.n_gap)
        values = {"n": len(found.rules), "covered": covered}
        if gap is None or state.count(found.n_covered) is None:
            title = self.t("insight_rules.title.neutral", n=len(found.rules))
        elif conflict:
            title = self.t("insight_rules.title.conflicts", **values, conflict=f"{conflict:,}")
        elif conflict == 0:
            title = self.t("insight_rules.title.agree", **values)
        else:
            title = self.t("insight_rules.title.covered", **values)
        return title, " · ".join(self._basis(found.n))

    def _basis(self, n: int) -> list[str]:
        state = self._state
        parts = []
        if state.builder is not None and state.builder.changed:
            parts.append(self.t("insight_rules.basis.draft"))
        elif state.stored is not None:
            version = state.kept.rules_version if state.hides and state.kept else state.stored.version
            parts.append(self.t("insight_rules.basis.version", version=version, cycle=state.stored.cycle_id))
        parts.append(self.t("insight_rules.basis.customers", n=f"{n:,}"))
        if state.hides and state.kept is not None and state.kept.is_stale:
            parts.append(self.t("insight_rules.basis.stale"))
        parts.append(state.date())
        return parts

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        state, found = self._state, self._state.evaluation
        if found is None or not len(found.rules):
            return []
        lang = state.lang
        segments = len(found.rules.segments)
        silent = [*found.shadowed(), *found.idle()]

        def number(label: str, n: int, note: str, *, tone: str = "") -> Kpi:
            shown = state.count(n)
            share = locale.percent(n / found.n if found.n and shown is not None else None)
            return Kpi(
                self.t(label),
                locale.count(shown, lang) if shown is not None else self.t("insight_rules.hidden"),
                note=self.t(note, share=share),
                tone="warn" if tone and n else "",
                exact="" if shown is None else f"{shown:,}",
            )

        return [
            Kpi(
                self.t("insight_rules.kpi.rules"),
                str(len(found.rules)),
                note=self.t("insight_rules.kpi.segments", n=segments),
            ),
            number("insight_rules.kpi.covered", found.n_covered, "insight_rules.kpi.of_all"),
            number("insight_rules.kpi.gap", found.n_gap, "insight_rules.kpi.of_all"),
            number("insight_rules.kpi.overlap", found.n_overlap, "insight_rules.kpi.of_all"),
            number(
                "insight_rules.kpi.conflict", found.n_conflict, "insight_rules.kpi.by_priority", tone="warn"
            ),
            Kpi(
                self.t("insight_rules.kpi.silent"),
                str(len(silent)),
                note=", ".join(state.rule_name(name) for name in silent[:2])
                or self.t("insight_rules.kpi.none_silent"),
                tone="warn" if silent else "",
            ),
        ]

    def overlap_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the overlap table."""
        rows = self._state.conflict_rows(1)
        subtitle = self.t("insight_rules.overlap.subtitle")
        if rows:
            row = rows[0]
            return self.t(
                "insight_rules.overlap.title",
                rule=row["winner"],
                other=row["other"],
                n=f"{row['n']:,}",
            ), subtitle
        return self.t("insight_rules.overlap.neutral"), subtitle

    def cross_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the cross-tab."""
        state = self._state
        columns, rows = state.crosstab_rows()
        version = state.segmentation.version if state.segmentation else 0
        if state.hides and state.kept and state.kept.segmentation_version:
            version = state.kept.segmentation_version
        key = "insight_rules.cross.subtitle_hidden" if state.hides else "insight_rules.cross.subtitle"
        subtitle = self.t(key, version=version, minimum=state.project.small_cell)
        gap = next((row for row in rows if row["none"]), None)
        if gap and gap["total"]:
            known = [
                (cell["n"], column["name"])
                for cell, column in zip(gap["cells"], columns, strict=True)
                if cell["n"]
            ]
            if known:
                n, name = max(known)
                share = locale.percent(n / gap["total"], places=0)
                return self.t("insight_rules.cross.title", share=share, segment=name), subtitle
        return self.t("insight_rules.cross.neutral"), subtitle

    def told_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the segments told as rules."""
        rows = self._state.segment_rules
        if rows.empty:
            return self.t("insight_rules.told.neutral"), ""
        best = self._state.told_rows()[0]
        title = self.t(
            "insight_rules.told.title",
            segment=best["name"],
            precision=locale.percent(best["precision"], places=0),
        )
        n = int(rows["n_held_out"].iloc[0])
        return title, self.t("insight_rules.told.subtitle", n=f"{n:,}", date=self._state.date())
