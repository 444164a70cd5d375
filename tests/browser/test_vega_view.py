"""The chart view in a real page: drawn, updated, sized, and sent once."""

from __future__ import annotations

import itertools

import pytest

NUMBERS = itertools.count()
pytestmark = pytest.mark.browser

CHARTS = """
import json
import altair as alt
import numpy as np
import pandas as pd
import ipywidgets as widgets
from workbench.ui.vega import VegaView

random = np.random.default_rng(0)
n = 300
frame = pd.DataFrame({
    "x": np.linspace(0, 10, n),
    "y": random.normal(size=n),
    "segment": random.choice(["A", "B", "乐退"], n),
    "day": pd.Timestamp("2026-03-01") + pd.to_timedelta(np.arange(n), unit="D"),
})
word = widgets.Text(layout={"width": "600px"})
word.add_class("report")
ask = widgets.Text(continuous_update=False)
ask.add_class("ask")
stage = widgets.VBox()
runs = 0


def start():
    # four new charts on the stage
    global cloud, days, bars, parts, runs
    runs += 1
    brush = alt.selection_interval(name="brush", encodings=["x"])
    pick = alt.selection_point(name="pick", fields=["segment"])
    scale = alt.Scale(domain=[0, 10])
    cloud = VegaView(
        alt.Chart(frame, title="Three groups", height=200).mark_circle().encode(
            x=alt.X("x", scale=scale), y=alt.Y("y", scale=alt.Scale(domain=[-5, 5])),
            color="segment", tooltip=["segment", "x"],
        ).add_params(brush),
        selections=["brush"],
    )
    days = VegaView(alt.Chart(frame, height=100).mark_line().encode(x="month(day):O", y="mean(y)"))
    bars = VegaView(
        alt.Chart(frame, height=100, description=f"Rows by segment, run {runs}").mark_bar()
        .encode(x="count()", y="segment").add_params(pick),
        selections=["pick"],
    )
    part = alt.Chart(frame, width=90, height=60).mark_point().encode(x="x", y="y")
    parts = VegaView(part.facet("segment", columns=3))
    for each in (cloud, days, bars, parts):
        each.observe(report, ["selection", "marks", "error", "width"])
    stage.children = [cloud, widgets.HBox([days, bars]), parts]
    report()


def report(*_):
    word.value = json.dumps({
        "selection": [cloud.selection, bars.selection],
        "marks": [each.marks for each in (cloud, days, bars, parts)],
        "errors": [each.error for each in (cloud, days, bars, parts)],
        "widths": [each.width for each in (cloud, days, bars, parts)],
    })


def run(change):
    exec(change["new"].split("#")[0], globals())


ask.observe(run, "value")
start()
"""
PAGE = [CHARTS, "widgets.VBox([ask, word, stage])"]
MANY = [
    CHARTS,
    "widgets.VBox([VegaView(alt.Chart(frame, height=40).mark_tick().encode(x='x')) for _ in range(10)])",
]
WRONG = [
    CHARTS,
    """
wrong = VegaView(alt.Chart(frame).mark_point().encode(x="x").transform_calculate(z="datum.x +"))
pictures = frame.head(2).assign(u="http://192.0.2.1/a.png")
image = VegaView(alt.Chart(pictures).mark_image().encode(x="x", url="u"))
widgets.VBox([wrong, image])
""",
]


@pytest.fixture(scope="module")
def server(show):
    return show({"insight": PAGE, "strategy": MANY, "execution": WRONG})


@pytest.fixture(scope="module")
def opened(server, lasting_visit):
    made = lasting_visit()
    made.open(server.address("insight"), charts=4)
    return made


@pytest.fixture
def page(opened):
    opened.page.set_viewport_size({"width": 1440, "height": 1000})
    tell(opened.page, "start()")
    opened.runs = getattr(opened, "runs", 1) + 1
    opened.page.wait_for_selector(f"[aria-label='Rows by segment, run {opened.runs}'][data-marks]")
    opened.page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('.workbench-chart')];"
        "return all.length === 4 && all.every(each => each.dataset.marks) }"
    )
    yield opened
    assert opened.attempts == []
    assert opened.faults == []


def tell(page, code):
    """Run code in the page's kernel; the number makes the same code twice two changes."""
    field = page.locator(".ask input")
    field.fill(f"{code} #{next(NUMBERS)}")
    field.press("Enter")


def reported(page, condition):
    page.wait_for_function(
        "() => { const r = JSON.parse(document.querySelector('.report input').value || 'null');"
        f"return r && ({condition}); }}"
    )
    return page.evaluate("JSON.parse(document.querySelector('.report input').value)")


def test_charts_are_drawn_and_reported(page):
    assert page.marks() == [300, 10, 3, 300]
    told = reported(page.page, "r.marks.every(n => n > 0)")
    assert told["marks"] == page.marks()
    assert told["errors"] == ["", "", "", ""]
    labels = page.page.evaluate(
        "[...document.querySelectorAll('.workbench-chart')].map(each => each.getAttribute('aria-label'))"
    )
    assert labels[0] == "Three groups"
    assert labels[2].startswith("Rows by segment")


def test_months_of_days_without_a_zone_are_right_on_every_clock(server, visit):
    for zone in ("Asia/Shanghai", "America/Los_Angeles"):
        opened = visit(timezone_id=zone)
        opened.open(server.address("insight"), charts=4)
        # 300 days from 1 March end on Christmas Day: ten months, whatever the clock's zone.
        assert opened.marks()[1] == 10


