"""The journey of large lists: an analyst asks, a second person approves, the lists are launched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cycle with a plan and without lists, where more than 20 customers take two people."""
    place = tmp_path_factory.mktemp("launch") / "bank"
    shutil.copytree(walked_folder, place)
    settings = place / "project.toml"
    settings.write_text(settings.read_text("utf-8").replace("four_eyes = 1000", "four_eyes = 20"), "utf-8")
    project = wb.open_project(place)
    following = project.open_cycle("Spring", "2026-09-30")
    customers = following.customers()
    features = wb.build_features(customers)
    following.insight.approve(wb.Segmenter(n_clusters=4).fit(features), features)
    members = following.insight.segmentation().membership
    drafts = wb.suggest_strategies(customers, members, starts_on="2026-10-12", control_share=0.25)
    following.strategy.save(drafts.head(3).assign(contact_policy=""))
    following.strategy.approve()
    return place


def show(folder: Path, before: str, given: str = "") -> str:
    """Return a page of the strategy."""
    opened = f"project = wb.open_project({str(folder)!r}{given})"
    return f"import workbench as wb\n{before}\n{opened}\nwb.ui.strategy(project)"


def test_two_people_launch_what_one_may_not(folder, visit, hall):
    at_desk = "from workbench.ui import request\nrequest.is_published = lambda: False"
    desk = hall.write("viewer", "desk", show(folder, at_desk, ", role='analyst', who='lin'"))
    asking = visit()
    page = asking.open(desk.address("desk", lang="en"), charts=1)
    page.locator(".wb .tabs [data-value=launch]").click()
    page.wait_for_selector(".wb [data-key=la-ask]", timeout=60_000)
    page.fill(".wb [data-key=la-ask-note]", "Spring <campaign>")
    page.click(".wb [data-key=la-ask]")
    page.wait_for_selector(".wb [data-key=la-look]")
    assert page.locator(".wb [data-key=la-approve]").count() == 0

    as_wang = "import os\nos.environ['WORKBENCH_USER'] = 'wang'"
    board = hall.write("contributor", "shown_strategy", show(folder, as_wang))
    deciding = visit(width=390, height=800)
    other = deciding.open(board.address("shown_strategy", lang="en") + "&section=launch")
    other.wait_for_selector(".wb [data-key=la-approve]", timeout=60_000)
    assert "Spring <campaign>" in other.locator(".wb .la-note").inner_text()
    assert other.locator(".wb [data-key=la-export]").count() == 0
    other.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    other.click("[data-key=lang-zh]")
    other.wait_for_function("document.querySelector('.wb h1').innerText.includes('等待另一人批准')")
    other.fill(".wb [data-key=la-note]", "已看公平性")
    other.click(".wb [data-key=la-approve]")
    other.wait_for_function("document.querySelector('.wb h1').innerText.includes('已获批准')")
    assert deciding.attempts == deciding.faults == []

    page.click(".wb [data-key=la-look]")
    page.wait_for_selector(".wb [data-key=button-launch-approved]")
    page.click(".wb [data-key=button-launch-approved]")
    page.wait_for_function(
        "document.querySelector('.wb h1').innerText.includes('approved by a second person')"
    )
    assert page.locator(".wb .la-steps li").count() == 3
    page.click(".wb [data-key=la-export]")
    page.wait_for_selector(".wb .a-la-files p .la-hash")
    assert list((folder / "exports").glob("*masked*.csv"))
    assert page.locator(".wb .note.error").count() == 0
    assert asking.attempts == asking.faults == []
    rows = wb.open_project(folder, role="viewer").strategy.launch_requests()
    assert rows[["status", "requested_by", "decided_by"]].values.tolist() == [["launched", "lin", "wang"]]
