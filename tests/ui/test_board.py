"""The board without a browser: its files, its words, and what it lets through."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from workbench import locale
from workbench.ui.board import Board, checked_message, words
from workbench.ui.board.messages import LONGEST_TEXT, MOST_PICKED, plain

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "workbench" / "ui" / "board"
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "src").glob("*.js")}

IMPORTS = 'import { a } from "./part.js";\n'


@pytest.fixture(scope="module")
def build():
    return runpy.run_path(str(ROOT / "scripts" / "build_bundles.py"))["board_bundle"]


def test_the_bundle_is_current_and_the_widget_carries_it(build):
    assert build() == (FOLDER / "board.js").read_text(encoding="utf-8")
    board = Board()
    assert board._esm == build()
    assert ".wb-board" in board._css
    assert not re.search(r"^import ", board._esm, re.M)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"other.js": "export const alone = 1;\n"}, "other"),
        ({"part.js": "const two = 1;\n", "board.js": IMPORTS + "const two = 2;\n"}, "two"),
        ({"part.js": 'import { a } from "./board.js";\n', "board.js": IMPORTS}, "itself"),
    ],
)
def test_modules_that_would_disturb_each_other_are_not_bundled(build, tmp_path, files, said):
    for name, text in ({"board.js": "const one = 1;\n"} | files).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=said):
        build(tmp_path)


def test_no_text_of_a_user_becomes_html():
    for name, source in SOURCES.items():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(", source
        ), name
        assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|import\(", source), name


def test_every_word_of_the_board_is_used_and_every_used_word_exists():
    known = set(words("en"))
    assert known == set(words("zh_CN")) == set(words("zh"))
    source = "\n".join(SOURCES.values())
    built = {name for name in known if name.startswith("stage_")}
    plural = {name for name in known if name.endswith("_one") and name[:-4] in known}
    unused = {name for name in known - built - plural if f'"{name}"' not in source}
    assert unused == set()
    said = re.sub(r"^ *//.*$", "", source, flags=re.M)
    asked = set(re.findall(r'\bt(?:\.count)?\("(\w+)"', said))
    asked.update(name for two in re.findall(r'\bt\([^()"]*\? "(\w+)" : "(\w+)"', said) for name in two)
    assert asked - known == set()
    for stage in ("write", "reveal", "group", "vote", "decide", "closed"):
        assert words("en")[f"stage_{stage}"] == locale.text(f"room_page.board.stage_{stage}", "en")


def test_words_are_a_copy():
    words("en").clear()
    assert words("en")["join"]


GOOD = [
    {"do": "hello", "token": ""},
    {"do": "join", "code": "482719", "name": "李", "side": "head_office"},
    {"do": "move", "key": "k", "action": "write", "content": {"text": "<script>😀"}},
    {"do": "move", "key": "k", "action": "move", "content": {"idea_id": 4, "group_id": None}},
    {"do": "draft", "text": ""},
    {"do": "lang", "value": "zh_CN"},
    {"do": "theme", "value": "dark"},
    {"do": "leave"},
    {"do": "pick", "ideas": [3, 1]},
]
BAD = [
    None,
    ["leave"],
    "leave",
    {},
    {"do": "drop_everything"},
    {"do": ["leave"]},
    {"do": {"a": 1}},
    {"do": "hello"},
    {"do": "hello", "token": "x" * 201},
    {"do": "join", "code": 482719, "name": "Li", "side": "x"},
    {"do": "join", "code": "482719", "name": "Li"},
    {"do": "move", "key": "k", "action": "write", "content": "text"},
    {"do": "move", "key": "k", "action": "write", "content": {"text": ["a"]}},
    {"do": "move", "key": "k", "action": "write", "content": {"text": "x" * (LONGEST_TEXT + 1)}},
    {"do": "move", "key": "k", "action": "vote", "content": {"idea_id": True}},
    {"do": "move", "key": "k", "action": "vote", "content": {"idea_id": 1.5}},
    {"do": "move", "key": "k", "action": "vote", "content": {"idea_id": 2**70}},
    {"do": "move", "key": "k", "action": "vote", "content": {str(n): n for n in range(9)}},
    {"do": "move", "key": "k", "action": "vote", "content": {3: 1}},
    {"do": "move", "key": None, "action": "vote", "content": {}},
    {"do": "draft", "text": None},
    {"do": "pick", "ideas": "1,2"},
    {"do": "pick", "ideas": [1, "2"]},
    {"do": "pick", "ideas": [1] * (MOST_PICKED + 1)},
]


def test_a_report_reaches_its_handler_with_its_own_fields_alone():
    board = Board()
    heard = []
    for name in {each["do"] for each in GOOD}:
        board.on(name, heard.append)
    for each in GOOD:
        board._handle_custom_msg({**each, "role": "analyst", "person_id": 1}, [])
    assert heard == GOOD


def test_a_malformed_report_reaches_nobody():
    board = Board()
    heard = []
    for name in {each["do"] for each in GOOD}:
        board.on(name, heard.append)
    for each in BAD:
        assert checked_message(each) is None, each
        board._handle_custom_msg(each, [])
    assert heard == []
    Board().hear({"do": "leave"})


def test_what_is_said_to_the_page(monkeypatch):
    board = Board({"mode": "part"})
    said = []
    monkeypatch.setattr(board, "send", said.append)
    board.joined("T", "482719")
    board.unknown()
    board.done("k", {"idea_id": 3, "at": ROOT, "share": float("inf"), "sides": {"a"}})
    board.refused("k", "Time is up.")
    board.failed("Something.")
    assert said == [
        {"say": "joined", "token": "T", "code": "482719"},
        {"say": "unknown"},
        {
            "say": "done",
            "key": "k",
            "content": {"idea_id": 3, "at": str(ROOT), "share": None, "sides": ["a"]},
        },
        {"say": "refused", "key": "k", "message": "Time is up."},
        {"say": "error", "message": "Something."},
    ]
    assert board.view == {"mode": "part"}
    assert plain(True) is True
