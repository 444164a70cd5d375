"""What the journeys rest on: a page that asks another machine is refused, and found out."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.browser

ASK = "address => fetch(address, { mode: 'no-cors' }).then(() => 'answered', () => 'refused')"


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.example.test/chart.js",
        "http://192.0.2.7:8080/",
        "http://127.0.0.1.example.test/",
        "http://localhost.example.test/",
        "http://[2001:db8::1]/",
    ],
)
def test_a_request_to_another_machine_is_refused_and_kept(visit, address):
    opened = visit()
    opened.page.goto("about:blank")
    assert opened.page.evaluate(ASK, address) == "refused"
    assert opened.attempts == [address]


def test_this_machine_is_asked(visit, port):
    opened = visit()
    for host in ("127.0.0.1", "localhost"):
        assert opened.page.goto(f"http://{host}:{port}/").ok
    assert opened.attempts == []


@pytest.fixture
def port():
    """Return the port of a server that answers everything."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()
