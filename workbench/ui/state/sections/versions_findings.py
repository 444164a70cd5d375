"""The sentences of the versions' section, and of the overview's two figures about versions."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.insight import feature_label
from workbench.ui.state.parts import Button, Heading, Kpi, Tone

if TYPE_CHECKING:
    from workbench.project.migration import VersionComparison
    from workbench.ui.state.sections.versions import VersionsState

MESSAGE_PREFIXES = ("insight_versions.count.", "insight_versions.level.")
_TONES: dict[str, Tone] = {"stable": "", "watch": "warn", "shifted": "bad"}
SHOWN_FEATURES = 12
# Kinds of events a title may name, with the messages for one and for several.
_NAMED = {
    "split": ("insight_versions.title.split", "insight_versions.title.splits"),
    "merged": ("insight_versions.title.merged", "insight_versions.title.mergers"),
    "born": ("insight_versions.title.born", "insight_versions.title.births"),
    "gone": ("insight_versions.title.gone", "insight_versions.title.losses"),
    "renamed": ("insight_versions.title.renamed", "insight_versions.title.renamings"),
}


class VersionsFindings:
    """Titles and key figures of one comparison.

    Parameters
    ----------
    state : VersionsState
        Whose figures are put into words.
    """

    def __init__(self, state: VersionsState) -> None:
        self._state = state
        self.t = state.t

    def heading(self) -> Heading:
        """Return the finding, what it rests on, and the buttons."""
        state = self._state
        screen = state.screen
        buttons = (Button("comments", self.t("insight.button.comments", n=screen.comment_count())),)
        if not state.ready:
            which = "nothing" if state.known.empty else "only_one"
            if which == "nothing":
                title, do = (
                    self.t("insight_versions.title.nothing"),
                    self.t("insight_versions.subtitle.nothing_do"),
                )
            else:
                title, do = (
                    self.t("insight_versions.title.only_one"),
                    self.t("insight_versions.subtitle.only_one_do"),
                )
            return Heading(title, do, buttons)
        compared = state.compared
        days = {cycle.cycle_id: cycle.snapshot_date for cycle in state.project.cycles()}
        pair = self.t(
            "insight_versions.subtitle.pair",
            before=state.version_name("before"),
            after=state.version_name("after"),
            before_day=locale.date(days.get(compared.before.cycle_id), state.lang),
            after_day=locale.date(days.get(compared.after.cycle_id), state.lang),
            before_n=f"{compared.before.n:,}",
            after_n=f"{compared.after.n:,}",
        )
        both = self.t("insight_versions.subtitle.both", n=f"{compared.migration.n_both:,}")
        return Heading(self.title(), f"{pair} · {both}", buttons)

    def title(self) -> str:
        """Return the finding: how many changed, and what happened to the segments."""
        state = self._state
        migration = state.compared.migration
        before, after = state.version_name("before"), state.version_name("after")
        if not migration.n_both:
            return self.t("insight_versions.title.apart", before=before, after=after)
        if not migration.n_changed:
            finding = self.t("insight_versions.title.unchanged", before=before)
        else:
            share, few = changed_share(state.compared, state.project.small_cell)
            key = "insight_versions.title.changed_few" if few else "insight_versions.title.changed"
            finding = self.t(key, share=share, before=before)
        events = self._events()
        if not events:
            return finding
        between = self.t("insight_versions.event.between")
        return self.t("insight_versions.title.with_events", finding=finding, events=between.join(events))

    def _events(self) -> list[str]:
        """Return the two most telling kinds of events as clauses."""
        state = self._state
        earlier, later = state.names("before"), state.names("after")
        said = []
        for kind, (one, many) in _NAMED.items():
            events = [event for event in state.compared.happened if event.kind == kind]
            if len(events) == 1:
                event = events[0]
                names = (
                    [later[n] for n in event.after]
                    if kind in ("merged", "born")
                    else [earlier[n] for n in event.before]
                )
                name = self.t("insight_versions.event.name", segment=names[0])
                n = len(event.before if kind == "merged" else event.after)
                said.append(self.t(one, segment=name, n=n))
            elif events:
                said.append(self.t(many, n=len(events)))
        return said[:2]

    def kpis(self) -> list[Kpi]:
        """Return changed, joined, left, agreement, segments and drift."""
        state, lang = self._state, self._state.lang
        compared = state.compared
        migration = compared.migration
        joined, left = state.cell("\0joined", None), state.cell(None, "\0left")
        return [
            changed_kpi(compared, state, state.project.small_cell),
            Kpi(
                self.t("insight_versions.kpi.joined"),
                locale.count(joined, lang),
                note=self.t(
                    "insight_versions.kpi.joined_note",
                    share=_share(joined, migration.n_after),
                    after=state.version_name("after"),
                ),
            ),
            Kpi(
                self.t("insight_versions.kpi.left"),
                locale.count(left, lang),
                note=self.t(
                    "insight_versions.kpi.left_note",
                    share=_share(left, migration.n_before),
                    before=state.version_name("before"),
                ),
            ),
            Kpi(
                self.t("insight_versions.kpi.agreement"),
                locale.decimal(migration.adjusted_rand_index),
                note=self.t("insight_versions.kpi.agreement_note"),
            ),
            Kpi(
                self.t("insight_versions.kpi.segments"),
                f"{len(compared.before.segments)} → {len(compared.after.segments)}",
                note=self._counts(),
            ),
            drift_kpi(compared, state),
        ]

    def _counts(self) -> str:
        counts = Counter(event.kind for event in self._state.compared.happened)
        return " · ".join(
            self.t(f"insight_versions.count.{kind}", n=counts[kind])
            for kind in (*_NAMED, "continued")
            if counts[kind]
        )

    def flow_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the flow chart."""
        state = self._state
        subtitle = self.t("insight_versions.flow.subtitle", minimum=state.project.small_cell)
        cells = state.cells().dropna(subset=["before", "after", "n"])
        inner = cells[~cells["before"].str.startswith("\0") & ~cells["after"].str.startswith("\0")]
        moved = inner[[not state.stays(a, b) for a, b in zip(inner["before"], inner["after"], strict=True)]]
        if moved.empty or not int(moved["n"].max()):
            return self.t("insight_versions.flow.neutral"), subtitle
        row = moved.iloc[int(moved["n"].astype("int64").to_numpy().argmax())]
        return self.t(
            "insight_versions.flow.title",
            n=locale.count(int(row["n"]), state.lang),
            before=self._version_of("before", row),
            after=self._version_of("after", row),
        ), subtitle

    def matrix_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the matrix."""
        state = self._state
        subtitle = self.t(
            "insight_versions.matrix.subtitle",
            before=state.version_name("before"),
            after=state.version_name("after"),
            minimum=state.project.small_cell,
        )
        shares = {}
        for one, other in state.compared.migration.pairs.items():
            kept, total = state.cell(one, other), state.cell(one, None)
            if kept is not None and total:
                shares[one] = kept / total
        if len(shares) < 2:
            return self.t("insight_versions.matrix.neutral"), subtitle
        least = min(shares, key=lambda name: shares[name])
        if shares[least] >= 0.995:
            return self.t("insight_versions.matrix.neutral"), subtitle
        return self.t(
            "insight_versions.matrix.title",
            segment=self._name("before", least),
            share=locale.percent(shares[least], places=0),
        ), subtitle

    def events_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of what became of the segments."""
        state = self._state
        happened = state.compared.happened
        subtitle = self.t("insight_versions.events.subtitle", n=f"{state.compared.migration.n_both:,}")
        if all(event.kind == "continued" for event in happened):
            return self.t("insight_versions.events.all_go_on", n=len(happened)), subtitle
        return self._counts(), subtitle

    def drift_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the drift chart."""
        state = self._state
        compared = state.compared
        found = compared.drift
        if found is None:
            return self.t("insight_versions.drift.neutral"), ""
        subtitle = self.t(
            "insight_versions.drift.subtitle",
            n=min(len(found), SHOWN_FEATURES),
            all=len(found),
            before=f"{compared.before.n:,}",
            after=f"{compared.after.n:,}",
        )
        if compared.same_features:
            return self.t("insight_versions.drift.same"), subtitle
        worst = found.iloc[0]
        return self.t(
            "insight_versions.drift.title",
            feature=_feature(worst, state),
            verdict=verdict(worst, state),
        ), subtitle

    def _version_of(self, side: str, row: Any) -> str:
        """Return a segment's name, with its version where both ends have the same."""
        name = self._name(side, row[side])
        if row["before"] != row["after"]:
            return name
        compared = self._state.compared
        number = (compared.before if side == "before" else compared.after).version
        version = self.t("insight_versions.pick.short", version=number)
        return self.t("insight_versions.flow.versioned", segment=name, version=version)

    def _name(self, side: str, segment: str) -> str:
        return self.t("insight_versions.event.name", segment=self._state.names(side)[segment])


