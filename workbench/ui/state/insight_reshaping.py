"""What an analyst does to the segmentation on screen: relabel, split, merge, move, undo, redraw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.ui.state.insight_panel import PanelFigures
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.project.segmentation import Segmentation
    from workbench.ui.state.jobs import Jobs, Report

LABEL_LENGTH = 60
MOST_PARTS = 6
PICTURES = ("umap", "pca")
MESSAGE_PREFIXES = ("insight.reshape.done_",)


class Reshaping(PanelFigures):
    """The handlers of the side panel's forms; each gives a new version, none overwrites a newer one.

    Attributes
    ----------
    undo_version : int or None
        The version to go back to, after a change in this sitting.
    """

    jobs: Jobs
    banner: Banner | None
    undo_version: int | None = None
    load: Any

    def relabel(self, fields: dict[str, str]) -> None:
        """Give the focused segment the label of a form: ``en``, ``zh``, ``about_en``, ``about_zh``.

        Raises
        ------
        ParameterProblem
            If the label is empty or too long.
        """
        name, name_zh = self._label(fields)
        now = self._now()
        done = self.project.insight.relabel(
            self._cluster(self.focus),
            name,
            segment_zh=name_zh or name,
            description=fields.get("about_en"),
            description_zh=fields.get("about_zh"),
            expected_version=now.version,
        )
        self._changed_to(done, now, "relabelled", name)

    def split_segment(self, k: str) -> None:
        """Split the focused segment into k parts in the background."""
        parts = int(k) if k.isdigit() else 0
        if not 2 <= parts <= MOST_PARTS:
            raise ParameterProblem("insight.reshape.parts", most=MOST_PARTS)
        now, focus = self._now(), self.focus
        cluster = self._cluster(focus)

        def work(report: Report) -> Segmentation:
            report(0.1, "insight.reshape.phase")
            return self.project.insight.split(cluster, k=parts, expected_version=now.version)

        self.jobs.start(
            work, lambda done: self._changed_to(done, now, "split", focus), "insight.reshape.phase"
        )

    def merge_into(self, segment: str) -> None:
        """Merge the focused segment into another, which keeps its label."""
        now = self._now()
        clusters = [self._cluster(segment), self._cluster(self.focus)]
        done = self.project.insight.merge(clusters, expected_version=now.version)
        self._changed_to(done, now, "merged", segment)

    def split_off(self, fields: dict[str, str]) -> None:
        """Make the chosen group a segment of its own, labelled by a form's ``en`` and ``zh``."""
        now = self._now()
        name, name_zh = self._label(fields)
        done = self.project.insight.split(
            customers=self.group_ids(), segment=name, segment_zh=name_zh or name, expected_version=now.version
        )
        self._changed_to(done, now, "split_off", name)

    def move_to(self, segment: str) -> None:
        """Move the chosen group into another segment."""
        now = self._now()
        done = self.project.insight.move(
            self.group_ids(), self._cluster(segment), expected_version=now.version
        )
        self._changed_to(done, now, "moved", segment)

    def undo(self) -> None:
        """Approve again the version before the last change of this sitting."""
        if self.undo_version is None:
            return
        now = self._now()
        done = self.project.insight.restore(self.undo_version)
        self._changed_to(done, now, "undone", "")
        self.undo_version = None

    def redraw(self, method: str) -> None:
        """Make the picture anew in the background: ``umap`` or ``pca``."""
        if method not in PICTURES:
            return
        now = self._now()

        def work(report: Report) -> Segmentation:
            from workbench.insight import embed

            features = self.project.insight.features(now.version)
            picture = embed(features, method=method, sample_size=min(len(features), 5_000), progress=report)
            return self.project.insight.redraw(picture, expected_version=now.version)

        self.jobs.start(
            work,
            lambda done: self._changed_to(done, now, "redrawn", method.upper()),
            "insight_room.phase.layout",
        )

    # What the forms show ---------------------------------------------------------

    def suggestion(self) -> dict[str, Any] | None:
        """Return the suggested label of the focused segment, with its reasons; for analysts."""
        if not self.may("analyst") or self.segmentation is None or self.is_group or not self.focus:
            return None
        labels = self._once("suggestions", self._suggested)
        label = labels.get(self._cluster(self.focus))
        if label is None:
            return None
        chinese = self.lang == "zh_CN"
        return {
            "en": label.segment,
            "zh": label.segment_zh,
            "reasons": label.reasons_zh if chinese else label.reasons,
            "about_en": label.description,
            "about_zh": label.description_zh,
            "in_use": label.segment == self.focus,
        }

    def _suggested(self) -> dict[int, Any]:
        from workbench.insight import suggest_labels

        assert self.segmentation is not None
        return suggest_labels(self.segmentation.profile)

    def label_in_focus(self) -> dict[str, Any] | None:
        """Return the focused segment's label as approved, for the form, or None without one."""
        if self.segmentation is None:
            return None
        rows = self.segmentation.segments
        mine = rows[rows["segment"] == self.focus]
        if mine.empty:
            return None
        texts = ("segment", "segment_zh", "description", "description_zh")
        row = mine.iloc[0]
        return {"name": self.focus} | {one: str(row[one] or "") if one in row else "" for one in texts}

    def take_suggestion(self) -> None:
        """Give the focused segment the label that is suggested for it."""
        found = self.suggestion()
        if found is not None:
            self.relabel({name: found[name] for name in ("en", "zh", "about_en", "about_zh")})

    def reshape_hints(self) -> dict[str, str]:
        """Return the Python of each form."""
        if self.segmentation is None or not self.focus:
            return {}
        if self.is_group:
            ids = "customers=ids"
            return {
                "split_off": f"project.insight.split({ids}, segment=…)",
                "move": "project.insight.move(ids, …)",
            }
        number = self._cluster(self.focus)
        return {
            "relabel": f"project.insight.relabel({number}, …)",
            "split": f"project.insight.split({number}, k=2)",
            "merge": f"project.insight.merge([…, {number}])",
        }

    # Inside ----------------------------------------------------------------------

    def _now(self) -> Segmentation:
        if self.segmentation is None:
            raise ParameterProblem("insight.reshape.nothing")
        return self.segmentation

    def _cluster(self, segment: str) -> int:
        rows = self._now().segments.set_index("segment")["cluster"]
        if segment not in rows.index:
            raise ParameterProblem("insight.reshape.no_segment", segment=segment)
        return int(rows[segment])

    def _label(self, fields: dict[str, str]) -> tuple[str, str]:
        name, name_zh = fields.get("en", "").strip(), fields.get("zh", "").strip()
        if not name or len(name) > LABEL_LENGTH or len(name_zh) > LABEL_LENGTH:
            raise ParameterProblem("insight.reshape.bad_label", longest=LABEL_LENGTH)
        return name, name_zh

    def _changed_to(self, done: Segmentation, before: Segmentation, what: str, name: str) -> None:
        """Show the new version, the segment that changed in focus."""
        self.outline, self.stage_chosen = [], ""
        self.undo_version = before.version
        self.selected = name if name in set(done.segments["segment"]) else ""
        self.load()
        self.banner = Banner(
            "done", f"insight.reshape.done_{what}", {"segment": name, "version": done.version}
        )
        self.touch()
