"""The strategy screen as a view: what is drawn, pressed and sent."""

from __future__ import annotations

import time

import pytest

import workbench as wb
from workbench.ui import strategy
from workbench.ui.screens.strategy import StrategyScreen
from workbench.ui.state.strategy import StrategyState
from workbench.ui.vega import VegaView

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def screen(walked):
    return StrategyScreen(StrategyState(walked))


def markup(screen) -> str:
    return "".join(panel.html for panel in vars(screen).values() if hasattr(panel, "html"))


def hide_charts(monkeypatch):
    sent = []
    monkeypatch.setattr(VegaView, "send_state", lambda _, key=None: sent.append(("state", key)))
    monkeypatch.setattr(
        VegaView, "send", lambda _, content, __=None: sent.append(("update", content["table"]))
    )
    return sent


def test_the_function_returns_a_widget_that_keeps_its_screen(walked):
    widget = strategy(walked, lang="zh_CN", mode="dark")
    assert widget.workbench_screen.state.lang == "zh_CN"
    assert widget.workbench_screen.rank.mode == "dark"


def test_a_slider_sends_rows_and_no_specification(screen, monkeypatch):
    sent = hide_charts(monkeypatch)
    sliders, cards = screen.sliders.html, screen.cards.html
    screen.sliders.press("weight-cost", "0.9")
    assert [kind for kind, _ in sent] == ["update"] * len(sent)
    assert ("update", "ranking") in sent
    # What a person holds is not drawn again under their hand.
    assert screen.sliders.html == sliders
    assert screen.cards.html == cards
    assert '"cost": 0.9' in screen.weight_hint.html.replace("&#34;", '"')
    assert 'data-action="reset"' in screen.channels.html
    screen.places.press("places", "50")
    assert ("update", "gates") in sent
    assert "project.strategy.select(capacity=50)" in screen.trace_head.html
    screen.channels.press("reset")
    assert screen.sliders.html != sliders
    assert 'data-action="reset"' not in screen.channels.html


def test_a_slider_is_answered_at_once(screen):
    took = []
    for step in range(6):
        begin = time.process_time()
        screen.sliders.press("weight-balances", str(step / 10))
        took.append(time.process_time() - begin)
    assert sorted(took)[3] < 0.1


def test_a_cell_is_pressed_and_its_strategy_read(screen):
    cell = next(
        cell
        for row in screen.state.tables.map_rows()
        for cell in row["cells"]
        if not cell["hidden"] and cell["ids"]
    )
    screen.map.press("cell", cell["key"])
    assert 'class="drill"' in screen.map.html
    assert "****" in screen.map.html
    screen.map.press("choose", cell["ids"][0])
    assert screen.state.chosen == cell["ids"][0]
    assert f"project.strategy.card(&#39;{cell['ids'][0]}&#39;)" in screen.detail.html


def test_a_card_is_edited_in_its_form(screen):
    screen.detail.press("edit")
    assert 'data-action="save-card"' in screen.detail.html
    form = screen.state.editor.form()
    fields = {name: str(value) for name, value in form.items() if not isinstance(value, list)}
    screen.detail.press("save-card", "", {**fields, "name": HOSTILE})
    assert screen.state.project.strategy.card(screen.state.chosen)["name"] == HOSTILE
    assert "&lt;img src=x" in screen.detail.html
    assert "<img" not in markup(screen)
    screen.detail.press("edit")
    screen.detail.press("save-card", "", {**fields, "name": "", "row_version": ""})
    assert screen.state.banner.key == "strategy.card.bad_text"


def test_a_conflict_shows_both_values(screen):
    screen.detail.press("edit")
    state = screen.state
    form = state.editor.form()
    fields = {name: str(value) for name, value in form.items() if not isinstance(value, list)}
    theirs = state.project.strategy.card(state.chosen)
    state.project.strategy.save_card({**theirs, "owner": HOSTILE}, int(theirs["row_version"]))
    screen.detail.press("save-card", "", {**fields, "owner": "Me"})
    assert 'data-action="overwrite"' in screen.detail.html
    assert "&lt;img src=x" in screen.detail.html
    screen.detail.press("keep")
    assert 'data-action="overwrite"' not in screen.detail.html
    assert state.project.strategy.card(state.chosen)["owner"] == HOSTILE


def test_a_segment_s_name_is_text_on_the_page(walked):
    segmentation = walked.insight.segmentation()
    cluster = int(segmentation.segments["cluster"].iloc[0])
    walked.insight.relabel(cluster, HOSTILE, segment_zh=HOSTILE)
    screen = StrategyScreen(StrategyState(walked))
    for lang in ("en", "zh_CN"):
        screen.state.lang = lang
        assert "<img" not in markup(screen)
        assert "&lt;img src=x" in screen.map.html
    assert screen.notes.html.count('data-action="redo"') == 1


def test_a_viewer_gets_no_button_that_writes(viewed):
    screen = StrategyScreen(StrategyState(viewed))
    shown = markup(screen)
    for action in ("launch", "approve", "redo", "edit", "save-card", "seed"):
        assert f'data-action="{action}"' not in shown
    assert 'class="py"' not in shown
    # A page can still send the press: nothing comes of it.
    screen.detail.press("edit")
    assert 'data-action="save-card"' not in screen.detail.html


def test_the_language_changes_every_card(screen):
    screen.state.choose_language("zh_CN")
    for panel in (screen.map, screen.rank_head, screen.gates_head, screen.cards, screen.lists, screen.model):
        assert any("一" <= letter <= "鿿" for letter in panel.html)


def test_a_bank_that_knows_little_is_drawn_from_nothing_to_a_plan(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    rows = [f"{i},P,{25 + i % 50},{1000 * (i % 7) + 400 * (i % 50)}" for i in range(1, 301)]
    (folder / "people.csv").write_text("\n".join(["id,type,age,balance", *rows]), encoding="utf-8")
    (folder / "mapping.toml").write_text(
        '[[file]]\npattern = "people.csv"\ntable = "customers"\n[file.columns]\n'
        'customer_id = { from = "id", pad = 6 }\nage = "age"\n'
        'kind = { from = "type", codes = { P = "retail" } }\n'
        'balance_total = { from = "balance", type = "number" }\n',
        encoding="utf-8",
    )
    project = wb.create_project(tmp_path / "plain")
    project.import_files(folder, snapshot_date="2026-09-30")
    screen = StrategyScreen(StrategyState(project))
    assert screen.grid.children[0].layout.display == "none"
    features = wb.build_features(project.customers())
    project.insight.approve(wb.Segmenter(n_clusters=2).fit(features), features, labels={0: "Young", 1: "Old"})
    screen.state.reload()
    assert screen.state.t("strategy.nothing.ranking") in screen.rank_head.html
    assert screen.state.t("strategy.nothing.cards") in screen.cards.html
    screen.title.press("approve")
    assert screen.state.jobs.wait()
    assert screen.rank.frame("ranking")["label"].str.startswith("1  ").iloc[0]
    screen.title.press("launch")
    assert screen.state.jobs.wait()
    assert screen.state.banner.key == "strategy.done.lists"
    assert "sha256" not in screen.lists.html
    assert project.strategy.lists()["sha256"].iloc[0][:8] in screen.lists.html
    assert screen.state.t("strategy.stage.unknown") in screen.map.html
