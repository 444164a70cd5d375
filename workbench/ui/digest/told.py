"""A digest of front-line feedback as pages: for whoever owns a strategy, without names."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import __version__, charts, locale
from workbench.execution import count_feedback, state_feedback
from workbench.execution.feedback import DAYS, RISEN
from workbench.ui.pack.parts import Column, Page, Story
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.project import Project

MESSAGE_PREFIXES = ("execution_voice_page.kpi.", "execution_voice_page.trend.", "execution_voice_page.state.")
_CHARTED = 10


def tell_digest(project: Project, strategy_id: str | None, lang: str, moment: dt.datetime) -> Story:
    """Return the digest of a strategy, or of all of the cycle, as a story of pages.

    Parameters
    ----------
    project : Project
        At the cycle.
    strategy_id : str or None
        The strategy.
    lang : {"en", "zh_CN"}
        The reader's language.
    moment : datetime.datetime
        When, UTC.
    """
    return _Teller(project, strategy_id, lang).story(moment)


class _Teller:
    """Tells one digest in one language, page by page."""

    def __init__(self, project: Project, strategy_id: str | None, lang: str) -> None:
        from workbench.strategy import translate_strategies

        self.project, self.strategy_id, self.lang = project, strategy_id, lang
        room = project.execution.feedback
        self.notes, self.digest = room.notes(strategy_id), room.digest(strategy_id)
        self.voices, self.requests = room.voices(strategy_id), room.requests(strategy_id)
        self.labels, self.day = room.labels(lang), room.day()
        self.groups = {code: entry.group_labels[lang] for code, entry in room.codes.all().items()}
        self.segments = _segment_names(project, lang)
        cards = translate_strategies(project.strategy.cards(), lang)
        self.names = dict(zip(cards["strategy_id"], cards["name"], strict=True))

    def t(self, key: str, **values: Any) -> str:
        return locale.text(key, self.lang, **values)

    def story(self, moment: dt.datetime) -> Story:
        """Return the whole."""
        said = self.said()
        risen = self.digest[self.digest["trend"].isin(RISEN)]
        shown = len(self.notes), len(risen), int(self.requests["state"].eq("asked").sum())
        names = ("n", "risen", "open")
        kpis = [
            Kpi(self.t(f"execution_voice_page.kpi.{name}"), f"{n:,}")
            for name, n in zip(names, shown, strict=True)
        ]
        return Story(
            title=said.title,
            subtitle=self.subtitle(),
            project=self.project.name,
            cycle=self.project.cycle.cycle_id,
            lang=self.lang,
            kpis=kpis,
            tags=[],
            summary=Page(
                "summary",
                self.t("execution_voice_page.paper.summary"),
                said.title,
                "",
                (
                    Column(self.t("execution_voice_page.paper.figure")),
                    Column(self.t("execution_voice_page.column.n"), "count"),
                ),
                [(kpi.label, n) for kpi, n in zip(kpis, shown, strict=True)],
            ),
            pages=[said, self.texts(), self.by_segment(), self.by_step(), self.changes()],
            method=[self.t("execution_voice_page.paper.method"), self.t("execution_voice_page.paper.masked")],
            facts=[
                (
                    self.t("execution_voice_page.paper.strategy"),
                    self.name(self.strategy_id) if self.strategy_id else self.t("execution_voice_page.all"),
                ),
                (self.t("execution_voice_page.paper.day"), locale.date(self.day, self.lang)),
                (self.t("execution_voice_page.paper.version"), __version__),
                (self.t("execution_voice_page.paper.at"), locale.timestamp(moment)),
            ],
        )

    def name(self, strategy_id: str) -> str:
        return f"{strategy_id} {self.names.get(strategy_id, '')}".strip()

    def subtitle(self) -> str:
        """Return what the digest is of, and from which day it looks."""
        whose = self.name(self.strategy_id) if self.strategy_id else self.t("execution_voice_page.all")
        day = locale.date(self.day, self.lang)
        n = f"{len(self.notes):,}"
        told = self.t("execution_voice_page.subtitle", strategy=whose, n=n, days=DAYS, day=day)
        if self.notes["simulated"].any():
            return self.t("execution_voice_page.simulated", what=told)
        return told

    def said(self) -> Page:
        """Return what was said most, what is new or rising first."""
        rows: list[tuple[Any, ...]] = [
            (
                self.labels[row["code"]],
                self.groups[row["code"]],
                row["n"],
                row["share"],
                row["n_new"],
                row["limit"],
                self.t(f"execution_voice_page.trend.{row['trend']}"),
            )
            for row in self.digest.to_dict("records")
        ]
        if self.digest.empty:
            title = self.t("execution_voice_page.nothing.title")
        else:
            first: dict[str, Any] = {str(k): v for k, v in self.digest.iloc[0].items()}
            title = state_feedback(first, self.labels[first["code"]], self.lang)
        shown = self.digest.head(_CHARTED)
        table = shown.assign(
            label=[self.labels[code] for code in shown["code"]],
            risen=shown["trend"].isin(RISEN),
            figures=[str(n) for n in shown["n_new"]],
        )
        return Page(
            "said",
            self.t("execution_voice_page.paper.said"),
            title,
            self.t("execution_voice_page.chart.subtitle", days=DAYS),
            (
                Column(self.t("execution_voice_page.column.code")),
                Column(self.t("execution_voice_page.column.group")),
                Column(self.t("execution_voice_page.column.n"), "count"),
                Column(self.t("execution_voice_page.column.share"), "share"),
                Column(self.t("execution_voice_page.column.n_new", days=DAYS), "count"),
                Column(self.t("execution_voice_page.column.limit"), "count"),
                Column(self.t("execution_voice_page.column.trend")),
            ),
            rows,
            nothing=self.t("execution_voice_page.nothing.title"),
            chart=charts.feedback_codes(table, lang=self.lang) if len(table) else None,
        )

    def texts(self) -> Page:
        """Return the texts that stand best for each code, in the codes' order."""
        place = {code: number for number, code in enumerate(self.digest["code"])}
        rows = sorted(self.voices.to_dict("records"), key=lambda row: place[row["code"]])
        return Page(
            "texts",
            self.t("execution_voice_page.paper.texts"),
            self.t("execution_voice_page.voices.title"),
            self.t("execution_voice_page.voices.subtitle"),
            (
                Column(self.t("execution_voice_page.column.code")),
                Column(self.t("execution_voice_page.column.text"), "long"),
                Column(self.t("execution_voice_page.column.strategy")),
                Column(self.t("execution_voice_page.column.segment")),
                Column(self.t("execution_voice_page.column.day")),
            ),
            [
                (
                    self.labels[row["code"]],
                    row["text"],
                    self.name(row["strategy_id"]),
                    self.segments.get(row["segment"], row["segment"]),
                    locale.date(row["given_at"].date(), self.lang),
                )
                for row in rows
            ],
            nothing=self.t("execution_voice_page.voices.nothing"),
        )

    def by_segment(self) -> Page:
        """Return the counts by segment and code."""
        return self._counts("segment", self.notes, self.t("execution_voice_page.column.segment"))

    def by_step(self) -> Page:
        """Return the counts by step of the script and code."""
        return self._counts(
            "step", self.notes[self.notes["step"].ne("")], self.t("execution_voice_page.column.step")
        )

    def _counts(self, by: str, notes: pd.DataFrame, label: str) -> Page:
        counts = count_feedback(notes, [by, "code"])
        title = self.t("execution_voice_page.by.title", by=label)
        return Page(
            by,
            label,
            title,
            "",
            (
                Column(label),
                Column(self.t("execution_voice_page.column.code")),
                Column(self.t("execution_voice_page.column.n"), "count"),
            ),
            [
                (self.segments.get(key, key) or self.t("execution_voice_page.by.none"), self.labels[code], n)
                for key, code, n in counts.values.tolist()
            ],
            nothing=self.t("execution_voice_page.by.nothing", by=label),
        )

    def changes(self) -> Page:
        """Return the changes that were asked for, with their answers."""
        return Page(
            "changes",
            self.t("execution_voice_page.paper.changes"),
            self.t("execution_voice_page.requests.title", n=len(self.requests)),
            "",
            (
                Column(self.t("execution_voice_page.column.strategy")),
                Column(self.t("execution_voice_page.column.state")),
                Column(self.t("execution_voice_page.column.what"), "long"),
                Column(self.t("execution_voice_page.column.why"), "long"),
                Column(self.t("execution_voice_page.column.evidence"), "count"),
                Column(self.t("execution_voice_page.column.answer"), "long"),
            ),
            [
                (
                    self.name(row["strategy_id"]),
                    self.t(f"execution_voice_page.state.{row['state']}"),
                    row["what"],
                    row["why"],
                    row["evidence"].get("n"),
                    row["answer"],
                )
                for row in self.requests.to_dict("records")
            ],
            nothing=self.t("execution_voice_page.requests.nothing"),
        )


def _segment_names(project: Project, lang: str) -> dict[str, str]:
    """Return what the approved segments are called in a language."""
    if lang != "zh_CN" or project.insight.artefact() is None:
        return {}
    rows = project.insight.segmentation().segments
    names = zip(rows["segment"].astype("str"), rows["segment_zh"].fillna("").astype("str"), strict=True)
    return {name: chinese for name, chinese in names if chinese}
