"""The pieces of the publishing room that need no server."""

from __future__ import annotations

import pytest

from workbench.errors import NotFound, ParameterProblem
from workbench.publish import Dashboards, query
from workbench.publish.config import FAILED_CELL, configuration, transport
from workbench.publish.notebooks import notebook_of, published_notebooks
from workbench.publish.roles import kernel_environment
from workbench.publish.tokens import Token, new_token, split_query


@pytest.fixture
def folder(tmp_path):
    for name in ("04_review", "01_insight", "notes", "index", "02_strategy", "03_execution", "cases/01_case"):
        file = tmp_path / f"{name}.ipynb"
        file.parent.mkdir(exist_ok=True)
        file.write_text("{}")
    return tmp_path


def test_notebooks_come_in_the_order_of_the_loop(folder):
    notebooks = published_notebooks(folder)
    assert [each.stage for each in notebooks] == ["insight", "strategy", "execution", "review", None]
    assert [each.title("zh_CN") for each in notebooks][3:] == ["经营回检", "notes"]
    assert notebook_of("review", notebooks).path == "04_review.ipynb"
    with pytest.raises(NotFound, match="Published here: insight, strategy"):
        notebook_of("cases/01_case", notebooks)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ParameterProblem, match="holds no notebook"):
        published_notebooks(tmp_path)


def test_only_the_stages_are_preheated_and_nothing_is_open(folder):
    notebooks = published_notebooks(folder)
    config = configuration(folder, notebooks, preheat=True, connection_folder="/tmp/x")
    import re

    denied = [re.compile(pattern) for pattern in config.VoilaKernelManager.preheat_denylist]
    heated = [
        file.name for file in folder.rglob("*.ipynb") if not any(each.match(str(file)) for each in denied)
    ]
    assert sorted(heated) == [
        "01_insight.ipynb",
        "02_strategy.ipynb",
        "03_execution.ipynb",
        "04_review.ipynb",
    ]
    assert config.VoilaConfiguration.file_allowlist == []
    assert config.VoilaConfiguration.allow_template_override == "NO"
    assert config.VoilaConfiguration.progressive_rendering is False
    assert config.MappingKernelManager.cull_idle_timeout > 0
    assert config.VoilaExecutor.cell_error_instruction == FAILED_CELL
    words = config.VoilaConfiguration.resources["workbench"]["words"]
    assert "{reference}" in words["zh_CN"]["failed_remedy"]


def test_kernels_talk_through_files_only_where_the_path_is_short():
    assert transport("/tmp/wb_12345678") == "ipc"
    assert transport("/var/folders/" + "x" * 60) == "tcp"


def test_the_address_carries_what_was_asked_and_the_token(folder):
    dashboards = Dashboards("my_bank", notebooks=folder, token="se+cret", port=8866)
    assert dashboards.address() == "http://127.0.0.1:8866/?token=se%2Bcret"
    address = dashboards.address("strategy", lang="zh_CN", theme="dark", cycle="2026 Q3")
    assert address == (
        "http://127.0.0.1:8866/voila/render/02_strategy.ipynb?lang=zh&theme=dark&cycle=2026+Q3&token=se%2Bcret"
    )


def test_an_unknown_role_is_refused(folder):
    with pytest.raises(ParameterProblem, match='no role "admin"'):
        Dashboards("my_bank", role="admin", notebooks=folder)
    with pytest.raises(ParameterProblem):
        kernel_environment("root", "x", {})


def test_threads_are_limited_unless_the_environment_decides():
    assert kernel_environment("viewer", "x", {})["OMP_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" not in kernel_environment("viewer", "x", {"OMP_NUM_THREADS": "4"})


def test_a_cookie_is_good_for_its_token_and_port_only():
    token = Token("secret", 8866)
    cookie = f"{token.cookie_name}={token.cookie_value}"
    assert token.in_cookies(["other=1; " + cookie])
    assert not Token("secret", 8867).in_cookies([cookie])
    assert not Token("Secret", 8866).in_cookies([cookie])
    assert not token.in_cookies(["workbench-8866", "workbench-8866=", "\x00=\x00", ""])
    assert not token.matches("sécret\udce9")
    assert new_token() != new_token()


def test_the_token_is_taken_out_of_a_query():
    assert split_query("a=1&token=x&b=&token=y") == ("x", "a=1&b=")
    assert split_query("") == ("", "")


def test_outside_a_dashboard_nothing_is_asked(monkeypatch):
    monkeypatch.delenv("WORKBENCH_PUBLISHED", raising=False)
    assert query() == {}


def test_inside_a_dashboard_only_known_values_come_through(monkeypatch):
    monkeypatch.setenv("WORKBENCH_PUBLISHED", "1")
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    monkeypatch.setenv("QUERY_STRING", "lang=zh&theme=%3Cscript%3E&cycle=2026+Q3&evil=1")
    assert query() == {"lang": "zh_CN", "cycle": "2026 Q3"}
    monkeypatch.setenv("QUERY_STRING", "theme=dark")
    assert query() == {"theme": "dark"}