def test_a_chart_fills_its_card_and_follows_it(page):
    widths = "[...document.querySelectorAll('.workbench-chart canvas')].map(each => each.clientWidth)"
    wide = page.page.evaluate(widths)
    assert wide[0] == pytest.approx(1440, abs=3)
    assert wide[1] == pytest.approx(720, abs=3)
    assert wide[3] == pytest.approx(1440, abs=3)
    page.page.set_viewport_size({"width": 700, "height": 900})
    page.page.wait_for_function(f"({widths}).every(width => width <= 700)")
    page.page.wait_for_function(f"({widths})[0] >= 695 && ({widths})[3] >= 695")
    narrow = page.page.evaluate(widths)
    assert narrow[0] == pytest.approx(700, abs=3)
    assert narrow[3] == pytest.approx(700, abs=3)


def picture(page, nth=0):
    return page.evaluate(f"document.querySelectorAll('.workbench-chart canvas')[{nth}].toDataURL()")


def wait_seq(page, seq, nth=0):
    page.wait_for_function(
        f"Number(document.querySelectorAll('.workbench-chart')[{nth}].dataset.seq) >= {seq}"
    )


def test_an_update_repaints_and_comes_back_to_the_same_picture(page):
    before = picture(page.page)
    tell(page.page, "cloud.update(y=frame['y'] + 1)")
    wait_seq(page.page, 1)
    moved = picture(page.page)
    assert moved != before
    tell(page.page, "cloud.update({'y': frame['y'].to_numpy()})")
    wait_seq(page.page, 2)
    assert picture(page.page) == before


def test_rows_come_and_go(page):
    tell(page.page, "cloud.replace(frame.head(50))")
    wait_seq(page.page, 1)
    assert page.marks()[0] == 50
    tell(page.page, "cloud.replace(pd.concat([frame, frame.assign(y=2)], ignore_index=True))")
    wait_seq(page.page, 2)
    assert page.marks()[0] == 600
    tell(page.page, "cloud.replace(frame.head(0))")
    wait_seq(page.page, 3)
    assert page.marks()[0] == 0
    tell(page.page, "cloud.replace(frame)")
    wait_seq(page.page, 4)
    assert page.marks()[0] == 300


def test_many_updates_end_at_the_last_one(page):
    tell(page.page, "cloud.update(y=frame['y'] / 2)")
    wait_seq(page.page, 1)
    wanted = picture(page.page)
    tell(page.page, "[cloud.update(y=frame['y'] * k) for k in range(30)] and cloud.update(y=frame['y'] / 2)")
    wait_seq(page.page, 32)
    assert picture(page.page) == wanted


def test_another_chart_takes_the_place(page):
    tell(page.page, "cloud.show(alt.Chart(frame, height=200).mark_bar().encode(x='segment', y='count()'))")
    wait_seq(page.page, 1)
    assert page.marks()[0] == 3
    assert page.page.locator(".workbench-chart").first.locator("canvas").count() == 1


def test_the_mode_changes_the_ground(page):
    corner = (
        "(() => { const c = document.querySelector('.workbench-chart canvas');"
        "return [...c.getContext('2d').getImageData(1, 1, 1, 1).data].slice(0, 3).join() })()"
    )
    assert page.page.evaluate(corner) == "255,255,255"
    tell(page.page, "cloud.mode = 'dark'")
    page.page.wait_for_function(f"{corner} === '23,30,38'")


def test_an_interval_comes_back_to_python_and_can_be_emptied(page):
    box = page.page.locator(".workbench-chart canvas").first.bounding_box()
    y = box["y"] + 100
    page.page.mouse.move(box["x"] + 300, y)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 600, y, steps=4)
    page.page.mouse.up()
    told = reported(page.page, "r.selection[0].brush && r.selection[0].brush.x")
    low, high = told["selection"][0]["brush"]["x"]
    assert 0 < low < high < 10
    full = picture(page.page)
    tell(page.page, "cloud.selection = {'brush': {}}")
    page.page.wait_for_function(
        "full => document.querySelector('.workbench-chart canvas').toDataURL() !== full", arg=full
    )


def test_a_point_comes_back_with_its_fields(page):
    box = page.page.locator(".workbench-chart canvas").nth(2).bounding_box()
    page.page.mouse.click(box["x"] + 120, box["y"] + 20)
    told = reported(page.page, "r.selection[1].pick && r.selection[1].pick.segment")
    assert told["selection"][1]["pick"] == {"segment": ["A"]}


def test_a_tooltip_is_text(page):
    tell(page.page, "cloud.replace(frame.assign(x=5, y=0, segment='<img src=x onerror=document.title=1>'))")
    wait_seq(page.page, 1)
    canvas = page.page.locator(".workbench-chart canvas").first.bounding_box()
    for dx, dy in itertools.product(range(640, 740, 3), range(110, 140, 3)):
        page.page.mouse.move(canvas["x"] + dx, canvas["y"] + dy)
        if page.page.locator(".workbench-tooltip:visible").count():
            break
    shown = page.page.locator(".workbench-tooltip")
    assert "<img src=x" in shown.inner_text()
    assert shown.locator("img").count() == 0


def test_ten_charts_bring_the_bundle_once_and_not_over_the_socket(server, visit):
    opened = visit()
    received, loaded = [], []
    opened.page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
    opened.page.on("response", lambda answer: "/vega-" in answer.url and loaded.append(answer.url))
    opened.open(server.address("strategy"), charts=10)
    assert len(loaded) == 1
    assert sum(received) < 300_000
    assert opened.marks() == [300] * 10


def test_a_chart_that_cannot_be_drawn_says_so_and_asks_nobody(server, visit):
    opened = visit()
    page = opened.open(server.address("execution"))
    page.wait_for_selector(".workbench-chart-error")
    assert "could not be drawn" in page.locator(".workbench-chart-error").first.inner_text()
    page.wait_for_timeout(500)
    assert opened.attempts == []
