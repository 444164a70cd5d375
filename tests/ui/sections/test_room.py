"""Rooms on the screen: led by an analyst, read by a manager, private while people write."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace

import pytest

import workbench as wb
from workbench.errors import NotAllowed
from workbench.project import room_page
from workbench.ui.screens.insight import InsightScreen
from workbench.ui.screens.sections import room as view_module

QUESTION = "What would keep them from <b>moving</b> money out?"
PEOPLE = (("Chen Wei", "head_office"), ("Lin Fang", "Branch 12"), ("Zhao Min", "Branch 08"))
TEXTS = (
    (0, "Call before the deposit matures"),
    (1, "Call when a deposit matures"),
    (1, "Call when a deposit matures!"),
    (2, "发放生日礼物"),
    (0, "<img src=x onerror=alert(1)>"),
)


class Played:
    """A room and its people, as their pages make moves."""

    def __init__(self, project, upto: str = "write", **opened) -> None:
        self.project, self.rooms, self.acts = project, project.insight.rooms, project.store.room_acts
        self.id = self.rooms.open(QUESTION, "Happy retirees", **{"minutes": {"write": 5}, **opened})
        self.code = self.rooms.one(self.id)["code"]
        self.tokens = [self.acts.join(self.code, *who)["token"] for who in PEOPLE]
        self.ideas = [self.write(person, text) for person, text in TEXTS]
        stages = ("write", "reveal", "group", "vote", "decide")
        for stage in stages[1 : stages.index(upto) + 1]:
            self.rooms.lead(self.id, stage)
            if stage == "group":
                self.rooms.arrange(self.id, self.rooms.propose_groups(self.id))
            if stage == "vote":
                for number in (0, 1):
                    self.acts.act(self.tokens[number], "v", "vote", {"idea_id": self.ideas[0]})

    def write(self, person: int, text: str) -> int:
        done = self.acts.act(self.tokens[person], f"w{text}", "write", {"text": text})
        return int(done["content"]["idea_id"])


@pytest.fixture
def shown(opened):
    """Return a function that opens the section: the screen's state, the section's, and its view."""

    def show(project, **traits):
        state = opened(project, **traits)
        return state, state.current_section, InsightScreen(state)._sections["room"]

    return show


def said(state) -> str:
    return state.t(state.banner.key, **state.banner.values)


def written(view) -> str:
    """Everything that the section's panels hold, and the board."""
    panels = (view.form, view.lead, view.groups, view.deciding, view.table, view.out, view.people, view.past)
    return "".join(panel.html for panel in panels) + str(view.board.view)


def test_while_people_write_the_leader_sees_numbers_alone(walked, shown, text):
    played = Played(walked)
    state, section, view = shown(walked)
    assert view._shown() == {"lead", "out", "join", "people", "list"}
    assert "5 ideas so far, 3 joined" in state.heading().title
    assert "5 ideas written so far" in text(view.lead)
    assert [(kpi.label, kpi.value) for kpi in state.kpis()] == [
        ("People", "3"),
        ("Sides", "3"),
        ("Ideas", "5"),
    ]
    assert section.grouping.board()["ideas"] == []
    assert all(idea not in written(view) for _, idea in TEXTS)
    assert "<b>moving" not in view.lead.html
    assert "Chen Wei Head office here" in text(view.people)
    assert 'data-action="propose"' not in view.groups.html
    # Back to writing after the reveal, all of it is private again.
    played.rooms.lead(played.id, "reveal")
    assert section.poll()
    assert TEXTS[0][1] in str(view.board.view)
    played.rooms.lead(played.id, "write")
    assert section.poll()
    assert section.sides.themes().empty
    assert "board" not in view._shown()
    assert not section.past.is_there


def test_a_look_draws_anew_only_what_is_new(walked, shown):
    played = Played(walked)
    state, section, _ = shown(walked)
    before = state.revision
    assert not section.poll()
    assert state.revision == before
    played.write(2, "One more")
    assert section.poll()
    assert "6 ideas" in state.heading().title
    assert not section.poll()
    # Somebody who has not been heard of for a while is not said to be here.
    later = walked.store.database.clock() + dt.timedelta(minutes=4)
    walked.store.database.clock = lambda: later
    assert section.poll()
    assert {one["away"] for one in section.arrivals()} == {4}
    assert state.kpis()[0].note == "0 here now"
    played.rooms.close(played.id)
    assert section.poll()
    assert section.stage == "closed"
    assert not section.poll()


