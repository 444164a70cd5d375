"""A participants' process: one page, one role, little memory, and nothing but the rooms' acts."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import os
import re
import stat
import subprocess
import sys

import httpx
import nbformat
import psutil
import pytest

import workbench as wb
from workbench.errors import NotAllowed, ParameterProblem
from workbench.project.room_page import FILE
from workbench.publish import Dashboards
from workbench.publish.config import configuration
from workbench.publish.launch import default_notebooks
from workbench.publish.notebooks import published_notebooks
from workbench.publish.nursery import PREPARED_ROOM
from workbench.publish.rooms import address_for, participants_page, room_address, token_file
from workbench.store import AREAS, open_store
from workbench.store.room_acts import RoomActs

SOUND = """
import os
import ipywidgets as widgets
import workbench as wb
said = [os.environ["WORKBENCH_ROLE"], os.environ.get("WORKBENCH_TOKEN", "no token")]
try:
    wb.open_project()
except wb.errors.NotAllowed:
    said.append("refused")
open("said.txt", "w").write(" ".join(said))
widgets.Label("here")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project, and beside it notebooks with a participants' page."""
    place = tmp_path_factory.mktemp("participants")
    project = wb.create_project(place / "bank")
    project.store.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    (place / "notebooks").mkdir()
    for name, source in (("room", SOUND), ("01_insight", "open('ran.txt', 'w').write('ran')")):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, place / "notebooks" / f"{name}.ipynb")
    return place / "bank"


@pytest.fixture(scope="module")
def page(folder):
    """A running process of participants, under a path of its own."""
    served = Dashboards(
        folder,
        role="participant",
        notebooks=folder.parent / "notebooks",
        preheat=False,
        log=folder.parent / "log.txt",
        public_address="http://127.0.0.1:1/rooms",
    )
    with served:
        yield served


@pytest.fixture
def client(page):
    with httpx.Client(base_url=f"http://127.0.0.1:{page.port}", trust_env=False, timeout=60) as made:
        made.get("/rooms/", params={"token": page.token})
        yield made


def test_the_process_serves_one_page_and_nothing_else(page, client):
    assert [each.path for each in page.notebooks] == ["room.ipynb"]
    assert httpx.get(f"http://127.0.0.1:{page.port}/rooms/", trust_env=False).status_code == 403
    way = client.get("/rooms/", params={"code": "048213"}, headers={"Accept-Language": "zh-CN"})
    assert (way.status_code, way.headers["location"]) == (
        302,
        "/rooms/voila/render/room.ipynb?code=048213&lang=zh",
    )
    for path in ("01_insight.ipynb", "index.ipynb"):
        assert client.get(f"/rooms/voila/render/{path}").status_code == 404
    assert not list(page.folder.glob("ran.txt"))


def test_its_kernel_has_the_role_and_reads_no_project(page, client, wait_for):
    answer = client.get("/rooms/voila/render/room.ipynb", params={"code": "048213"})
    kernel = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', answer.text, re.S)[1])[
        "kernelId"
    ]
    assert (page.folder / "said.txt").read_text() == "participant no token refused"
    assert "vega-" not in answer.text
    assert "stayConnected" in answer.text
    assert re.findall(r"https?://(?!127\.0\.0\.1)[^\s\"'<]+", answer.text) == []
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    alive = f"/rooms/workbench/kernel/{kernel}"
    assert client.get(alive).status_code == 204
    # A kernel that died is said to be gone, so that its page asks for another.
    for each in psutil.Process(page.pid).children(recursive=True):
        if not each.children():
            each.kill()
    assert wait_for(lambda: client.get(alive).status_code == 404)


def test_where_the_page_is_stands_in_the_projects_folder(page, folder):
    known = json.loads((folder / FILE).read_text())
    assert (
        participants_page(folder)
        == known["address"]
        == (f"http://127.0.0.1:1/rooms/voila/render/room.ipynb?token={page.token}")
    )
    assert known["pid"] == page.pid
    if os.name == "posix":
        for file in (folder / FILE, token_file(folder)):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # The same token the next time: a code on the wall stays good, and so does a phone's cookie.
    again = Dashboards(folder, role="participant", notebooks=page.folder)
    assert again.token == page.token
    assert Dashboards(folder, notebooks=page.folder).token != page.token
    assert address_for(known["address"], "048213", "en").endswith(f"?code=048213&lang=en&token={page.token}")


def test_the_cookie_outlives_a_phones_sleep(page):
    answer = httpx.get(f"http://127.0.0.1:{page.port}/rooms/?token={page.token}", trust_env=False)
    cookie = answer.headers["set-cookie"]
    assert "expires=" in cookie
    assert "HttpOnly" in cookie


def test_the_dashboards_do_not_serve_the_participants_page(folder):
    place = folder.parent / "notebooks"
    for role in ("viewer", "contributor", "analyst"):
        assert [each.path for each in published_notebooks(place, role)] == ["01_insight.ipynb"]
    config = configuration(
        place, published_notebooks(place, "participant"), preheat=True, connection_folder="/tmp/x"
    )
    denied = [re.compile(pattern) for pattern in config.VoilaKernelManager.preheat_denylist]
    heated = [f.name for f in place.glob("*.ipynb") if not any(each.match(str(f)) for each in denied)]
    assert heated == ["room.ipynb"]
    assert config.KernelManager.autorestart is False
    # Else every socket is closed at its first beat, though somebody looks.
    beats = config.Voila.tornado_settings
    assert beats["ws_ping_timeout"] > 2 * beats["ws_ping_interval"]


def test_a_folder_without_the_page_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ParameterProblem, match="no room"):
        Dashboards(tmp_path, role="participant", notebooks=tmp_path)
    # Somebody's own folder of notebooks is no reason not to find the page.
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_NOTEBOOKS", raising=False)
    assert (default_notebooks("participant") / "room.ipynb").is_file()
    assert default_notebooks() == tmp_path / "notebooks"


def test_every_network_is_named_by_this_machines_own_address():
    assert "0.0.0.0" not in room_address("", "0.0.0.0", 8867, "x")
    assert room_address("", "0.0.0.0", 8867, "x").endswith(":8867/voila/render/room.ipynb?token=x")


def test_a_participant_reaches_nothing_of_the_store_but_the_rooms_acts(folder):
    store = open_store(folder, role="participant")
    allowed, refused = set(), 0
    for area in AREAS:
        mine = next(each for each in vars(store).values() if type(each) is area)
        for name, method in inspect.getmembers(area, inspect.isfunction):
            if name.startswith("_"):
                continue
            if getattr(method, "minimum_role", None) == "participant":
                allowed.add((area, name))
                continue
            # Asked before anything else, so that what is missing in the call does not matter.
            with pytest.raises(NotAllowed):
                getattr(mine, name)()
            refused += 1
    assert allowed == {
        (RoomActs, name) for name in ("join", "act", "keep_draft", "be_here", "last_move", "board")
    }
    assert refused > 60
    with pytest.raises(NotAllowed):
        wb.open_project(folder, role="participant")


def test_what_is_prepared_for_participants_is_light():
    code = (
        "import sys; from workbench.publish import nursery; nursery._prepare();"
        f"missing = [m for m in {PREPARED_ROOM!r} if m not in sys.modules];"
        "heavy = [m for m in ('pandas', 'numpy', 'altair', 'duckdb') if m in sys.modules];"
        "print(nursery.threads(), missing, heavy)"
    )
    environment = {**os.environ, "WORKBENCH_ROLE": "participant"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "1 [] []", done.stderr
