"""`workbench run`: notebooks with their results, and pages that stand alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.headless import _execute, prepare
from workbench.cli.page import notebook_page
from workbench.errors import WorkbenchError


def notebook(*sources: str) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def written(path: Path, *sources: str) -> Path:
    path.write_text(json.dumps(notebook(*sources)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("p = wb.open_project()", 'p = wb.open_project(cycle="2026 Q2")'),
        ('p = wb.open_project("demo_bank")', 'p = wb.open_project("demo_bank", cycle="2026 Q2")'),
        ('p = wb.open_project(cycle="2025 Q1")', 'p = wb.open_project(cycle="2025 Q1")'),
        ("p = wb.other()", "p = wb.other()"),
    ],
)
def test_the_cycle_is_written_where_the_project_is_opened(source: str, expected: str) -> None:
    assert prepare(notebook(source), "2026 Q2")["cells"][1]["source"] == expected


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    source = written(
        folder / "source.ipynb",
        "import altair as alt, pandas as pd\n"
        'frame = pd.DataFrame({"a": ["x</script><b>", "y"], "b": [1, 2]})\n'
        'alt.Chart(frame).mark_bar().encode(x="a", y="b")',
        "import ipywidgets\nipywidgets.IntSlider()",
        'pd.DataFrame({"<i>": ["<script>alert(1)</script>"]})',
    )
    result = _execute(source, folder / "result.ipynb", "2026 Q2")
    return notebook_page(result, title="trial", lang="zh_CN")


def test_the_page_asks_for_nothing(page: str) -> None:
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    assert not re.search(r"""(?:src|href)=["']?(?!data:|#)[^\s"'>]""", markup)
    assert not re.search(r"<script[^>]+src=", page)
    assert not re.search(r"@import|cdnjs|unpkg|jsdelivr", page)
    assert not re.search(r"url\(\s*['\"]?(?!data:|#)[a-z]", page)


def test_the_page_carries_its_charts(page: str) -> None:
    (specification,) = re.findall(
        r'<div class="workbench-chart"><script type="application/json">(.*?)</script>', page
    )
    assert json.loads(specification)["mark"]["type"] == "bar"
    assert "x</script>" not in specification
    assert page.count('<script type="module">') == 1


def test_the_page_says_where_a_screen_is(page: str) -> None:
    assert "请在 JupyterLab 或看板中查看" in page
    assert "keep_charts" not in page


def test_text_from_data_stays_text(page: str) -> None:
    assert "<script>alert(1)" not in page


@pytest.mark.browser
def test_the_page_draws_its_charts(page: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    from workbench.machine import find_browser

    found = find_browser()
    if found is None:
        pytest.skip("no Chromium, Chrome or Edge")
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found), args=["--no-sandbox"])
        tab = browser.new_page()
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector(".workbench-chart svg .mark-rect path")
        assert tab.locator(".workbench-chart svg .mark-rect path").count() == 2
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        browser.close()


def test_two_runs_at_once_keep_to_themselves(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.cli.headless import _execute; "
        "_execute(Path(sys.argv[1]), Path(sys.argv[2]), '2026 Q2')"
    )
    runs = []
    for number in range(2):
        # Each waits for the other's sign, so that both kernels live at the same time.
        mine, other = (tmp_path / f"seen{each}" for each in (number, 1 - number))
        source = written(
            tmp_path / f"source{number}.ipynb",
            "import pathlib, time\n"
            f"pathlib.Path({str(mine)!r}).touch()\n"
            "until = time.monotonic() + 60\n"
            f"while not pathlib.Path({str(other)!r}).exists():\n"
            "    assert time.monotonic() < until\n"
            "    time.sleep(0.1)\n"
            f"print('run {number}')",
        )
        arguments = [sys.executable, "-c", code, str(source), str(tmp_path / f"out{number}.ipynb")]
        runs.append(subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True))
    for number, run in enumerate(runs):
        _, said = run.communicate(timeout=150)
        assert run.returncode == 0, said
        assert f"run {number}" in (tmp_path / f"out{number}.ipynb").read_text(encoding="utf-8")


def test_a_cell_that_fails_is_named_and_what_was_done_is_kept(tmp_path: Path) -> None:
    source = written(tmp_path / "02_strategy.ipynb", "print('first')", "1 / 0")
    target = tmp_path / "out.ipynb"
    with pytest.raises(WorkbenchError, match=r"02_strategy\.ipynb, cell 2: ZeroDivisionError"):
        _execute(source, target, "2026 Q2")
    assert "first" in target.read_text(encoding="utf-8")
