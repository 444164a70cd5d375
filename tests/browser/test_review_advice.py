"""Rules of the review: a threshold tried out, a mistake in the text said as one types, the text saved."""

from __future__ import annotations

import pytest

import workbench as wb

pytestmark = pytest.mark.browser


def test_an_analyst_tries_thresholds_and_saves_the_rules(review_desk):
    opened, folder = review_desk("advice", ".wb table.ra-rules")
    page = opened.page
    page.wait_for_function(
        "[...document.querySelectorAll('.wb .a-ra-chart .workbench-chart')]"
        ".some(c => Number(c.dataset.marks) > 0)"
    )
    # A threshold is moved, and nothing is stored.
    slider = page.locator(".wb [data-key=ra-t-min_expected_count]")
    slider.fill("0")
    page.locator(".wb [data-key=ra-t-alpha]").fill("0.25")
    page.wait_for_selector(".wb [data-key=ra-reset]")
    page.wait_for_function("/would change/.test(document.querySelector('.wb .a-ra-what').innerText)")
    advice = wb.open_project(folder, role="viewer").review.advice
    assert not advice.path.exists()
    # Another strategy's evidence opens in place.
    chip = page.locator(".wb .ra-chip[aria-pressed=false]").first
    name = chip.inner_text().strip()
    chip.click()
    page.wait_for_function(
        "name => document.querySelector('.wb .a-ra-side h2').innerText.includes(name)", arg=name
    )
    # A mistake is said while one types, with its line, and can't be saved.
    page.locator(".wb [data-key=ra-take]").click()
    field = page.locator(".wb [data-key=ra-text]")
    field.wait_for()
    text = field.input_value()
    assert "min_expected_count = 0" in text
    field.fill(text.replace('threshold = "alarm"', 'threshold = "alrm"'))
    page.wait_for_function(
        "/rule R9: there is no threshold alrm/.test(document.querySelector('.wb .a-ra-editor').innerText)"
    )
    page.locator(".wb [data-key=ra-save]").click()
    page.wait_for_selector(".wb .wb-message .note.error")
    assert not advice.path.exists()
    # In Chinese and narrow, the same text is mended and saved.
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".wb [data-action=lang]").last.click()
    page.wait_for_function("document.querySelector('.wb .a-ra-editor h2').innerText.includes('规则文本')")
    page.wait_for_function("/R9/.test(document.querySelector('.wb .a-ra-editor .note.error').innerText)")
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    assert "alrm" in page.locator(".wb [data-key=ra-text]").input_value()
    page.locator(".wb [data-key=ra-text]").fill(text)
    page.wait_for_function("/文本可以保存/.test(document.querySelector('.wb .a-ra-editor').innerText)")
    page.locator(".wb [data-key=ra-note]").fill("小名单")
    page.locator(".wb [data-key=ra-save]").click()
    page.wait_for_selector(".wb .note.done")
    assert advice.rules().thresholds["min_expected_count"] == 0
    assert advice.rule_versions()["note"].iloc[-1] == "小名单"
    assert opened.faults == []