def test_the_kernels_loop_looks_while_the_section_is_open(walked, shown, monkeypatch):
    monkeypatch.setattr(view_module, "EVERY", 0.01)
    played = Played(walked)

    async def watch() -> None:
        state, _, view = shown(walked)
        # What is typed stands in panels of its own: they are not sent again.
        view.screen.title.press("room-new")
        form = view.form.html
        played.write(0, "While it is open")
        for _ in range(200):
            await asyncio.sleep(0.01)
            if "6 ideas" in state.heading().title:
                break
        assert "6 ideas" in view.lead.html.replace("<b>", "").replace("</b><span>", " ")
        assert view.form.html is form
        state.open_section("overview")
        await asyncio.sleep(0.05)
        assert view.timer is None
        state.open_section("room")
        assert view.timer is not None
        view.timer.cancel()

    asyncio.run(watch())


def test_groups_are_proposed_looked_at_and_changed_on_the_board(walked, shown, text):
    played = Played(walked, "reveal")
    state, section, view = shown(walked)
    assert view._shown() == {"lead", "out", "join", "people", "list", "board"}
    view.groups.press("propose")
    assert state.jobs.wait()
    assert "Said twice: 1" in text(view.groups)
    view.groups.press("dismiss")
    assert section.grouping.proposal is None
    assert len(section.groups) == 0
    view.groups.press("propose")
    assert state.jobs.wait()
    view.groups.press("accept")
    assert "Groups now: 1." in said(state)
    group = int(section.groups["group_id"].iloc[0])
    answers = []
    view.board.done = lambda key, content: answers.append((key, dict(content)))
    view.board.refused = lambda key, message: answers.append((key, message))
    move = {"do": "move", "key": "k1", "action": "move"}
    view.board.hear({**move, "content": {"idea_id": played.ideas[3], "group_id": group}})
    view.board.hear(
        {**move, "key": "k2", "action": "name_group", "content": {"group_id": group, "name": "In time"}}
    )
    view.board.hear({**move, "key": "k3", "content": {"idea_id": 999}})
    view.board.hear({**move, "key": "k4", "content": {}})
    view.board.hear({**move, "key": "k5", "action": "vote", "content": {"idea_id": played.ideas[0]}})
    assert [key for key, _ in answers] == ["k1", "k2", "k3", "k4", "k5"]
    assert answers[0][1]["group_id"] == group
    assert "not there any more" in answers[2][1]
    assert "idea_id" in answers[3][1]
    assert 'no move "vote"' in answers[4][1]
    assert [each["name"] for each in view.board.view["groups"]] == ["In time"]
    assert section.sides.counts() == {"both": 1, "head_office": 1, "branch": 0}
    assert {"chart", "table"} <= view._shown()
    values = {kpi.label: kpi.value for kpi in state.kpis()}
    for number, idea in enumerate(played.ideas):
        view.board.hear({**move, "key": f"out {number}", "content": {"idea_id": idea}})
    assert (values["Groups"], {kpi.label: kpi.value for kpi in state.kpis()}["Groups"]) == ("1", "0")


def test_ideas_become_a_label_and_a_hypothesis(walked, shown, text):
    played = Played(walked, "decide")
    state, section, view = shown(walked)
    view.deciding.press("decide", "", {})
    assert "No idea is ticked" in said(state)
    view.board.hear({"do": "pick", "ideas": [played.ideas[1], played.ideas[0], 999]})
    assert section.decisions.picked == played.ideas[:2]
    assert TEXTS[0][1] in view.deciding.html, "the idea with the most votes fills the form"
    view.deciding.press("kind", "label")
    view.deciding.press("decide", "", {"segment": "Wait for a call", "segment_zh": "等一个电话"})
    now = walked.insight.segmentation()
    assert "Wait for a call" in set(now.segments["segment"])
    assert f"v{now.version}" in said(state)
    assert state.section == "room"
    assert "Wait for a call" in text(view.lead)
    view.deciding.press("kind", "hypothesis")
    fields = {"sentence": "A call keeps them", "outcome": "churn", "direction": "lower", "threshold": "much"}
    view.deciding.press("decide", "", fields)
    assert "much" in said(state)
    view.deciding.press("decide", "", {**fields, "threshold": "2"})
    stored = walked.review.hypotheses.frame().set_index("sentence").loc["A call keeps them"]
    assert (stored["segment"], stored["threshold"], stored["source"]) == ("Wait for a call", 0.02, "room")
    outcome = section.decisions.rows()[-1]
    assert outcome["state"].endswith(state.t("review_hypotheses.state.open")) or "○" in outcome["state"]
    assert outcome["ideas"] == [TEXTS[0][1], TEXTS[1][1]]
    assert "04_review" in outcome["href"]
    view.deciding.press("kind", "description")
    view.deciding.press("decide", "", {"description": " "})
    assert "in one language at least" in said(state)
    view.deciding.press("decide", "", {"description_zh": "等电话的客户"})
    view.deciding.press("kind", "strategy")
    assert 'value="deposit_maturity"' in view.deciding.html
    view.deciding.press("decide", "", {"template": "deposit_maturity", "name": "<i>Call</i>"})
    assert "<i>Call" not in view.out.html
    view.board.hear({"do": "pick", "ideas": [played.ideas[3]]})
    assert section.decisions.form()["in_chinese"] == TEXTS[3][1]
    view.deciding.press("kind", "none")
    view.deciding.press("decide", "", {"reason": ""})
    assert "Say in a few words" in said(state)
    view.deciding.press("decide", "", {"reason": "Too dear"})
    assert section.decisions.counts() == {"made": 4, "left": 1}
    view.lead.press("close")
    assert played.code in said(state)
    assert {"past", "out", "chart"} <= view._shown()


