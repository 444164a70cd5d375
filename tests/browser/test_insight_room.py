"""A facilitator leads a room on the screen while people take part, to a label and a hypothesis."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser

PEOPLE = (("Chen Wei", "head_office"), ("Lin Fang", "Branch 12"))
IDEAS = (
    (0, "Ring before a bond matures"),
    (1, "Ring when a bond matures"),
    (1, "<img src=x onerror=alert(1)><script>document.title = 'taken'</script>"),
    (0, "👵🏽 家里人一起来"),
    (1, "\u202eمرحبا بالعملاء\u202c"),
)


def _stage(page, name: str) -> None:
    """Go on to the next stage, and wait until the room is there."""
    page.locator(".wb [data-key=rm-next]").click()
    page.wait_for_function("name => document.querySelector('.rm-steps .cur').innerText === name", arg=name)


def test_a_room_is_led_to_a_label_and_a_hypothesis(desk):
    opened, folder = desk("room", ".wb [data-key=button-room-new]")
    page = opened.page
    page.on("dialog", lambda dialog: opened.faults.append(dialog.message))
    page.locator(".wb [data-key=button-room-new]").click()
    page.locator(".wb [data-key=rm-new-question]").fill("What would keep them?")
    page.locator(".wb [data-key=rm-new-segment]").select_option("Happy retirees")
    page.locator(".wb [data-key=rm-open]").click()
    page.wait_for_selector(".wb .rm-private")
    code = page.locator(".wb .rm-code").inner_text()
    # People join and write elsewhere; the screen hears of them by itself, and shows numbers alone.
    acts = wb.open_project(folder, role="analyst").store.room_acts
    tokens = [acts.join(code, *who)["token"] for who in PEOPLE]
    page.locator(".wb [data-key=button-room-new]").click()
    question = page.locator(".wb [data-key=rm-new-question]")
    question.fill("Half a quest")
    for number, (person, text) in enumerate(IDEAS):
        acts.act(tokens[person], f"w{number}", "write", {"text": text})
    page.wait_for_function("document.querySelector('.rm-private b').innerText === '5'", timeout=10_000)
    page.wait_for_function("document.querySelectorAll('.wb .rm-people li').length === 2")
    assert question.input_value() == "Half a quest"
    assert page.evaluate("document.activeElement.dataset.key") == "rm-new-question"
    assert IDEAS[0][1] not in page.content()
    page.locator(".wb [data-key=rm-cancel]").click()
    page.locator(".wb [data-key=rm-start]").click()
    page.wait_for_function("/^4:5\\d$/.test(document.querySelector('.rm-clock b').innerText)")
    _stage(page, "Reveal")
    page.wait_for_function("document.querySelectorAll('.a-rm-board .bd-pick').length === 5")
    assert IDEAS[2][1] in page.locator(".wb .a-rm-board").inner_text()
    assert page.locator(".wb .a-rm-board img").count() == 0
    _stage(page, "Group")
    page.locator(".wb [data-key=rm-propose]").click()
    page.wait_for_selector(".wb .rm-proposal", timeout=30_000)
    page.locator(".wb [data-key=rm-accept]").click()
    page.wait_for_function(
        "Number(document.querySelector('.wb .a-rm-chart .workbench-chart')?.dataset.marks) > 0"
    )
    _stage(page, "Vote")
    acts.act(tokens[1], "v", "vote", {"idea_id": acts.board(tokens[0])["ideas"][0]["idea_id"]})
    _stage(page, "Decide")
    page.locator(".wb .bd-pick input").first.check()
    page.locator(".wb [data-key=rm-kind-label]").click()
    page.locator(".wb [data-key=rm-f-segment]").fill("Wait for a call")
    page.locator(".wb [data-key=rm-decide]").click()
    page.wait_for_selector(".wb .note.done")
    # The rest in Chinese.
    page.locator(".wb [data-key=lang-zh]").click()
    page.wait_for_function("document.querySelector('.rm-steps .cur').innerText === '决定'")
    page.locator(".wb [data-key=rm-kind-hypothesis]").click()
    page.locator(".wb [data-key=rm-f-sentence]").fill("到期前打电话能留住客户")
    page.locator(".wb [data-key=rm-decide]").click()
    page.wait_for_function("document.querySelectorAll('.wb .rm-out li').length === 2")
    page.locator(".wb .rm-close summary").click()
    page.locator(".wb [data-key=rm-close]").click()
    page.wait_for_selector(".wb .rm-board")
    page.locator(".wb .a-rm-past input[type=range]").focus()
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelector('.rm-caption').innerText.startsWith('第 1 步')")
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    project = wb.open_project(folder, role="viewer")
    assert "Wait for a call" in set(project.insight.segmentation().segments["segment"])
    written = project.review.hypotheses.frame().set_index("sentence").loc["到期前打电话能留住客户"]
    assert (written["segment"], written["source"]) == ("Wait for a call", "room")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.attempts == []
    assert opened.faults == []
