"""The participants' page without a widget: who gets in, what stays, and what is said when it goes wrong."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb
from workbench.errors import MachineProblem, NotFound
from workbench.store import Store, open_store
from workbench.ui.screens.room import RoomScreen, room
from workbench.ui.state import guard
from workbench.ui.state.room import Reply, RoomPage

PROFILE = {
    "segment_zh": "乐退客群",
    "slot": 3,
    "n": 120,
    "share": 0.2,
    "sentences": {"en": ["a"], "zh_CN": ["甲"]},
}
NASTY = ("<img src=x onerror=alert(1)>", "👵🏽 家里人", "\u202eمرحبا\u202c", "=1+1", "x" * 10_000)


class Held:
    """A project with an open room, its facilitator, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, dt.datetime(2026, 10, 9, 2, 0)
        self.store: Store = open_store(folder, clock=lambda: self.now)
        self.number = self.open()
        self.code = self.store.rooms.find(self.number)["code"]

    def open(self) -> int:
        return self.store.rooms.open(
            "2026 Q2",
            segmentation="s",
            segment="Happy retirees",
            question="What would keep them?",
            votes_each=2,
            settings={"profile": PROFILE},
        )

    def lead(self, stage: str, seconds: int | None = None) -> None:
        version = self.store.rooms.find(self.number)["row_version"]
        self.store.rooms.lead(self.number, stage, expected_version=version, seconds=seconds)

    def page(self, **traits: Any) -> RoomPage:
        return RoomPage(self.folder, clock=lambda: self.now, **traits)

    def joined(self, name: str = "Lin", side: str = "Branch 12") -> tuple[RoomPage, str]:
        page = self.page()
        return page, page.join(self.code, name, side).token


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rooms") / "bank"
    wb.create_project(folder).store.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    return folder


@pytest.fixture
def held(bare: Path, tmp_path: Path) -> Held:
    shutil.copytree(bare, tmp_path / "bank")
    return Held(tmp_path / "bank")


def test_from_the_door_to_the_votes(held: Held) -> None:
    page, other = held.page(code=held.code), held.page(lang="zh_CN")
    assert page.view()["code"] == held.code
    assert not page.view()["joined"]
    assert page.join(held.code, " Lin ", "Branch 12").kind == "joined"
    assert other.join(f"{held.code[:3]} {held.code[3:]}", "陈", "head_office").kind == "joined"
    view = other.view()
    assert (view["joined"], view["n_people"], view["me"]["side"]) == (True, 2, "head_office")
    assert view["room"] == {
        "code": held.code,
        "question": "What would keep them?",
        "stage": "write",
        "votes_each": 2,
        "seconds_left": None,
        "seconds_all": None,
        "segment": "Happy retirees",
        "segment_zh": "乐退客群",
        "slot": 3,
        "profile": PROFILE,
    }
    done = page.move("k1", "write", {"text": "Call before it matures"})
    assert (done.kind, done.content["text"]) == ("done", "Call before it matures")
    other.poll()
    # Private while everybody writes: only how many there are.
    assert (other.view()["ideas"], other.view()["n_ideas"]) == ([], 1)
    held.lead("vote")
    other.poll()
    seen = other.view()["ideas"]
    assert [(idea["text"], idea["side"], idea["mine"]) for idea in seen] == [
        ("Call before it matures", "Branch 12", False)
    ]
    assert other.move("v", "vote", {"idea_id": seen[0]["idea_id"]}).content["left"] == 1
    page.poll()
    assert [idea["votes"] for idea in page.view()["ideas"]] == [1]
    assert page.place()["query"]["code"] == held.code
    assert page.place()["title"] == f"Room {held.code} · Customer Workbench"
    assert other.place()["lang"] == "zh-CN"


@pytest.mark.parametrize("text", NASTY)
def test_what_somebody_writes_is_kept_as_it_is(held: Held, text: str) -> None:
    page, _ = held.joined()
    assert page.move("k", "write", {"text": text}).kind == "done"
    assert [idea["text"] for idea in page.view()["ideas"]] == [text]


@pytest.mark.parametrize(
    ("action", "content", "said"),
    [
        ("write", {"text": " "}, "Write something"),
        ("write", {"text": "x" * 10_001}, "at most 10000"),
        ("vote", {"idea_id": 1}, "still writing"),
        ("write", {}, "Write something"),
        ("edit", {"idea_id": "1"}, "idea_id"),
        ("drop", {}, 'no move "drop"'),
    ],
)
def test_a_refused_move_is_a_sentence(held: Held, action: str, content: dict[str, Any], said: str) -> None:
    page, _ = held.joined()
    reply = page.move("k", action, content)
    assert reply.kind == "refused"
    assert said in reply.message.replace(",", "")
    assert page.view()["ideas"] == []


