"""A room's minutes as pages: for the workbook all of them, for the page its tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

from workbench import __version__, locale
from workbench.ui.minutes.record import Line, RoomRecord
from workbench.ui.minutes.words import LONGER, Words, plain, short
from workbench.ui.pack.parts import HIDDEN, Column, Page, Story

MESSAGE_PREFIXES = (
    "room_minutes.seen_by.",
    "room_minutes.kind.",
    "room_minutes.action.",
    "room_minutes.sides.",
    "room_minutes.title.",
    "room_minutes.names.",
    "shell.role.",
)


def tell_minutes(record: RoomRecord, lang: str, moment: dt.datetime) -> Story:
    """Return a room's minutes as a story of pages.

    Parameters
    ----------
    record : RoomRecord
        What `read_room` read.
    lang : {"en", "zh_CN"}
        The reader's language.
    moment : datetime.datetime
        When, UTC.
    """
    return Teller(record, lang).story(moment)


class Teller(Words):
    """Tells one record in one language, page by page."""

    def story(self, moment: dt.datetime) -> Story:
        """Return the whole."""
        record = self.record
        return Story(
            title=self.title(),
            subtitle=record.room["question"],
            project=record.project.name,
            cycle=record.room["cycle_id"],
            lang=self.lang,
            kpis=self.kpis(),
            tags=[],
            summary=self._summary(),
            pages=[self.ideas(), self.sides(), self.decisions(), self.stages(), self.people()],
            method=[],
            facts=self.facts(moment),
            appendix=[self.moves()],
        )

    def _summary(self) -> Page:
        names = self.figure_names()
        return Page(
            "summary",
            self.t("room_minutes.sheet.summary"),
            self.title(),
            self.record.room["question"],
            (
                Column(self.t("room_minutes.column.figure")),
                Column(self.t("room_minutes.column.value"), "count"),
                Column(self.t("room_minutes.column.note")),
            ),
            [(names[name], n, note) for name, (n, note) in self.counts().items()],
        )

    def ideas(self) -> Page:
        """Return every idea that stands, by group and votes."""
        record = self.record
        n_groups, alone = self.counts()["groups"][0], sum(not theme.name for theme in record.themes)
        title = "private" if record.private else "none" if not record.ideas else "grouped"
        rows: list[tuple[Any, ...]] = [
            (
                theme.name or (self.t("room_minutes.stands_alone") if n_groups else ""),
                idea.idea_id,
                idea.text,
                self.side(idea.side),
                idea.person.name or self.t("room_minutes.person", number=idea.person.number),
                idea.votes,
            )
            for theme in record.themes
            for idea in theme.ideas
        ]
        return Page(
            "ideas",
            self.t("room_minutes.sheet.ideas"),
            self.t(f"room_minutes.title.ideas_{title}", n=len(record.ideas), groups=n_groups),
            self.t("room_minutes.ideas_subtitle") if rows and (n_groups or alone) else "",
            (
                Column(self.t("room_minutes.column.group"), "long"),
                Column(self.t("room_minutes.column.idea_id"), "count"),
                Column(self.t("room_minutes.column.idea"), "long"),
                Column(self.t("room_minutes.column.side")),
                Column(self.t("room_minutes.column.person")),
                Column(self.t("room_minutes.column.votes"), "count"),
            ),
            rows,
            nothing=self.t(f"room_minutes.title.ideas_{title}", n=len(record.ideas), groups=n_groups),
        )

    def sides(self) -> Page:
        """Return head office and branches side by side, theme by theme."""
        record = self.record
        found = record.sides
        office, branch = (int(found[name].sum()) for name in ("n_head_office", "n_branch"))
        seen = found["seen_by"].value_counts()
        both = not record.private and office and branch
        if both:
            counts = {name: int(seen.get(name, 0)) for name in ("both", "head_office", "branch")}
            title = self.t("room_minutes.sides.title", n=len(found), **counts)
        else:
            one = "private" if record.private else "nobody" if not office + branch else "one_side"
            title = self.t(f"room_minutes.sides.{one}")
        rows: list[tuple[Any, ...]] = [
            (
                short(row["name"], LONGER),
                self.t(f"room_minutes.seen_by.{row['seen_by']}"),
                row["n_head_office"],
                row["n_branch"],
                row["share_head_office"],
                row["share_branch"],
                row["gap"],
                row["votes"],
            )
            for row in found.to_dict("records")
        ]
        return Page(
            "sides",
            self.t("room_minutes.sheet.sides"),
            title,
            self.t("room_minutes.sides.subtitle") if both else "",
            (
                Column(self.t("room_minutes.column.theme"), "long"),
                Column(self.t("room_minutes.column.seen_by")),
                Column(self.t("room_minutes.column.ideas_office"), "count"),
                Column(self.t("room_minutes.column.ideas_branch"), "count"),
                Column(self.t("room_minutes.column.share_office"), "share"),
                Column(self.t("room_minutes.column.share_branch"), "share"),
                Column(self.t("room_minutes.column.gap"), "points"),
                Column(self.t("room_minutes.column.votes"), "count"),
            ),
            rows if both else [],
            nothing=title,
        )

    def decisions(self) -> Page:
        """Return what was decided, on which ideas, and what has become of it."""
        made = self.record.decisions
        name = "some" if made else "none" if self.record.room["stage"] == "closed" else "not_yet"
        title = self.t(f"room_minutes.title.decisions_{name}", n=len(made))
        rows = [
            (
                self.t(f"room_minutes.kind.{each.kind}"),
                self.what(each),
                self.measured(each),
                self.became(each),
                " / ".join(self.of_ideas(each)),
                f"{each.at:%Y-%m-%d %H:%M:%S}",
            )
            for each in made
        ]
        return Page(
            "decisions",
            self.t("room_minutes.sheet.decisions"),
            title,
            "",
            (
                Column(self.t("room_minutes.column.kind")),
                Column(self.t("room_minutes.column.decided"), "long"),
                Column(self.t("room_minutes.column.measured")),
                Column(self.t("room_minutes.column.became")),
                Column(self.t("room_minutes.column.of_ideas"), "long"),
                Column(self.t("room_minutes.column.at")),
            ),
            list(rows),
            nothing=title,
        )

    def stages(self) -> Page:
        """Return the stages in the order they were led through, with their times."""
        record = self.record
        closed = record.room["closed_at"] is not None
        key = "room_minutes.title.stages_closed" if closed else "room_minutes.title.stages_open"
        played = closed and record.minutes == 0
        if played:
            # In one write, as the sample bank's room: lengths of nothing would say nothing.
            key = "room_minutes.title.stages_played"
        rows = [
            (
                self.stage(period.stage),
                f"{period.began:%Y-%m-%d %H:%M:%S}",
                "" if period.ended is None else f"{period.ended:%Y-%m-%d %H:%M:%S}",
                None
                if played or period.ended is None
                else (period.ended - period.began).total_seconds() / 60,
                period.minutes,
            )
            for period in record.periods
        ]
        return Page(
            "stages",
            self.t("room_minutes.sheet.stages"),
            self.t(key, n=len(rows), minutes=plain(record.minutes)),
            "",
            (
                Column(self.t("room_minutes.column.stage")),
                Column(self.t("room_minutes.column.began")),
                Column(self.t("room_minutes.column.ended")),
                Column(self.t("room_minutes.column.took"), "decimal"),
                Column(self.t("room_minutes.column.clock"), "decimal"),
            ),
            list(rows),
        )

    def people(self) -> Page:
        """Return who joined: by number and side, and by name where names were asked for."""
        people = self.record.people
        n, note = self.counts()["people"]
        named = [Column(self.t("room_minutes.column.name"))] if self.record.names else []
        rows = [
            (
                self.t("room_minutes.person", number=person.number),
                *([person.name] if self.record.names else []),
                self.side(person.side),
                f"{person.joined_at:%Y-%m-%d %H:%M:%S}",
            )
            for person in people
        ]
        return Page(
            "people",
            self.t("room_minutes.sheet.people"),
            self.t("room_minutes.title.people", n=n, note=note) if people else self.t("room_minutes.nobody"),
            "",
            (
                Column(self.t("room_minutes.column.person")),
                *named,
                Column(self.t("room_minutes.column.side")),
                Column(self.t("room_minutes.column.joined")),
            ),
            list(rows),
            nothing=self.t("room_minutes.nobody"),
        )

    def moves(self) -> Page:
        """Return every move in its order, so that the room can be played again."""
        lines = self.record.lines
        return Page(
            "moves",
            self.t("room_minutes.sheet.moves"),
            self.t("room_minutes.title.moves", n=len({line.move_id for line in lines})),
            self.t("room_minutes.moves_subtitle"),
            (
                Column(self.t("room_minutes.column.move"), "count"),
                Column(self.t("room_minutes.column.at")),
                Column(self.t("room_minutes.column.person"), "count", spare=True),
                Column(self.t("room_minutes.column.who")),
                Column(self.t("room_minutes.column.what")),
                Column(self.t("room_minutes.column.action"), spare=True),
                Column(self.t("room_minutes.column.idea_id")),
                Column(self.t("room_minutes.column.group_id"), "count"),
                Column(self.t("room_minutes.column.text"), "long"),
                Column(self.t("room_minutes.column.before"), "long", spare=True),
            ),
            [self._move(line) for line in lines],
        )

    def _move(self, line: Line) -> tuple[Any, ...]:
        what = self.t(f"room_minutes.action.{line.action}")
        if line.action == "lead":
            told = (what, self.stage(line.detail), self.length(line.minutes))
            what = " · ".join(part for part in told if part)
        if line.action == "decide":
            what = f"{what} · {self.t(f'room_minutes.kind.{line.detail}')}"
        secret = self.record.private and line.action in ("write", "edit")
        return (
            line.move_id,
            f"{line.at:%Y-%m-%d %H:%M:%S}",
            line.person.number if line.person else None,
            self.who(line.person, line.who),
            what,
            f"{line.action}:{line.detail}" if line.detail else line.action,
            ", ".join(str(number) for number in line.idea_ids),
            line.group_id,
            HIDDEN if secret else line.text,
            HIDDEN if secret and line.before else line.before,
        )

    def facts(self, moment: dt.datetime) -> list[tuple[str, str]]:
        """Return where the minutes come from."""
        record, t = self.record, self.t
        room, project = record.room, record.project
        facts = [
            (t("room_minutes.fact.project"), project.name),
            (t("room_minutes.fact.cycle"), room["cycle_id"]),
            (t("room_minutes.fact.room"), f"{room['room_id']} · {room['code']}"),
            (t("room_minutes.fact.segment"), self.segment()),
            (t("room_minutes.fact.segmentation"), room["segmentation"]),
            (t("room_minutes.fact.opened"), locale.timestamp(room["opened_at"])),
            (t("room_minutes.fact.closed"), locale.timestamp(room["closed_at"])),
        ]
        if record.names:
            facts.append((t("room_minutes.fact.led_by"), room["opened_by"]))
        return [
            *facts,
            (t("room_minutes.fact.last_move"), str(record.lines[-1].move_id)),
            (t("room_minutes.fact.names"), t(f"room_minutes.names.{'told' if record.names else 'left_out'}")),
            (t("room_minutes.fact.role"), t(f"shell.role.{project.role}")),
            (t("room_minutes.fact.code"), __version__),
            (t("room_minutes.fact.made_at"), locale.timestamp(moment)),
        ]
