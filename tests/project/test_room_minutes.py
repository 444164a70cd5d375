"""Minutes of a room: opened again and read, in both languages, with texts that mean harm."""

from __future__ import annotations

import io
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import workbench as wb
from workbench import locale
from workbench.errors import MachineProblem, NotAllowed, NotFound, ParameterProblem
from workbench.project import Project
from workbench.project import minutes as writing

FORMULA = "=cmd|' /C calc'!A0"
SCRIPT = "</title><script>alert(1)</script>"
ARABIC = "\u202eمرحبا\u202c"
EMOJI = "👵🏽 家里人一起来"
LONG = "long " * 1_999 + "idea"
NAMES = ("Chen Simulated", "Lin Simulated", "Wu Simulated")
# The sample bank has a room of its own already.
CLOSED, STILL = 2, 3
SIDES = ("head_office", "Branch 12", "城东支行")


@pytest.fixture(scope="module")
def played(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank with a closed room, played through by three people, and one where people still write."""
    folder = tmp_path_factory.mktemp("minutes") / "bank"
    shutil.copytree(walked_folder, folder)
    project = wb.open_project(folder, who="boss")
    rooms, acts = project.insight.rooms, project.store.room_acts
    segment = str(project.insight.segmentation().segments["segment"].iloc[0])
    customer = str(project.insight.segmentation().membership["customer_id"].iloc[0])
    room = rooms.open(f"What would keep {customer}?", segment, minutes={"vote": 3})
    code = rooms.one(room)["code"]
    people = [str(acts.join(code, name, side)["token"]) for name, side in zip(NAMES, SIDES, strict=True)]
    numbers = [
        int(acts.act(people[i % 3], f"w{i}", "write", {"text": text})["content"]["idea_id"])
        for i, text in enumerate(
            (
                "Call before it matures",
                FORMULA,
                SCRIPT,
                ARABIC,
                EMOJI,
                LONG,
                "Call 13812341234 as the deposit matures",
                "Gone",
            )
        )
    ]
    acts.act(people[0], "e", "edit", {"idea_id": numbers[0], "text": "Call before the deposit matures"})
    acts.act(people[1], "x", "withdraw", {"idea_id": numbers[7]})
    rooms.lead(room, "group")
    rooms.arrange(room, rooms.propose_groups(room))
    moved = acts.act(people[1], "m", "move", {"idea_id": numbers[4], "new_group": "<b>Family</b>"})
    acts.act(people[2], "m", "move", {"idea_id": numbers[1], "group_id": moved["content"]["group_id"]})
    acts.act(people[2], "n", "name_group", {"group_id": moved["content"]["group_id"], "name": "=Family"})
    rooms.lead(room, "vote")
    for person, idea in ((0, 0), (1, 0), (2, 0), (0, 4), (1, 4)):
        acts.act(people[person], f"v{idea}", "vote", {"idea_id": numbers[idea]})
    acts.act(people[0], "u", "unvote", {"idea_id": numbers[4]})
    rooms.lead(room, "decide")
    made: dict[str, Any] = {"sentence": f"{SCRIPT} keeps them", "outcome": "churn", "direction": "lower"}
    rooms.decide(room, "hypothesis", numbers[:1], **made)
    rooms.decide(room, "description", numbers[4:5], description="They come together.")
    rooms.decide(room, "strategy", numbers[:1], template="deposit_maturity", name=FORMULA)
    rooms.decide(room, "none", numbers[1:2], reason="Too dear")
    rooms.close(room)
    still = rooms.open("Why?")
    assert (room, still) == (CLOSED, STILL)
    token = str(acts.join(rooms.one(still)["code"], NAMES[0])["token"])
    acts.act(token, "w", "write", {"text": "Nobody sees this yet"})
    return folder


@pytest.fixture
def project(played: Path) -> Project:
    return wb.open_project(played, role="analyst", who="boss")


@pytest.fixture(scope="module")
def made(played: Path) -> dict[str, str]:
    """The closed room's minutes as pages, by language."""
    rooms = wb.open_project(played, role="analyst", who="boss").insight.rooms
    return {lang: rooms.minutes(CLOSED, "html", lang).read_text(encoding="utf-8") for lang in ("en", "zh_CN")}


@pytest.fixture(scope="module")
def book(played: Path) -> Any:
    rooms = wb.open_project(played, role="analyst", who="boss").insight.rooms
    return openpyxl.load_workbook(rooms.minutes(CLOSED, "xlsx"))


class Seen(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def cells(book: Any) -> list[Any]:
    return [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]


def last_sheet(book: Any) -> list[dict[str, Any]]:
    head, *lines = book.worksheets[-1].iter_rows(min_row=4, values_only=True)
    return [dict(zip(head, line, strict=False)) for line in lines]


# The page --------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_page_asks_for_nothing_and_runs_nothing(made: dict[str, str], lang: str) -> None:
    seen = Seen(made[lang])
    assert made[lang].startswith("<!doctype html>")
    assert {tag for tag, _ in seen.tags} & {"script", "img", "link", "iframe", "a", "form"} == set()
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    assert "default-src 'none'" in made[lang]
    assert not re.search(r"https?://|url\(", made[lang])
    text = "".join(seen.texts)
    for said in (FORMULA, SCRIPT, ARABIC, EMOJI, LONG, "=Family", f"{SCRIPT} keeps them"):
        assert said in text


def test_the_page_tells_the_room_in_both_languages(made: dict[str, str], project: Project) -> None:
    rooms = project.insight.rooms
    room = rooms.one(CLOSED)
    n = len(rooms.ideas(CLOSED))
    for lang in ("en", "zh_CN"):
        text = unescape(made[lang])
        first = locale.text(
            "room_minutes.title.voted", lang, n=n, people=3, votes=3, idea="Call before the deposit matures"
        )
        assert f"<h1>{first}</h1>" in text
        counts = {"n": 7, "both": 0, "head_office": 3, "branch": 4}
        sides = rooms.sides(CLOSED)["seen_by"].value_counts()
        counts = {
            "n": len(rooms.sides(CLOSED)),
            **{name: int(sides.get(name, 0)) for name in list(counts)[1:]},
        }
        assert locale.text("room_minutes.sides.title", lang, **counts) in text
        for key in ("write", "group", "vote", "decide"):
            assert locale.text(f"room_minutes.stage.{key}", lang) in text
        for key, values in (
            ("hypothesis.open", {"id": "H5"}),
            ("description.in_force", {"version": project.insight.segmentation().version}),
            ("strategy.drafted", {"id": project.strategy.cards()["strategy_id"].iloc[-1]}),
            ("none.left", {}),
        ):
            assert locale.text(f"room_minutes.became.{key}", lang, **values) in text
        profile = room["settings"]["profile"]
        assert all(sentence in text for sentence in profile["sentences"][lang])
        assert profile["segment_zh" if lang == "zh_CN" else "segment"] in text


def test_numbers_of_customers_and_telephones_are_masked(made: dict[str, str], project: Project) -> None:
    customer = str(project.insight.segmentation().membership["customer_id"].iloc[0])
    for page in made.values():
        assert customer not in page
        assert "13812341234" not in page
        assert "138****1234" in page


def test_what_became_of_a_decision_is_told_as_it_stands_now(played: Path, tmp_path: Path) -> None:
    shutil.copytree(played, tmp_path / "later")
    project = wb.open_project(tmp_path / "later")
    cluster = int(project.insight.segmentation().segments["cluster"].iloc[0])
    segment = str(project.insight.segmentation().segments["segment"].iloc[0])
    project.insight.relabel(cluster, segment, description="They come alone.")
    hypothesis = project.insight.rooms.replay(CLOSED)["decisions"][0]["hypothesis_id"]
    project.review.hypotheses.withdraw(hypothesis, "said twice")
    page = unescape(project.insight.rooms.minutes(CLOSED).read_text(encoding="utf-8"))
    assert "it was rewritten since" in page
    assert f"{hypothesis}, withdrawn" in page


# The workbook ----------------------------------------------------------------------------


def test_every_cell_is_a_value_and_text_stays_text(book: Any) -> None:
    found = cells(book)
    assert {cell.data_type for cell in found} == {"s", "n"}
    assert not any(cell.hyperlink for cell in found)
    named = [cell for cell in found if str(cell.value).startswith("=")]
    assert {cell.value for cell in named} >= {FORMULA, "=Family"}
    assert all(cell.quotePrefix for cell in named)
    values = {cell.value for cell in found}
    assert {SCRIPT, ARABIC, EMOJI, LONG} <= values


def test_the_room_can_be_played_again_from_the_last_sheet(book: Any, project: Project) -> None:
    moves = [_move(row) for row in _whole(last_sheet(book))]
    again, stands = wb.replay_moves(moves), project.insight.rooms.replay(CLOSED)
    order = {person: number for number, person in enumerate(sorted(stands["people"]), 1)}
    assert again["stage"] == stands["stage"] == "closed"
    assert again["groups"] == stands["groups"]
    assert again["n_moves"] == stands["n_moves"]
    assert [each["kind"] for each in again["decisions"]] == [each["kind"] for each in stands["decisions"]]
    for number, idea in stands["ideas"].items():
        mine = again["ideas"][number]
        assert mine["votes"] == [order[person] for person in idea["votes"]]
        assert mine["person_id"] == order[idea["person_id"]]
        same = ("group_id", "withdrawn", "text") if "138" not in idea["text"] else ("group_id",)
        assert {name: mine[name] for name in same} == {name: idea[name] for name in same}


def _whole(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put the lines of one move together."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(int(row["Move"]), []).append(row)
    return list(found.values())


def _move(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Read a move as it was stored."""
    row = rows[0]
    action, _, detail = row["Move's kind"].partition(":")
    ideas = [int(number) for number in str(row["Idea no."] or "").split(", ") if number]
    content: dict[str, Any] = {"text": row["Text"], "stage": detail, "kind": detail, "idea_ids": ideas}
    content |= {"name": row["Text"], "side": row["Who"], "group_id": row["Group no."]}
    if ideas:
        content["idea_id"] = ideas[0]
    if action == "move" and row["Text"]:
        content["new_group"] = row["Text"]
    if action == "arrange":
        content["groups"] = [
            {
                "group_id": each["Group no."],
                "name": each["Text"],
                "idea_ids": [int(number) for number in each["Idea no."].split(", ")],
            }
            for each in rows
        ]
    person = row["Person no."]
    return {"move_id": row["Move"], "person_id": person, "action": action, "content": content}


def test_a_chinese_workbook_has_the_same_figures(book: Any, project: Project) -> None:
    chinese = openpyxl.load_workbook(project.insight.rooms.minutes(CLOSED, "xlsx", "zh"))
    assert chinese.sheetnames[:3] == ["摘要", "想法", "双方对比"]
    assert chinese.sheetnames[-1] == "动作"
    one, other = ([cell.value for cell in cells(each) if cell.data_type == "n"] for each in (book, chinese))
    assert one == other
    assert chinese["想法"]["D5"].value in ("总行", *SIDES)


# Names, roles, the log -------------------------------------------------------------------


def test_people_are_named_only_where_an_analyst_asks(book: Any, made: dict[str, str], played: Path) -> None:
    values = " ".join(str(cell.value) for cell in cells(book))
    assert not [name for name in (*NAMES, "boss") if re.search(rf"\b{name}\b", values + made["en"])]
    assert "No. 2 · Branch 12" in values
    analyst = wb.open_project(played, role="analyst")
    named = unescape(analyst.insight.rooms.minutes(CLOSED, names=True).read_text(encoding="utf-8"))
    assert all(name in named for name in (*NAMES, "boss"))
    assert analyst.audit_log(1).iloc[0]["ids"]["names"] is True
    contributor = wb.open_project(played, role="contributor").insight.rooms
    with pytest.raises(NotAllowed):
        contributor.minutes(CLOSED, names=True)
    assert contributor.minutes(CLOSED).is_file()


def test_a_viewer_writes_nothing_and_takes_them_along(played: Path) -> None:
    viewer = wb.open_project(played, role="viewer")
    before = sorted(viewer.exports.iterdir())
    with pytest.raises(NotAllowed):
        viewer.insight.rooms.minutes(CLOSED)
    with pytest.raises(NotAllowed):
        viewer.insight.rooms.deliver_minutes(CLOSED, names=True)
    taken = viewer.insight.rooms.deliver_minutes(CLOSED, "xlsx")
    assert taken.path is None
    assert taken.name.endswith(".xlsx")
    assert openpyxl.load_workbook(io.BytesIO(taken.content)).sheetnames[-1] == "Moves"
    assert sorted(viewer.exports.iterdir()) == before


def test_they_are_logged_before_a_byte_is_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def full(*_: Any) -> None:
        seen.append(project.audit_log(1).iloc[0].to_dict())
        raise MachineProblem("strategy_launch.error.export_disk", file="x", cause="full")

    before = sorted(project.exports.iterdir())
    monkeypatch.setattr(writing, "_write", full)
    with pytest.raises(MachineProblem):
        project.insight.rooms.minutes(CLOSED, "xlsx")
    assert (seen[0]["action"], seen[0]["ids"]["room_id"]) == ("minutes.export", CLOSED)
    assert seen[0]["ids"]["names"] is False
    assert sorted(project.exports.iterdir()) == before


# So far, and nothing at all --------------------------------------------------------------


def test_of_a_room_where_people_still_write_no_text_is_told(project: Project) -> None:
    rooms = project.insight.rooms
    page = unescape(rooms.minutes(STILL).read_text(encoding="utf-8"))
    assert locale.text("room_minutes.title.private", "en", n=1, people=1) in page
    workbook = openpyxl.load_workbook(rooms.minutes(STILL, "xlsx"))
    assert "Nobody sees this yet" not in page + " ".join(str(cell.value) for cell in cells(workbook))
    assert [row["Move's kind"] for row in last_sheet(workbook)] == ["open", "join", "write"]


def test_an_empty_room_and_an_open_one_are_told(played: Path, tmp_path: Path) -> None:
    shutil.copytree(played, tmp_path / "open")
    rooms = wb.open_project(tmp_path / "open").insight.rooms
    empty = rooms.open("Is anybody here?")
    rooms.lead(empty, "reveal")
    assert "people who joined: 0" in rooms.minutes(empty).read_text(encoding="utf-8")
    rooms.lead(STILL, "reveal")
    page = rooms.minutes(STILL).read_text(encoding="utf-8")
    assert "Nobody sees this yet" in page
    assert "nobody has voted" in page
    assert "Only one side has written" in page
    assert "Nothing is decided yet" in page


def test_what_is_asked_wrongly_is_said(project: Project) -> None:
    with pytest.raises(ParameterProblem, match="no minutes in the format pdf"):
        project.insight.rooms.minutes(CLOSED, "pdf")
    with pytest.raises(NotFound, match="no room number 99"):
        project.insight.rooms.minutes(99)


def test_a_room_that_was_played_in_one_moment_says_so(project: Project) -> None:
    # The sample bank's own; those above took their time.
    page = unescape(project.insight.rooms.minutes(1, "html").read_text(encoding="utf-8"))
    assert "6 stages at one moment: the room was played by a program, not held" in page
    assert "in 0 minutes" not in page
    assert "at one moment" not in project.insight.rooms.minutes(CLOSED, "html").read_text(encoding="utf-8")
