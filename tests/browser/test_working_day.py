"""A working day: two agents call by script, refer, come to a quota's end and speak up; a manager watches."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest

import workbench as wb

pytestmark = pytest.mark.browser

ENGLISH = """title: Yearly review
step hello: Opening
  say: Good day {name}, your yearly {product} is due.
  must say [risk]: A product carries risk; its return is not guaranteed.
  answer: Yes, gladly -> done
  answer: Not now -> later
end done: reached, yes
end later: callback
"""
CHINESE = """标题：年度检视
步骤 开场：问候
  说：{姓名}您好，您的年度{产品}到期了。
  必读【风险】：产品有风险，收益不保证。
  回答：好的 -> 成功
  回答：不需要 -> 婉拒
结束 成功：已接通，是
结束 婉拒：拒绝，否
"""
OFFER = "wealth_review"
PHONE = {"width": 360, "height": 740, "is_mobile": True, "has_touch": True, "locale": "zh-CN"}
TELL = ".wb details.dk-more[data-key^=dk-tell-]"
"""What is painted last of a customer at hand."""
# Lists and their customers, by strategy.
LISTS = {"Lin": "S3", "陈": "S5"}


class Agent:
    """Somebody at the desk, with a page of their own."""

    def __init__(self, visit, address: str, name: str, **context) -> None:
        self.visit = visit(**context)
        self.page = self.visit.open(address)
        self.page.wait_for_selector(".wb .foot", timeout=60_000)
        self.page.locator("[data-key=dk-name]").fill(name)
        self.page.keyboard.press("Enter")
        self.page.locator("[data-key=dk-strategy]").select_option(LISTS[name])

    def key(self, letter: str, selector: str, text: str = "") -> None:
        """Press a key, and wait for what it brings."""
        self.page.keyboard.press(letter)
        self.sees(selector, text)

    def press(self, key: str, selector: str, text: str = "") -> None:
        """Press what is on the page, and wait for what it brings."""
        self.page.locator(f".wb [data-key={key}]").click()
        self.sees(selector, text)

    def opens(self, begin: str) -> None:
        """Open one of the forms that are folded up."""
        self.page.locator(f".wb [data-key^={begin}] > summary").first.click()

    def sees(self, selector: str, text: str = "") -> None:
        self.page.locator(f".wb {selector}", has_text=text).first.wait_for(timeout=20_000)

    def records(self) -> None:
        """Record by key, and wait until all of the page is about the next customer."""
        number = self.page.locator(TELL).get_attribute("data-key")
        self.page.keyboard.press("s")
        self.page.wait_for_function(
            "([one, before]) => document.querySelector(one).dataset.key !== before",
            arg=[TELL, number],
            timeout=20_000,
        )


def counted(folder: Path) -> Counter[str]:
    """Count the ends of calls by script, the referrals and the front line's words."""
    execution = wb.open_project(folder).execution
    found = Counter(execution.scripts.runs()["end"])
    found["sent"] = len(execution.referrals.outbox("Lin"))
    found["told"] = len(execution.feedback.notes())
    return found


def watched(page) -> tuple[int, str]:
    """Return the number of contacts and the rate of responses, as a manager reads them on the pace."""
    page.wait_for_selector(".wb .pc-table", timeout=60_000)
    made = re.search(r"(\d+) contacts", page.locator(".steps [aria-current]").inner_text())
    return int(made[1]), page.locator(".wb .kpi", has_text="Responses").locator(".v").inner_text()


def test_two_agents_work_a_day_and_a_manager_watches_it(publish_as, stage_folder, visit):
    folder = stage_folder("execution")
    execution = wb.open_project(folder).execution
    execution.scripts.save(LISTS["Lin"], ENGLISH)
    execution.scripts.save(LISTS["陈"], CHINESE)
    execution.quota.define(OFFER, 2, valid_from=dt.date(2026, 1, 1))
    tries, before = len(execution.contacts()), counted(folder)
    board = publish_as(folder, "viewer").address("execution", lang="en") + "&section=pace"
    desk = publish_as(folder, "contributor")
    manager = visit()
    morning, rate = watched(manager.open(board))
    assert manager.page.locator(".tabs [data-value=desk]").count() == 0

    # A call by keyboard alone: nothing goes on before the sentence that must be said.
    lin = Agent(visit, desk.address("execution", lang="en") + "&section=desk", "Lin")
    lin.page.locator(".wb h1").click()
    lin.key("n", ".dk-id")
    assert re.fullmatch(r"\d+\*+\d+", lin.page.locator(".wb .dk-id").inner_text())
    lin.sees(".dk-say", "your yearly wealth review is due.")
    assert lin.page.locator("[data-key=dk-answer-1]").get_attribute("aria-disabled") == "true"
    lin.key("1", ".dk-must")
    lin.key("m", ".dk-must.said")
    lin.key("1", "[data-key=dk-said-yes][aria-pressed=true]")
    assert lin.page.locator("input[name=booked]").input_value() == "1"
    lin.records()

    # The next one asks for somebody else, and finds the fee too high.
    lin.opens("dk-refer")
    lin.page.locator("[data-key=dk-kind]").select_option("branch_to_manager")
    lin.page.locator("[data-key=dk-unit]").fill("Branch 12")
    lin.press("dk-refer-send", ".note.done", "Branch 12")
    lin.opens("dk-tell-")
    lin.page.locator(".wb .dk-group > summary").first.click()
    lin.page.locator(".wb .dk-group[open] button").first.click()
    lin.sees(".note.done", "Thank")

    # A colleague on a phone, in Chinese, takes the last one of the quota.
    chen = Agent(visit, desk.address("execution", lang="zh_CN") + "&section=desk", "陈", **PHONE)
    assert "策略执行" in chen.page.locator(".steps [aria-current]").inner_text()
    chen.press("dk-next", ".dk-say", "您的年度")
    chen.press("dk-must-2", ".dk-must.said")
    chen.press("dk-answer-1", "[data-key=dk-said-yes][aria-pressed=true]")
    assert chen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    chen.press("dk-save", ".big")
    chen.sees(".dk-passed", "已用完")

    # Nothing is left of it: said as it is booked, and the customer is promised another call.
    lin.key("m", ".dk-must.said")
    lin.key("1", "[data-key=dk-said-yes][aria-pressed=true]")
    lin.key("s", ".note.error", "Nothing was booked")
    lin.key("Escape", "[data-key=dk-answer-2]")
    lin.key("2", "[data-key=dk-code-callback][aria-pressed=true]")
    lin.key("s", ".dk-passed", "used up")

    # The manager sees the pace change, and nobody's name or number.
    manager.page.reload()
    evening, later = watched(manager.page)
    assert evening == morning + 3 == tries + 3
    # Two more of some five hundred.
    assert later != rate
    assert "****" not in manager.page.content()
    for opened in (manager, lin.visit, chen.visit):
        assert opened.page.locator(".wb .note.error").count() == 0
        assert opened.attempts == []
        assert opened.faults == []
    execution = wb.open_project(folder, role="viewer").execution
    assert len(execution.contacts()) == tries + 3
    assert execution.quota.left(OFFER, execution.day()) == 0
    assert counted(folder) - before == Counter({"done": 1, "later": 1, "成功": 1, "sent": 1, "told": 1})
