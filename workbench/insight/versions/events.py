"""What became of the segments: born, split, merged, gone, continued."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from workbench import locale
from workbench.insight.versions.migration import SegmentMigration
from workbench.insight.versions.overlap import CONTINUES, PART, overlaps

EVENTS = ("split", "merged", "born", "gone", "renamed", "continued")
"""Kinds of events, the most telling first."""
MESSAGE_PREFIXES = ("insight_versions.event.",)
# Parts that a sentence names.
_NAMED = 3
Part = tuple[str | None, str | None, float]


@dataclass(frozen=True)
class SegmentEvent:
    """What happened to one segment, or to several together.

    Parameters
    ----------
    kind : {"split", "merged", "born", "gone", "renamed", "continued"}
        What happened.
    before, after : tuple of str
        The segments concerned; of a born one ``before`` is empty, of one gone ``after``.
    n_before, n_after : int
        Customers of those segments.
    jaccard : float
        Customers in both sides over customers in either, of those whom both segmentations
        know; missing for born and gone.
    share_before, share_after : float
        How much of those before is in those after, and the other way; who left or joined
        since counts in the whole.
    parts : tuple of (str or None, str or None, float)
        Where the customers went (split, gone) or came from (merged, born), the largest
        first: segment before, segment after, share of the whole. None stands for who left
        or joined since.
    """

    kind: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    n_before: int
    n_after: int
    jaccard: float
    share_before: float
    share_after: float
    parts: tuple[Part, ...]


def find_segment_events(migration: SegmentMigration) -> pd.DataFrame:
    """Say which segments split, merged, were born, went, were renamed or went on.

    By the overlap of the customers whom both segmentations know:

    - *split*: at least two later segments each hold 25% of the earlier one and come to
      50% or more from it, and together hold 50% of it;
    - *merged*: at least two earlier segments each went to 50% or more into the later
      one and are 25% of it, and together 50%;
    - *continued*, or *renamed* under another label: each holds 50% of the other;
    - *gone* and *born*: what none of this holds for.

    Parameters
    ----------
    migration : SegmentMigration
        From `compare_segmentations`.

    Returns
    -------
    pandas.DataFrame
        `workbench.tables.versions.SEGMENT_EVENTS`, the most telling kind first: kind, before,
        after (several joined by " + "), n_before, n_after, jaccard, share_before,
        share_after (of whole segments, who left or joined included), and the evidence as
        a sentence in English and Chinese.

    References
    ----------
    M. Spiliopoulou, I. Ntoutsi, Y. Theodoridis, R. Schult: MONIC: modeling and monitoring
    cluster transitions. KDD (2006) 706-711. Beside its coverage of the earlier cluster
    we ask for coverage of the later one, so that a segment that loses customers to
    others that were there before has not split.

    Examples
    --------
    >>> from workbench.insight.versions import compare_segmentations
    >>> ids = [str(i) for i in range(10)]
    >>> before = pd.DataFrame({"customer_id": ids, "segment": ["Young"] * 6 + ["Old"] * 4})
    >>> after = before.assign(segment=["App"] * 3 + ["Branch"] * 3 + ["Old"] * 4)
    >>> find_segment_events(compare_segmentations(before, after))[["kind", "before", "after"]]
            kind before         after
    0      split  Young  App + Branch
    1  continued    Old           Old
    """
    rows = [
        {
            "kind": one.kind,
            "before": " + ".join(one.before) or None,
            "after": " + ".join(one.after) or None,
            "n_before": one.n_before,
            "n_after": one.n_after,
            "jaccard": one.jaccard,
            "share_before": one.share_before,
            "share_after": one.share_after,
            "sentence": event_sentence(one),
            "sentence_zh": event_sentence(one, "zh_CN"),
        }
        for one in segment_events(migration)
    ]
    columns = ["kind", "before", "after", "n_before", "n_after", "jaccard", "share_before", "share_after"]
    return pd.DataFrame(rows, columns=[*columns, "sentence", "sentence_zh"])


def segment_events(migration: SegmentMigration) -> list[SegmentEvent]:
    """Return the events of `find_segment_events` with all their parts."""
    return _Finder(migration).found() if migration.n_both else []


class _Finder:
    """The overlaps of one comparison, and what follows from them."""

    def __init__(self, migration: SegmentMigration) -> None:
        self.counts = migration.counts
        self.out, self.into, _ = overlaps(self.counts)
        self.matrix = matrix = migration.matrix
        self.n_before = matrix.dropna(subset=["before"]).groupby("before")["n"].sum()
        self.n_after = matrix.dropna(subset=["after"]).groupby("after")["n"].sum()

    def found(self) -> list[SegmentEvent]:
        """Return every event once, the most telling kind and the largest first."""
        events = [*self._splits(), *self._mergers()]
        split = {event.before[0] for event in events if event.kind == "split"}
        merged = {event.after[0] for event in events if event.kind == "merged"}
        pairs = [
            (one, other)
            for one in self.counts.index
            for other in self.counts.columns
            if one not in split and other not in merged and self._holds(one, other)
        ]
        for one, other in pairs:
            events.append(self._made("continued" if one == other else "renamed", (one,), (other,), ()))
        known_before = {name for event in events for name in event.before}
        known_after = {name for event in events for name in event.after}
        rows, columns = self.counts.index, self.counts.columns
        events += [self._made("gone", (x,), (), self._to(x)) for x in rows if x not in known_before]
        events += [self._made("born", (), (x,), self._from(x)) for x in columns if x not in known_after]
        return sorted(events, key=lambda e: (EVENTS.index(e.kind), -max(e.n_before, e.n_after), e.before))

    def _holds(self, one: str, other: str) -> bool:
        return bool(min(self.out[other][one], self.into[other][one]) >= CONTINUES)

    def _splits(self) -> list[SegmentEvent]:
        found = []
        for name in self.counts.index:
            shares = self.out.loc[name]
            parts = shares[(shares >= PART) & (self.into.loc[name] >= CONTINUES)]
            if len(parts) > 1 and parts.sum() >= CONTINUES:
                named = tuple(part for part in self._to(name) if part[1] in parts.index)
                found.append(self._made("split", (name,), tuple(str(part[1]) for part in named), named))
        return found

    def _mergers(self) -> list[SegmentEvent]:
        found = []
        for name in self.counts.columns:
            shares = self.into[name]
            parts = shares[(shares >= PART) & (self.out[name] >= CONTINUES)]
            if len(parts) > 1 and parts.sum() >= CONTINUES:
                named = tuple(part for part in self._from(name) if part[0] in parts.index)
                found.append(self._made("merged", tuple(str(part[0]) for part in named), (name,), named))
        return found

    def _to(self, name: str) -> tuple[Part, ...]:
        return self._parts(self.matrix[self.matrix["before"].eq(name)], "share_before")

    def _from(self, name: str) -> tuple[Part, ...]:
        return self._parts(self.matrix[self.matrix["after"].eq(name)], "share_after")

    def _parts(self, rows: pd.DataFrame, share: str) -> tuple[Part, ...]:
        largest = rows[rows["n"] > 0].sort_values(share, ascending=False, kind="stable")
        before, after = (
            [None if pd.isna(name) else str(name) for name in largest[side]] for side in ("before", "after")
        )
        return tuple(zip(before, after, largest[share].tolist(), strict=True))

    def _made(self, kind: str, before: tuple, after: tuple, parts: tuple) -> SegmentEvent:
        inner = int(self.counts.loc[list(before), list(after)].to_numpy().sum())
        left = int(self.counts.loc[list(before)].to_numpy().sum())
        right = int(self.counts[list(after)].to_numpy().sum())
        n_before = int(self.n_before.reindex(before).sum())
        n_after = int(self.n_after.reindex(after).sum())
        both = bool(before and after)
        return SegmentEvent(
            kind=kind,
            before=before,
            after=after,
            n_before=n_before,
            n_after=n_after,
            jaccard=inner / (left + right - inner) if both else math.nan,
            share_before=inner / n_before if both else math.nan,
            share_after=inner / n_after if both else math.nan,
            parts=parts,
        )


def event_sentence(
    event: SegmentEvent,
    lang: str = "en",
    *,
    before: Mapping[str, str] | None = None,
    after: Mapping[str, str] | None = None,
    shown: Callable[[str | None, str | None], bool] | None = None,
) -> str:
    """Put an event and its evidence into a sentence.

    Parameters
    ----------
    event : SegmentEvent
        From `segment_events`.
    lang : str, default="en"
        Language of the sentence.
    before, after : mapping of str to str, optional
        The names that readers see of the segments before and after.
    shown : callable, optional
        Whether the share of a pair of segments may be said; by default every one.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> event = SegmentEvent("gone", ("Old",), (), 40, 0, math.nan, math.nan, math.nan,
    ...                      (("Old", "Rich", 0.8), ("Old", "Poor", 0.2)))
    >>> event_sentence(event)
    '“Old” is gone: of its customers 80% in “Rich”, 20% in “Poor”'
    """
    earlier, later = before or {}, after or {}
    may_say = shown or (lambda _one, _other: True)

    def text(key: str, **values: object) -> str:
        return locale.text(f"insight_versions.event.{key}", lang, **values)

    def name(of: Mapping[str, str], segment: str | None) -> str:
        return text("name", segment=of.get(segment or "", segment))

    goes = event.kind in ("split", "gone")
    said = []
    for one, other, share in event.parts[:_NAMED]:
        where = later if goes else earlier
        named = other if goes else one
        key = ("in" if goes else "from") if named is not None else ("left" if goes else "joined")
        key = key if may_say(one, other) else f"{key}_hidden"
        said.append(text(key, share=locale.percent(share, places=0), segment=name(where, named)))
    between = text("between")
    values = {
        "before": between.join(name(earlier, one) for one in event.before),
        "after": between.join(name(later, one) for one in event.after),
        "n": len(event.after if goes else event.before),
        "parts": between.join(said),
        "stay": locale.percent(event.share_before, places=0),
        "made": locale.percent(event.share_after, places=0),
    }
    if event.kind in ("continued", "renamed") and not may_say(event.before[0], event.after[0]):
        return text(f"{event.kind}_hidden", **values)
    if event.kind in ("gone", "born") and not said:
        return text(f"{event.kind}_alone", **values)
    return text(event.kind, **values)
