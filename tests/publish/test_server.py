"""What the published process answers, to whom, and what it never does."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid

import httpx
import psutil
import pytest
import websocket

from workbench.errors import MachineProblem
from workbench.publish import Dashboards

PATHS = (
    "/",
    "/voila/render/01_insight.ipynb",
    "/voila/static/voila.js",
    "/voila/files/secret.png",
    "/voila/tree/",
    "/voila/labextensions/anywidget/package.json",
    "/voila/templates/workbench/static/x.js",
    "/voila/api/contents/",
    "/voila/query/00000000-0000-0000-0000-000000000000",
    "/kernel/wrong/voila/query/00000000-0000-0000-0000-000000000000",
    "/api/kernels",
    "/api/kernels/00000000-0000-0000-0000-000000000000",
    "/api/kernels/00000000-0000-0000-0000-000000000000/channels",
    "/workbench/status",
    "/static/x",
    "/login",
    "/nothing",
)


def base(dashboards):
    return f"http://127.0.0.1:{dashboards.port}"


@pytest.fixture
def client(published):
    with httpx.Client(base_url=base(published), trust_env=False, timeout=60) as made:
        made.get(published.address().removeprefix(base(published)))
        yield made


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"params": {"token": "wrong"}},
        {"headers": {"Cookie": "workbench-{port}=wrong"}},
        {"headers": {"Authorization": "token wrong"}},
    ],
    ids=["nothing", "wrong token", "wrong cookie", "wrong header"],
)
def test_nothing_is_answered_without_the_token(published, path, shown):
    shown = json.loads(json.dumps(shown).replace("{port}", str(published.port)))
    answer = httpx.get(base(published) + path, trust_env=False, **shown)
    assert answer.status_code == 403
    assert "secret" not in answer.text
    assert "token" in answer.text


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_no_method_gets_round_the_token(published, method):
    assert httpx.request(method, base(published) + "/", trust_env=False).status_code == 403


def test_a_socket_needs_the_token_too(published):
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(
            f"ws://127.0.0.1:{published.port}/api/kernels/{uuid.uuid4()}/channels", timeout=10
        )


def test_the_token_is_changed_for_a_cookie_and_leaves_the_address(published):
    with httpx.Client(base_url=base(published), trust_env=False) as client:
        answer = client.get(f"/?lang=zh&token={published.token}")
        cookie = answer.headers["set-cookie"]
        assert f"workbench-{published.port}=" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert published.token not in cookie
        assert published.token not in answer.text
        assert 'content="0;url=/?lang=zh"' in answer.text
        assert client.get("/").status_code == 200


def test_the_way_on_stays_on_this_server_and_is_escaped(published):
    token = published.token
    for path in ("//evil.test/", "/%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):
        answer = httpx.get(f"{base(published)}{path}?token={token}&a=%22%3E%3Cscript%3E", trust_env=False)
        target = re.search(r'content="0;url=([^"]*)"', answer.text).group(1)
        assert target.startswith("/")
        assert not target.startswith("//")
        assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/voila/files/secret.png",
        "/voila/tree/",
        "/voila/api/contents/",
        "/login",
        "/voila/static/../../app.py",
        "/voila/static/%2e%2e/%2e%2e/app.py",
        "/voila/render/cases/01_case.ipynb",
        "/voila/render/04_review.ipynb",
        "/voila/templates/lab/static/index.css",
    ],
)
def test_what_a_dashboard_does_not_need_is_not_there(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_the_index_has_four_cards_in_the_order_of_the_loop(client):
    page = client.get("/").text
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Insight", "Strategy", "Execution", "Review"]
    assert page.count("Not published here") == 1
    assert "/voila/render/01_insight.ipynb?lang=en&amp;theme=light" in page
    assert "01_case" not in page
    zh = client.get("/?lang=zh&theme=dark").text
    assert re.findall(r"<h2>(.*?)</h2>", zh) == ["客户洞察", "策略制定", "策略执行", "经营回检"]
    assert '<html lang="zh-CN" data-theme="dark">' in zh
    assert "Accept-Language" not in zh


def test_every_page_forbids_other_hosts_to_the_browser(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


INJECTIONS = [
    '"><script>alert(1)</script>',
    "dark'><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "custom",
]


@pytest.mark.parametrize("path", ["/", "/voila/render/03_execution.ipynb"])
def test_nothing_of_the_address_is_reflected(client, path):
    page = client.get(
        path, params=[("theme", each) for each in INJECTIONS] + [("template", "lab"), ("lang", INJECTIONS[0])]
    )
    assert page.status_code == 200
    for each in INJECTIONS[:3]:
        assert each not in page.text
    assert "onerror" not in page.text.replace('onerror"', "")
    assert "cdn" not in page.text.lower().replace("cdnjs.cloudflare.com/ajax/libs/mathjax", "")


def test_hidden_cells_are_neither_shown_nor_run(client, published):
    page = client.get("/voila/render/03_execution.ipynb").text
    assert "ran.txt" not in page
    assert not (published.folder / "ran.txt").exists()


def test_a_page_names_no_other_host(client):
    page = client.get("/voila/render/03_execution.ipynb").text
    assert re.findall(r"https?://(?!127\.0\.0\.1)[^\s\"'<]+", page) == []


def test_a_failing_notebook_says_what_to_do_and_shows_no_trace(client):
    page = client.get("/voila/render/02_strategy.ipynb").text
    assert 'workbenchPage.notice("failed"' in page
    assert "13812341234" not in page
    assert "RuntimeError" not in page
    assert "Traceback" not in page


def test_static_files_are_packed_and_kept(client):
    answer = client.get("/voila/static/voila.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "max-age" in answer.headers["cache-control"]
    again = client.get("/voila/static/voila.js", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    plain = client.get("/voila/static/voila.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == answer.text


class Kernel:
    """A page's kernel, spoken to as a hostile page would."""

    def __init__(self, published, client):
        self.page = client.get("/voila/render/01_insight.ipynb", params={"lang": "zh", "theme": "dark"}).text
        config = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', self.page, re.S).group(1)
        self.id = json.loads(config)["kernelId"]
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self.socket = websocket.create_connection(
            f"ws://127.0.0.1:{published.port}/api/kernels/{self.id}/channels?session_id=a",
            cookie=cookie,
            timeout=20,
        )

    def say(self, kind, content, channel="shell", **metadata):
        message = uuid.uuid4().hex
        header = {
            "msg_id": message,
            "msg_type": kind,
            "username": "",
            "session": "a",
            "version": "5.3",
            "date": "",
        }
        self.socket.send(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": metadata,
                    "content": content,
                    "channel": channel,
                }
            )
        )
        return message

    def answers(self, message, wanted):
        while True:
            got = self.socket.recv()
            got = json.loads(got) if isinstance(got, str) else _unpack(got)
            if got["parent_header"].get("msg_id") == message and got["header"]["msg_type"] == wanted:
                return got

    def ping(self):
        return self.answers(self.say("kernel_info_request", {}), "kernel_info_reply")


