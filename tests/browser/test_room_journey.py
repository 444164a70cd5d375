"""A room from its opening to a label and a hypothesis: three people, two phones, two languages."""

from __future__ import annotations

import re
import time

import pytest

import workbench as wb
from workbench.project.room_page import find_page, join_address
from workbench.publish import Dashboards

pytestmark = pytest.mark.browser

QUESTION = "What would keep them from moving money out?"
CALL = "Call before the deposit matures"
SCRIPT = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>'
PHONE = {"width": 360, "height": 740, "is_mobile": True, "has_touch": True}
# An idea that is on the board and confirmed.
STANDS = """text => [...document.querySelectorAll('.bd-card:not(.is-pending) .bd-text')]
  .filter(each => each.textContent === text).length"""


class Person:
    """Somebody with a page of their own, in a browser of their own."""

    def __init__(self, visit, address: str, name: str, branch: str = "", **context) -> None:
        self.visit = visit(**context)
        self.page = self.visit.page
        self.page.goto(address)
        self.page.wait_for_selector(".bd-join input", timeout=60_000)
        self.page.locator("input[autocomplete=nickname]").fill(name)
        self.page.locator(".bd-choice").nth(1 if branch else 0).click()
        if branch:
            self.page.locator("input[list]").fill(branch)
        self.page.locator(".bd-join button[type=submit]").click()
        self.sees(".bd-question")

    def sees(self, selector: str) -> None:
        self.page.wait_for_selector(selector, timeout=30_000)

    def reads(self, text: str, n: int = 1) -> None:
        self.page.wait_for_function(f"text => ({STANDS})(text) === {n}", arg=text, timeout=30_000)

    def counts(self, n: int) -> None:
        self.page.wait_for_function(f"document.querySelectorAll('.bd-card').length === {n}", timeout=30_000)

    def type(self, text: str) -> None:
        field = self.page.locator(".bd-compose textarea")
        if not field.is_visible():
            self.page.locator("[data-do=add]").click()
        field.fill(text)

    def send(self, text: str) -> None:
        self.type(text)
        self.page.locator(".bd-compose button[type=submit]").click()

    def votes(self, text: str) -> None:
        card = self.page.locator(".bd-card").filter(has_text=text)
        card.locator(".bd-vote").click()
        card.locator(".bd-vote[aria-pressed=true]:not(.is-pending)").wait_for()

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


class Facilitator:
    """Whoever opens and leads the room, on the screen of an analyst."""

    def __init__(self, desk) -> None:
        self.visit, self.folder = desk("room", ".wb [data-key=button-room-new]")
        self.page = self.visit.page

    def press(self, key: str) -> None:
        self.page.locator(f".wb [data-key={key}]").click()

    def fill(self, key: str, text: str) -> None:
        self.page.locator(f".wb [data-key={key}]").fill(text)

    def opens(self, segment: str) -> str:
        self.press("button-room-new")
        self.fill("rm-new-question", QUESTION)
        self.page.locator(".wb [data-key=rm-new-segment]").select_option(segment)
        self.fill("rm-new-votes", "2")
        self.press("rm-open")
        self.page.wait_for_selector(".wb .rm-qr")
        return re.sub(r"\D", "", self.page.locator(".wb .rm-code").inner_text())

    def leads(self, stage: str) -> None:
        self.press("rm-next")
        self.page.wait_for_function(
            "name => document.querySelector('.rm-steps .cur').innerText === name", arg=stage
        )

    def decides(self, idea: str, kind: str, n: int, **fields: str) -> None:
        box = self.page.locator(".wb .bd-card").filter(has_text=idea).locator(".bd-pick input")
        if not box.is_checked():
            box.check()
        self.press(f"rm-kind-{kind}")
        for name, text in fields.items():
            self.fill(f"rm-f-{name}", text)
        self.press("rm-decide")
        self.page.wait_for_function(f"document.querySelectorAll('.wb .rm-out li').length === {n}")