def test_what_the_review_says_of_a_hypothesis_is_shown(walked, shown, monkeypatch):
    played = Played(walked, "decide")
    made = {"sentence": "It works", "outcome": "churn", "direction": "lower"}
    number = played.rooms.decide(played.id, "hypothesis", played.ideas[:1], **made)["hypothesis_id"]
    _, section, _ = shown(walked)
    handle = type(walked.review.hypotheses)
    frame = walked.review.hypotheses.frame()
    for verdict, tone in (("supported", "g"), ("refuted", "x")):
        mine = frame["hypothesis_id"].eq(number)
        told = frame.assign(
            state=frame["state"].where(~mine, verdict), reason=frame["reason"].where(~mine, "decided")
        )
        monkeypatch.setattr(handle, "frame", lambda _, told=told: told)
        row = section.decisions.rows()[0]
        assert (row["tone"], row["why"]) == (tone, "")
        assert row["state"][2:] == section.t(f"review_hypotheses.state.{verdict}")
        assert number in row["made"]


def test_a_manager_reads_closed_rooms_without_names(walked, shown, text):
    played = Played(walked, "decide")
    played.rooms.decide(played.id, "none", played.ideas[:1], reason="<script>alert(1)</script>")
    played.rooms.close(played.id)
    Played(walked, "reveal")
    viewer = wb.open_project(walked.folder, role="viewer")
    state, section, view = shown(viewer, lang="zh_CN", mode="dark")
    held = [row["id"] for row in section.listed()]
    assert held[0] == section.chosen == played.id
    assert played.id + 1 not in held, "an open room is its leader's"
    assert view._shown() == {"lead", "out", "list", "chart", "table", "past"}
    assert len(section.sides.chart()) == len(walked.insight.rooms.sides(played.id))
    shown_text = written(view) + view.bar.html + view.list.html + view.join.html
    assert all(name not in shown_text for name, _ in PEOPLE)
    assert "Branch 12" in shown_text
    assert "<script" not in shown_text
    assert "<img" not in shown_text
    writes = ("go", "close", "open", "page", "propose", "accept", "decide", "kind", "named-minutes", "more")
    assert not [name for name in writes if f'data-action="{name}"' in shown_text]
    assert "project.insight" not in shown_text
    # Nor does a page that asks all the same get anything written.
    view.lead.press("close")
    view.out.press("named-minutes", "html")
    assert state.banner is None
    section.past.jump("5")
    assert state.heading().title
    for forbidden in (section.invite.start, section.leading.close, lambda: section.leading.go("vote")):
        with pytest.raises(NotAllowed):
            forbidden()


def test_a_closed_room_is_replayed(walked, shown, text):
    played = Played(walked, "vote")
    played.rooms.close(played.id)
    _, section, view = shown(walked)
    n = len(walked.insight.rooms.moves(played.id))
    assert f"{n} of {n}" in text(view.past)
    assert [mark["stage"] for mark in section.past.marks()] == ["Write", "Reveal", "Group", "Vote"]
    view.bar.press("step", "5")
    assert f"5 of {n}" in text(view.past)
    assert [idea["text"] for column in section.past.board() for idea in column["ideas"]] == [TEXTS[0][1]]
    assert 'value="5"' not in view.bar.html, "the slider is the hand's while it moves"
    view.bar.press("turn", "-1")
    assert 'value="4"' in view.bar.html
    assert section.past.board() == []
    view.bar.press("jump", str(n - 1))
    assert sum(column["votes"] for column in section.past.board()) == 2
    view.bar.press("step", "0")
    view.bar.press("step", "x")
    assert section.past.place == n - 1
    assert "Lin Fang" in section.past.caption()