def _unpack(frame):
    count = int.from_bytes(frame[:4], "big")
    ends = [int.from_bytes(frame[4 * (i + 1) : 4 * (i + 2)], "big") for i in range(count)]
    return json.loads(frame[ends[0] : ends[1] if count > 1 else None])


@pytest.fixture
def kernel(published, client):
    made = Kernel(published, client)
    yield made
    made.socket.close()
    client.post(f"/voila/api/shutdown/{made.id}")


def test_a_viewer_runs_no_code(kernel, published):
    trace = published.folder / "pwned.txt"
    code = f"open({str(trace)!r}, 'w').write('x')"
    for channel in ("shell", "control"):
        for kind, content in (
            ("execute_request", {"code": code, "silent": False, "store_history": False,
                                 "user_expressions": {"a": code}, "allow_stdin": False}),
            ("complete_request", {"code": code, "cursor_pos": 3}),
            ("inspect_request", {"code": code, "cursor_pos": 3, "detail_level": 0}),
            ("debug_request", {"command": "evaluate", "arguments": {"expression": code}}),
            ("history_request", {"hist_access_type": "tail", "n": 5, "output": True, "raw": True}),
        ):  # fmt: skip
            kernel.say(kind, content, channel)
    assert kernel.ping()["content"]["status"] == "ok"
    assert not trace.exists()