def test_from_opening_the_room_to_a_label_and_a_hypothesis(desk, visit, figure, tmp_path):
    leader = Facilitator(desk)
    project = wb.open_project(leader.folder, role="viewer")
    rooms = project.insight.rooms
    segments = project.insight.segmentation().segments
    segment, segment_zh = segments[["segment", "segment_zh"]].iloc[0]
    log = tmp_path / "participants.log"
    with Dashboards(project.folder, role="participant", log=log):
        page = find_page(project.folder)
        code = leader.opens(segment)
        number = int(rooms.frame()["room_id"].iloc[0])
        lin = Person(visit, join_address(page, code, "en"), "Lin", "Branch 12", **PHONE)
        chen = Person(visit, join_address(page, code, "zh_CN"), "陈", **PHONE, locale="zh-CN")
        ana = Person(visit, join_address(page, code, "en"), "Ana", "Branch 08")
        everybody = (lin, chen, ana)
        assert page.split("token=")[1] not in lin.page.url
        assert lin.page.evaluate("document.documentElement.lang") == "en"
        assert chen.page.evaluate("document.documentElement.lang") == "zh-CN"
        assert segment in lin.page.locator(".bd-segment").inner_text()
        assert segment_zh in chen.page.locator(".bd-segment").inner_text()
        leader.press("rm-start")
        lin.page.wait_for_function("/\\d:\\d\\d/.test(document.querySelector('.bd-clock').innerText)")

        # Written for oneself: others' ideas are counted, and nobody reads them.
        lin.send(CALL)
        lin.send(SCRIPT)
        chen.send("到期前先打电话")
        ana.send("Large-print statement with one phone number")
        for person, text in ((lin, SCRIPT), (chen, "到期前先打电话"), (ana, "Large-print statement")):
            person.page.locator(".bd-text", has_text=text).wait_for()
        assert ana.page.locator(".bd-text").count() == 1

        begun = time.perf_counter()
        leader.leads("Reveal")
        for person in everybody:
            person.counts(4)
        figure(f"brainstorm room: a new stage on three pages after {time.perf_counter() - begun:.1f} s")
        for person in everybody:
            person.reads(SCRIPT)
            assert person.page.locator(".bd-card img").count() == 0
            assert person.page.evaluate("window.ran") is None
            assert person.fits()

        # Grouped by keyboard on a desktop; the phones see it.
        leader.leads("Group")
        ana.sees(".bd-board.is-group")
        ana.page.locator(".bd-card").filter(has_text="Call before").focus()
        ana.page.keyboard.press("m")
        ana.sees(".bd-list .bd-item")
        ana.page.keyboard.press("End")
        ana.page.keyboard.press("Enter")
        ana.page.keyboard.type("Reach them in time")
        ana.page.keyboard.press("Enter")
        begun = time.perf_counter()
        for person in (chen, lin):
            person.page.locator(".bd-section h2", has_text="Reach them in time").wait_for()
        figure(f"brainstorm room: a move on two phones after {time.perf_counter() - begun:.1f} s")

        # A connection that is lost takes nothing with it, and comes back by itself.
        chen.visit.context.set_offline(True)
        chen.type("断网时写的想法")
        chen.page.locator(".bd-compose button[type=submit]").click()
        lin.send("Said while one was away")
        ana.reads("Said while one was away")
        chen.visit.context.set_offline(False)
        for person in everybody:
            person.reads("断网时写的想法")
            person.reads("Said while one was away")

        # A kernel that ended, with half a sentence typed and a move under way.
        lin.type("Half a sent")
        lin.page.evaluate("window.before = true")
        # Nobody waits for the answer: the page may have begun anew before it is there.
        shutdown = "`${workbenchPage.base}voila/api/shutdown/${workbenchPage.kernel}`"
        lin.page.evaluate(f"() => {{ fetch({shutdown}, {{ method: 'POST' }}) }}")
        lin.page.wait_for_function("window.before === undefined", timeout=60_000)
        lin.reads("断网时写的想法")
        lin.page.wait_for_function(
            "[...document.querySelectorAll('textarea')].some(each => each.value === 'Half a sent')"
        )
        assert sorted(rooms.ideas(number)["text"]) == sorted(
            (
                *(CALL, SCRIPT, "到期前先打电话", "断网时写的想法"),
                *("Large-print statement with one phone number", "Said while one was away"),
            )
        )
        assert len(rooms.people(number)) == 3

        # Two votes each, and no third.
        leader.leads("Vote")
        lin.send("Half a sentence")
        for person in everybody:
            person.sees(".bd-vote")
            person.votes("Call before")
        chen.votes("到期前先打电话")
        ana.reads("Half a sentence")
        chen.page.locator(".bd-card").filter(has_text="Large-print").locator(".bd-vote").click()
        chen.page.locator(".bd-toast").wait_for()
        found = rooms.ideas(number).set_index("text")
        assert found["votes"].sum() == 4

        # What comes out of it.
        leader.leads("Decide")
        leader.decides(CALL, "label", 1, segment="Waiting for a call", segment_zh="等一个电话")
        leader.press("lang-zh")
        leader.page.wait_for_function("document.querySelector('.rm-steps .cur').innerText === '决定'")
        leader.decides(CALL, "hypothesis", 2, sentence="到期前打电话能留住客户")
        leader.page.locator(".wb .rm-close summary").click()
        leader.press("rm-close")
        for person in everybody:
            person.sees(".bd-board.is-closed")
            assert person.fits()
        assert "关闭" in chen.page.locator(".wb-board").inner_text()
        assert "closed" in lin.page.locator(".wb-board").inner_text()
        for person in (leader, *everybody):
            assert person.visit.attempts == []
    project = wb.open_project(leader.folder, role="viewer")
    labels = project.insight.segmentation().segments
    assert "等一个电话" in labels["segment_zh"].tolist()
    written = project.review.hypotheses.frame().set_index("sentence").loc["到期前打电话能留住客户"]
    assert (written["source"], written["segment"]) == ("room", "Waiting for a call")
    moves = rooms.moves(number)["action"].tolist()
    assert (moves.count("write"), moves.count("join")) == (7, 3)
    assert not re.search("Traceback", log.read_text())