@pytest.mark.parametrize(
    ("code", "name", "side", "said"),
    [
        ("", "Lin", "Branch 12", "code is missing"),
        ("1", "Lin", "Branch 12", "Check the six digits"),
        (None, " ", "Branch 12", "name is missing"),
        (None, "Lin", "", "where you join from"),
        (None, "x" * 81, "Branch 12", "at most 80"),
    ],
)
def test_whoever_is_not_let_in_reads_why(
    held: Held, code: str | None, name: str, side: str, said: str
) -> None:
    page = held.page()
    assert page.join(held.code if code is None else code, name, side).kind == "refused"
    assert said in page.view()["error"]
    assert not page.joined
    assert page.move("k", "write", {"text": "x"}).kind == "refused"
    # The sentence follows the language, and goes when one gets in.
    page.choose_language("zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in page.view()["error"])
    page.join(held.code, "Lin", "Branch 12")
    assert page.view()["error"] == ""


def test_with_ones_token_one_is_the_same_person(held: Held) -> None:
    page, token = held.joined()
    page.move("k1", "write", {"text": "Mine"})
    page.draft("Half a sent")
    # Another kernel: the page was loaded again, and sends what had no answer under its key.
    back = held.page(code=held.code)
    assert back.hello(token) == Reply("joined", token=token, code=held.code)
    assert back.move("k1", "write", {"text": "Mine"}).content["text"] == "Mine"
    assert back.view()["me"]["draft"] == "Half a sent"
    assert back.join(held.code, "Lin", "Branch 12").token == token
    assert (back.view()["n_people"], back.view()["n_ideas"]) == (1, 1)
    assert [m["action"] for m in held.store.rooms.moves(held.number)] == ["open", "join", "write"]


def test_a_token_that_is_nobodys_is_forgotten(held: Held) -> None:
    page = held.page()
    assert page.hello("guess").kind == "unknown"
    assert page.hello("").kind == "nothing"
    assert (page.joined, page.view()["error"]) == (False, "")


def test_the_code_of_another_room_leads_to_its_door(held: Held) -> None:
    _, token = held.joined()
    other = held.store.rooms.find(held.open())
    page = held.page(code=other["code"])
    assert page.hello(token).kind == "nothing"
    assert not page.joined
    assert page.join(other["code"], "Lin", "Branch 12").token != token
    assert page.view()["room"]["code"] == other["code"]
    page.leave()
    assert (page.joined, page.view()["code"], page.view()["ideas"]) == (False, "", [])


def test_a_clock_that_runs_out_keeps_what_is_typed(held: Held) -> None:
    page, token = held.joined()
    held.lead("write", seconds=60)
    held.now += dt.timedelta(seconds=50)
    page.poll()
    assert (page.view()["room"]["seconds_left"], page.view()["room"]["seconds_all"]) == (10, 60)
    held.now += dt.timedelta(seconds=11)
    page.draft("Half a sentence")
    assert "time is up" in page.move("k", "write", {"text": "Half a sentence"}).message
    assert page.view()["room"]["seconds_left"] == 0
    again = held.page()
    again.hello(token)
    assert again.view()["me"]["draft"] == "Half a sentence"


def test_a_room_that_is_closed_stays_readable(held: Held) -> None:
    page, token = held.joined()
    page.move("k", "write", {"text": "Kept"})
    held.store.rooms.close(held.number)
    page.poll()
    assert (page.view()["room"]["stage"], page.view()["ideas"][0]["text"]) == ("closed", "Kept")
    assert "is closed" in page.move("k2", "write", {"text": "Late"}).message
    assert held.page().hello(token).kind == "joined"
    late = held.page(code=held.code)
    assert late.join(held.code, "Chen", "head_office").kind == "refused"
    assert "No open room" in late.view()["error"]


def test_a_store_that_is_busy_is_said_and_nothing_is_taken_back(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = held.joined()

    def busy(*_: Any) -> None:
        raise MachineProblem("store.error.busy", seconds=30, file="state.sqlite")

    with monkeypatch.context() as patched:
        for name in ("act", "last_move", "join"):
            patched.setattr(page._acts, name, busy)
        # No refusal: the page sends it again under its key.
        assert page.move("k", "write", {"text": "x"}).kind == "failed"
        assert page.join(held.code, "Lin", "Branch 12").kind == "failed"
        page.poll()
        assert "Somebody else is writing" in page.view()["error"]
    page.poll()
    assert page.view()["error"] == ""
    assert page.move("k", "write", {"text": "x"}).kind == "done"


def test_a_fault_of_ours_has_a_reference_and_the_page_lives_on(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = held.joined()
    with monkeypatch.context() as patched:
        patched.setattr(page._acts, "act", lambda *_: 1 / 0)
        reply = page.move("k", "write", {"text": "x"})
    assert reply.kind == "refused"
    assert "Reference" in reply.message
    assert [type(fault) for fault in guard.UNEXPECTED] == [ZeroDivisionError]
    guard.UNEXPECTED.clear()
    assert page.move("k", "write", {"text": "x"}).kind == "done"


def test_presence_is_said_now_and_then(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    page, _ = held.joined()
    said: list[str] = []
    monkeypatch.setattr(page._acts, "be_here", said.append)
    for _ in range(3):
        page.poll()
    assert said == []
    page._last_here -= 21
    for _ in range(3):
        page.poll()
    assert len(said) == 1


def test_a_place_that_is_gone_leads_to_the_door(held: Held, tmp_path: Path) -> None:
    shutil.copy(held.folder / "state.sqlite", tmp_path / "before.sqlite")
    page, _ = held.joined()
    shutil.copy(tmp_path / "before.sqlite", held.folder / "state.sqlite")
    page.poll()
    assert not page.joined
    page, _ = held.joined()
    shutil.copy(tmp_path / "before.sqlite", held.folder / "state.sqlite")
    assert page.move("k", "write", {"text": "x"}).kind == "unknown"


def test_there_must_be_a_project(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no project"):
        RoomPage(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# The view of it ------------------------------------------------------------------------


@pytest.fixture
def screen(held: Held) -> Callable[..., tuple[RoomScreen, list[dict[str, Any]]]]:
    """Return a function that opens a page, and what was said to it."""

    def opened(**traits: str) -> tuple[RoomScreen, list[dict[str, Any]]]:
        made: RoomScreen = room(held.folder, **traits).workbench_screen  # type: ignore[attr-defined]
        said: list[dict[str, Any]] = []
        made.board.send = lambda content, buffers=None: said.append(content)  # type: ignore[method-assign]
        return made, said

    return opened


def test_reports_reach_the_store_and_come_back(held: Held, screen: Any) -> None:
    one, said = screen(code=held.code)
    other, _ = screen(lang="zh_CN")
    one.board.hear({"do": "hello", "token": ""})
    one.board.hear({"do": "join", "code": held.code, "name": "Lin", "side": "Branch 12"})
    other.board.hear({"do": "join", "code": held.code, "name": "陈", "side": "head_office"})
    token = said[0]["token"]
    assert said == [{"say": "joined", "token": token, "code": held.code}]
    assert one.board.view["joined"]
    one.board.hear({"do": "move", "key": "k", "action": "write", "content": {"text": "Call"}})
    assert (said[-1]["say"], said[-1]["key"]) == ("done", "k")
    before = other.board.view
    other.look()
    assert (before["n_ideas"], other.board.view["n_ideas"]) == (0, 1)
    # Nothing new, nothing sent.
    now = other.board.view
    other.look()
    assert other.board.view is now
    one.board.hear({"do": "move", "key": "v", "action": "vote", "content": {"idea_id": 1}})
    assert said[-1]["say"] == "refused"
    assert "still writing" in said[-1]["message"]
    one.board.hear({"do": "draft", "text": "Half"})
    one.board.hear({"do": "lang", "value": "zh"})
    one.board.hear({"do": "theme", "value": "dark"})
    assert (one.board.view["lang"], one.board.view["me"]["draft"]) == ("zh_CN", "Half")
    assert one.board.page["theme"] == "dark"
    assert one.board.view["words"] == other.board.view["words"]
    one.board.hear({"do": "leave"})
    assert not one.board.view["joined"]
    back, said = screen()
    back.board.hear({"do": "hello", "token": token})
    assert said == [{"say": "joined", "token": token, "code": held.code}]
    back.board.hear({"do": "hello", "token": "guess"})
    assert said[-1] == {"say": "unknown"}


def test_the_same_mistake_twice_is_answered_twice(held: Held, screen: Any) -> None:
    one, _ = screen()
    seen = []
    one.board.observe(lambda change: seen.append(change["new"]["error"]), "view")
    for _ in range(2):
        one.board.hear({"do": "join", "code": "1", "name": "Lin", "side": "Branch 12"})
    assert len(seen) == 2
    assert seen[0] == seen[1] != ""


@pytest.mark.parametrize(
    "report",
    [
        "text",
        {"do": 1},
        {"do": "move", "key": 1, "action": "write", "content": {"text": "x"}},
        {"do": "move", "key": "k", "action": "write", "content": {"text": ["x"]}},
        {"do": "move", "key": "k" * 61, "action": "write", "content": {"text": "x"}},
        {"do": "join", "code": "1"},
        {"do": "lead", "stage": "vote"},
    ],
)
def test_whoever_sends_anything_changes_nothing(held: Held, screen: Any, report: Any) -> None:
    one, _ = screen()
    one.board.hear({"do": "join", "code": held.code, "name": "Lin", "side": "Branch 12"})
    one.board._receive(one.board, report)
    assert [m["action"] for m in held.store.rooms.moves(held.number)] == ["open", "join"]


def test_the_page_loads_no_table_and_no_engine() -> None:
    heavy = ("pandas", "numpy", "pyarrow", "altair", "duckdb", "ibis", "sklearn", "scipy", "alembic")
    code = (
        "import sys; import workbench.ui.screens.room;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
