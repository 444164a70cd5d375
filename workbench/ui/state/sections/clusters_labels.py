"""The labels of fitted clusters: suggested, typed, taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem

if TYPE_CHECKING:
    from workbench.insight import LabelSuggestion

LABEL_LENGTH = 60


class Labelling:
    """What a sitting at the bench does with labels."""

    labels: dict[int, LabelSuggestion]
    typed: dict[str, str]
    # What the sitting brings.
    screen: Any
    _kept: Callable[[], None]

    def type_label(self, name: str, text: str) -> None:
        """Keep what is being typed in a field ``en-<cluster>`` or ``zh-<cluster>``."""
        self.typed[name] = text[: 4 * LABEL_LENGTH]
        self._kept()

    def rename(self, cluster: int, segment: str, segment_zh: str) -> None:
        """Change the suggested label of one cluster.

        Raises
        ------
        ParameterProblem
            If the label is empty, too long, or another cluster's.
        """
        name, name_zh = segment.strip(), segment_zh.strip()
        if not name or len(name) > LABEL_LENGTH or len(name_zh) > LABEL_LENGTH:
            raise ParameterProblem("insight.bench.bad_label", cluster=cluster, longest=LABEL_LENGTH)
        others = {label.segment for number, label in self.labels.items() if number != cluster}
        if name in others:
            raise ParameterProblem("insight.bench.same_label", label=name)
        self.labels = {
            **self.labels,
            cluster: replace(self.labels[cluster], segment=name, segment_zh=name_zh or name),
        }

    def rename_all(self, fields: dict[str, str]) -> None:
        """Take the labels of the form, fields ``en-<cluster>`` and ``zh-<cluster>``."""
        names = [fields.get(f"en-{number}", "").strip() for number in self.labels]
        for name in names:
            if name and names.count(name) > 1:
                raise ParameterProblem("insight.bench.same_label", label=name)
        # All at once, so that two clusters can swap names.
        before = dict(self.labels)
        self.labels = {n: replace(label, segment=f"\0{n}") for n, label in before.items()}
        try:
            for number in before:
                self.rename(number, fields.get(f"en-{number}", ""), fields.get(f"zh-{number}", ""))
        except ParameterProblem:
            self.labels = before
            raise

    def fields(self) -> dict[str, str]:
        """Return what the label fields hold: what was typed, else what is suggested."""
        found: dict[str, str] = {}
        for cluster, label in self.labels.items():
            found[f"en-{cluster}"] = self.typed.get(f"en-{cluster}", label.segment)
            found[f"zh-{cluster}"] = self.typed.get(f"zh-{cluster}", label.segment_zh)
        return found

    def take_labels(self, fields: dict[str, str]) -> None:
        """Take the labels of the form; what was typed stays on screen where it can't be taken."""
        for name in self.fields():
            if name in fields:
                self.typed[name] = fields[name]
        self._kept()
        self.rename_all(self.fields())
        self.screen.touch()