def test_a_viewer_who_sets_traits_breaks_nothing(kernel):
    listed = kernel.answers(
        kernel.say("comm_info_request", {"target_name": "jupyter.widget"}), "comm_info_reply"
    )
    comms = listed["content"]["comms"]
    assert comms
    for comm in comms:
        for state in ({"value": 99}, {"_model_module": "x"}, {"layout": 1}, {"no": {"such": 1}}, {"_esm": 1}):
            kernel.say("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": state}})
        kernel.say("comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": {"type": 1}}})
    assert kernel.ping()["content"]["status"] == "ok"


def test_the_address_reaches_the_kernel_and_the_token_does_not(kernel):
    models = json.dumps(_states(kernel))
    assert "asked {'lang': 'zh_CN', 'theme': 'dark'}" in models
    assert "contributor no token" in models


def _states(kernel):
    comm = uuid.uuid4().hex
    message = kernel.say(
        "comm_open",
        {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}, "target_module": None},
        version="1.0.0",
    )
    kernel.answers(message, "status")
    return kernel.answers(
        kernel.say("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}}), "comm_msg"
    )["content"]["data"]["states"]


def test_a_farewell_ends_the_kernel_and_other_sites_cannot_say_it(published, client, kernel, wait_for):
    other = client.post(f"/voila/api/shutdown/{kernel.id}", headers={"Origin": "http://evil.test"})
    assert other.status_code == 403
    assert client.get(f"/workbench/kernel/{kernel.id}").status_code == 204
    assert client.delete(f"/api/kernels/{kernel.id}").status_code in (403, 405)
    assert (
        client.post(f"/voila/api/shutdown/{kernel.id}", headers={"Origin": base(published)}).status_code
        == 204
    )
    assert client.get(f"/workbench/kernel/{kernel.id}").status_code == 404
    assert client.post(f"/voila/api/shutdown/{kernel.id}").status_code == 204


def test_a_viewer_who_leaves_early_leaves_no_kernel(published, client, wait_for):
    before = published.status()["kernels"]
    with client.stream("GET", "/voila/render/01_insight.ipynb") as answer:
        started = any(published.status()["kernels"] > before for _ in answer.iter_bytes())
        assert started
    # Kernels that other tests left may end meanwhile, so there may be fewer.
    assert wait_for(lambda: published.status()["kernels"] <= before, 60)


def test_a_taken_port_is_said_in_a_sentence(published, tmp_path):
    with pytest.raises(MachineProblem, match=f"Port {published.port} is already used"):
        Dashboards(tmp_path, port=published.port, notebooks=published.folder).start()


def test_stopping_ends_every_kernel(published, tmp_path, wait_for):
    second = Dashboards(tmp_path, notebooks=published.folder, log=tmp_path / "log.txt", preheat=True)
    second.start()
    try:
        assert wait_for(lambda: len(psutil.Process(second.pid).children(recursive=True)) >= 3, 60)
        kernels = psutil.Process(second.pid).children(recursive=True)
    finally:
        second.stop()
    assert second.pid is None
    _, alive = psutil.wait_procs(kernels, timeout=10)
    assert alive == []
    second.stop()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a kill that can't be caught")
def test_the_process_does_not_outlive_the_one_that_started_it(published, tmp_path, wait_for):
    code = (
        "import sys, time; from workbench.publish import Dashboards;"
        f"d = Dashboards({str(tmp_path)!r}, notebooks={str(published.folder)!r}, preheat=False);"
        "d.start(); print(d.pid, flush=True); time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(starter.stdout.readline())
    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()
    starter.stdout.close()
    assert wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie", 30)


def test_the_server_listens_on_this_machine_only(published):
    with socket.socket() as other:
        other.settimeout(2)
        assert other.connect_ex((socket.gethostbyname(socket.gethostname()), published.port)) != 0 or (
            socket.gethostbyname(socket.gethostname()).startswith("127.")
        )
