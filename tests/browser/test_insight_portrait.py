"""The journey to the portrait: an analyst finds a customer and previews a rule."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.browser

# As in JupyterLab: this page's kernel is not a published one for the section.
ANALYST = """import types
import workbench.ui.state.sections.portrait as portrait
portrait.request = types.SimpleNamespace(is_published=lambda: False)
import workbench as wb
wb.ui.insight(wb.open_project({folder!r}, role="analyst"))"""


def test_an_analyst_finds_a_customer_and_previews_a_rule(hall, visit, walked_folder, tmp_path):
    shutil.copytree(walked_folder, tmp_path / "bank")
    running = hall.write("analyst", "desk", ANALYST.format(folder=str(tmp_path / "bank")))
    opened = visit()
    page = opened.open(f"{running.address('desk')}&section=portrait", charts=2)
    page.locator("[data-key='portrait-typical']").click()
    page.wait_for_selector(".wb .p-who")
    assert "****" in page.locator(".wb .p-who b").inner_text()
    page.locator("[data-key='rule-dormant_days']").fill("90")
    page.locator("[data-key='rules-preview']").click()
    page.wait_for_selector("[data-key='rules-save']")
    page.locator("[data-key='rules-save']").click()
    page.wait_for_selector(".wb [data-key='portrait-build']")
    assert page.locator(".wb .note.error").count() == 0
    assert opened.faults == []