def changed_share(compared: VersionComparison, minimum: int) -> tuple[str, bool]:
    """Return the share that changed as text, and whether it only says "under".

    So coarse that no count under the smallest cell can be worked out from it.
    """
    migration = compared.migration
    n = max(migration.n_both, 1)
    places = 1 if n * 0.001 >= minimum else 0
    if 0 < migration.n_changed < minimum:
        step = 10.0 ** (-places - 2)
        return locale.percent(math.ceil(minimum / n / step) * step, places=places), True
    return locale.percent(migration.share_changed, places=places), False


def changed_kpi(compared: VersionComparison, words: Any, minimum: int, note: str = "") -> Kpi:
    """Return the figure of who changed segment, with its interval or another note."""
    migration = compared.migration
    label = words.t("insight_versions.kpi.changed")
    if not migration.n_both:
        return Kpi(label, locale.percent(None), note=words.t("insight_versions.kpi.of_both", n=0))
    share, few = changed_share(compared, minimum)
    if few:
        value = words.t("insight_versions.kpi.few", share=share)
        return Kpi(
            label, value, note=note or words.t("insight_versions.kpi.of_both", n=f"{migration.n_both:,}")
        )
    places = 1 if migration.n_both * 0.001 >= minimum else 0
    interval = words.t(
        "insight_versions.kpi.interval",
        low=locale.percent(migration.low, places=places),
        high=locale.percent(migration.high, places=places),
    )
    return Kpi(label, share, note=note or interval, exact=interval)