def test_a_room_is_opened_by_its_form(walked, shown, text):
    before = Played(walked).id
    state, section, view = shown(walked)
    view.screen.title.press("room-new")
    assert "Happy retirees" in text(view.form)
    fields = {"question": QUESTION, "segment": "", "votes": "3", "minutes-write": "2,5", "minutes-vote": ""}
    view.form.press("open", "", {**fields, "minutes-write": "soon"})
    assert "soon" in said(state)
    assert section.leading.opening
    view.form.press("open", "", {**fields, "question": " "})
    assert "empty" in said(state)
    view.form.press("open", "", fields)
    room = walked.insight.rooms.one(section.chosen)
    assert (room["votes_each"], room["settings"]["minutes"], room["segment"]) == (3, {"write": 2.5}, "")
    assert room["code"] in said(state)
    assert not section.leading.opening
    assert "All customers" in text(view.lead)
    # Nothing of a segment comes of a room about all customers.
    assert section.decisions.kinds() == ["strategy", "hypothesis", "none"]
    view.list.press("room", str(before))
    assert section.chosen == before
    view.list.press("room", "99")
    assert section.chosen == before


def test_without_a_room_it_is_said_what_to_do(viewed, walked, shown, text):
    state, _, view = shown(viewed.at("2026 Q2"))
    assert view._shown() == {"empty"}
    assert "An analyst opens a room" in text(view.empty)
    assert state.kpis() == []
    state, _, view = shown(walked.at("2026 Q2"))
    assert "This cycle is closed" in text(view.empty)
    assert state.heading().buttons == ()
    later = walked.open_cycle("2027 Q2", walked.cycle.snapshot_date)
    state, section, view = shown(later)
    assert "Approve a segmentation first" in text(view.empty)
    assert state.heading().buttons == ()
    state.segmentation = walked.insight.segmentation()
    assert "Open a room on a segment" in state.heading().subtitle
    assert [button.action for button in state.heading().buttons] == ["room-new"]
    section.leading.show_form()
    assert "Happy retirees" in text(view.form)


def test_a_room_is_led_by_its_clock_and_by_one_at_a_time(walked, shown, text):
    played = Played(walked)
    state, section, view = shown(walked)
    assert "Start the clock (5 min)" in text(view.time)
    now = walked.store.database.clock()
    walked.store.database.clock = lambda: now
    view.time.press("go", "write")
    assert section.leading.clock() == {"left": "5:00", "share": 100.0, "over": False, "planned": "5"}
    now += dt.timedelta(seconds=225)
    view._paint_clock()
    assert "1:15" in text(view.clock)
    assert section.leading.clock()["share"] == 25.0
    view.time.press("more")
    assert section.leading.clock()["left"] == "3:15"
    now += dt.timedelta(seconds=600)
    view._paint_clock()
    assert "The time is up" in text(view.clock)
    view.time.press("more")
    assert section.leading.clock()["left"] == "2:00"
    # Somebody else leads at the same time.
    played.rooms.lead(played.id, "group")
    view.lead.press("go", "reveal")
    assert state.banner.kind == "error"
    assert f"room {played.code}" in said(state)
    assert section.stage == "group", "what the other has done is shown"
    view.lead.press("go", "vote")
    assert (section.stage, state.banner) == ("vote", None)
    view.lead.press("go", "closed")
    assert section.stage == "vote"


def test_the_page_is_started_and_minutes_are_handed_over(walked, shown, text, monkeypatch):
    played = Played(walked, "reveal")
    address = "http://127.0.0.1:8867/voila/render/room.ipynb?token=x"
    up: list[str] = []
    monkeypatch.setattr(room_page, "find_page", lambda _: up[0] if up else None)
    monkeypatch.setattr(room_page, "start_page", lambda _: up.append(address))
    state, section, view = shown(walked)
    assert f"{played.code[:3]} {played.code[3:]}" in text(view.join)
    assert "<img" not in view.join.html
    view.join.press("page")
    assert state.jobs.wait()
    assert "People can join now" in said(state)
    assert 'src="data:image/svg+xml' in view.join.html
    assert f"code={played.code}" in view.join.html
    assert "this machine only" in text(view.join)
    asked, given = [], []

    def deliver(_, room_id, kind, lang, *, names):
        asked.append((room_id, kind, lang, names))
        return SimpleNamespace(name=f"minutes.{kind}", media_type="text/html", content=b"x")

    monkeypatch.setattr(type(walked.insight.rooms), "deliver_minutes", deliver)
    view.out.deliver = lambda *file: given.append(file)
    view.out.press("minutes", "html")
    assert state.jobs.wait()
    view.out.press("named-minutes", "xlsx")
    assert state.jobs.wait()
    assert asked == [(section.chosen, "html", "en", False), (section.chosen, "xlsx", "en", True)]
    assert [file[0] for file in given] == ["minutes.html", "minutes.xlsx"]
    assert section.delivered is None
    assert "minutes.xlsx" in said(state)
