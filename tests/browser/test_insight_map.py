"""The picture in a real page: drawn around by mouse, finger and keys, and every chart follows."""

from __future__ import annotations

import shutil

import pytest

import workbench as wb

pytestmark = pytest.mark.browser

ANALYST = [
    # A page of JupyterLab: what is published has no forms.
    "import os\nos.environ.pop('WORKBENCH_PUBLISHED', None)",
    "import workbench as wb",
]
CHIP = "[data-key=clear]"


def drag(page, *places: tuple[float, float]) -> None:
    """Drag over the picture, places in shares of its width and height."""
    box = page.locator(".workbench-lasso").bounding_box()
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=3)
    page.mouse.up()


def wait_for_panel(page, words: str) -> None:
    """Wait until the side panel's heading says something: it is painted after the picture."""
    page.wait_for_function(
        "words => document.querySelector('.a-side h2')?.innerText.includes(words)", arg=words, timeout=60_000
    )


def strokes(page) -> int:
    """Number of pixels that the lasso has drawn."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector(".workbench-lasso");
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          let n = 0;
          for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1;
          return n;
        }"""
    )


def test_an_analyst_draws_around_and_makes_a_segment(hall, visit, walked_folder, tmp_path):
    shutil.copytree(walked_folder, tmp_path / "bank")
    cell = f"wb.ui.insight(wb.open_project({str(tmp_path / 'bank')!r}, role='analyst'))"
    running = hall.write("analyst", "desk", *ANALYST, cell)
    opened = visit()
    page = opened.open(running.address("desk"), charts=4)
    page.wait_for_function("document.querySelector('.workbench-lasso').width > 300")
    assert strokes(page) == 0
    drag(page, (0.2, 0.2), (0.75, 0.2), (0.75, 0.8), (0.2, 0.8), (0.2, 0.3))
    page.wait_for_selector(CHIP)
    assert strokes(page) > 200
    wait_for_panel(page, "customers drawn around")
    # Keys: Escape clears, Enter begins a rectangle, arrows move and size it.
    page.keyboard.press("Escape")
    page.wait_for_selector(CHIP, state="detached")
    assert strokes(page) == 0
    page.locator(".workbench-lasso").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_selector(CHIP)
    wait_for_panel(page, "customers drawn around")
    page.locator("details[data-key='split-off'] summary").click()
    page.fill("[data-key=off-en]", "<b>Middle</b>")
    page.fill("[data-key=off-zh]", "中间")
    page.locator("[data-key=do-split-off]").click()
    page.wait_for_selector(".wb .note.done", timeout=60_000)
    wait_for_panel(page, "<b>Middle</b>")
    made = wb.open_project(tmp_path / "bank").insight.segmentation()
    assert "<b>Middle</b>" in set(made.segments["segment"])
    page.locator("[data-key=undo]").click()
    page.wait_for_function("!document.querySelector('.a-heat').innerText.includes('Middle')")
    assert opened.attempts == []
    assert opened.faults == []


def test_a_manager_draws_with_a_finger_in_chinese(board, visit):
    opened = visit(width=360, height=800, has_touch=True, is_mobile=True)
    page = opened.open(board.address("insight", lang="zh_CN"), charts=1)
    lasso = page.locator(".workbench-lasso")
    lasso.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.workbench-lasso').width > 200")
    assert lasso.evaluate("each => each.style.touchAction") == "auto"
    page.locator("[data-key=lasso]").tap()
    page.wait_for_function("document.querySelector('.workbench-lasso').style.touchAction === 'none'")
    touch = """
      (lasso) => {
        const box = lasso.getBoundingClientRect();
        const places = [[.1, .1], [.5, .1], [.9, .1], [.9, .5], [.9, .9], [.5, .9], [.1, .9], [.1, .5]];
        const send = (type, [x, y]) => lasso.dispatchEvent(new PointerEvent(type, {
          pointerId: 1, pointerType: "touch", isPrimary: true, bubbles: true, cancelable: true,
          clientX: box.left + box.width * x, clientY: box.top + box.height * y,
        }));
        lasso.setPointerCapture = () => {};
        send("pointerdown", places[0]);
        for (const place of places) send("pointermove", place);
        send("pointerup", places[0]);
      }
    """
    lasso.evaluate(touch)
    page.wait_for_selector(CHIP)
    wait_for_panel(page, "已圈选约")
    assert page.locator(".a-side form[data-action]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.attempts == []
    assert opened.faults == []