def drift_kpi(compared: VersionComparison, words: Any) -> Kpi:
    """Return the figure of the feature that moved most."""
    label = words.t("insight_versions.kpi.drift")
    if compared.same_features:
        return Kpi(label, locale.decimal(0.0), note=words.t("insight_versions.kpi.drift_same"))
    found = compared.drift
    if found is None or found.empty:
        return Kpi(label, locale.decimal(None), note=words.t("insight_versions.kpi.drift_none"))
    worst = found.iloc[0]
    note = words.t(
        "insight_versions.kpi.drift_note", feature=_feature(worst, words), verdict=verdict(worst, words)
    )
    tone: Tone = _TONES[str(worst["level"])]
    level = words.t(f"insight_versions.level.{worst['level']}")
    exact = f"{worst['psi']:.4f} ({level}, {worst['critical']:.4f})"
    return Kpi(label, locale.decimal(worst["psi"]), note=note, tone=tone, exact=exact)


def verdict(worst: Any, words: Any) -> str:
    """Return how an index stands to the conventions and to chance."""
    level = words.t(f"insight_versions.level.{worst['level']}")
    if worst["exceeds"]:
        return words.t("insight_versions.drift.beyond", level=level)
    return words.t("insight_versions.drift.within", level=level)


def _feature(worst: Any, words: Any) -> str:
    return capital(feature_label(str(worst["feature"]), words.lang))


def capital(words: str) -> str:
    """Return words with a capital first letter."""
    return words[:1].upper() + words[1:]


def _share(part: int | None, whole: int) -> str:
    return locale.percent(part / whole if part is not None and whole else None, places=0)
