"""The service for other systems, asked over HTTP on a free port."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import workbench as wb
from workbench.errors import MachineProblem, ParameterProblem
from workbench.publish.exchange import ExchangeServer

TOKEN = "a-token-that-nobody-else-has"


@pytest.fixture(scope="module")
def folder(walked_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("service") / "bank"
    shutil.copytree(walked_folder, place)
    return place


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[str]:
    """The service's address; it runs on a loop in a thread of its own."""
    server = ExchangeServer(folder, TOKEN, reason="nightly", most_bytes=20_000)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def begin() -> None:
        server.start()

    asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    yield server.address

    async def end() -> None:
        server.stop()

    asyncio.run_coroutine_threadsafe(end(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def caller(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield client


def lines(*rows: dict[str, str]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_a_crm_gets_leads_and_sends_back_what_came_of_them(caller: httpx.Client, folder: Path) -> None:
    about = caller.get("/").json()
    project = wb.open_project(folder)
    day = project.execution.day()
    work = project.execution.worklist()
    list_id = str(work.loc[work["status"].ne("done"), "list_id"].iloc[0])
    assert list_id in about["lists"]
    answer = caller.get(f"/leads/{list_id}")
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    leads = [json.loads(line) for line in answer.text.splitlines()]
    assert len(leads) == int(answer.headers["rows"]) > 1
    assert caller.get(f"/leads/{list_id}").headers["batch-id"] == answer.headers["batch-id"]
    log = project.execution.exchange.log()
    assert log["action"].tolist()[:2] == ["leads.export"] * 2
    assert log["facts"].iloc[0]["reason"] == "nightly"
    rows = [
        {"lead_id": leads[0]["lead_id"], "contacted_at": f"{day} 09:00", "responded": "yes", "amount": "900"},
        {"lead_id": "nobody", "contacted_at": f"{day} 09:00", "responded": "yes"},
    ]
    sent = {"content": lines(*rows), "headers": {"Idempotency-Key": "monday 1"}}
    first = caller.post("/outcomes", **sent)
    assert first.status_code == 200
    told = first.json()
    assert (told["rows_read"], told["loaded"], told["repeated"], told["quarantined"]) == (2, 1, 0, 1)
    assert (told["rows"][0]["line"], told["rows"][0]["cause"]) == (2, "unknown_lead")
    assert project.execution.outcomes()["amount"].iloc[-1] == 900
    # Sent again under its key, it is the same answer; without one, known rows are known.
    again = caller.post("/outcomes", **sent)
    assert again.json() == told
    assert again.headers["idempotent-replayed"] == "true"
    assert caller.post("/outcomes", content=lines(rows[0])).json()["repeated"] == 1
    other = caller.post("/outcomes", content=lines(rows[0]), headers=sent["headers"])
    assert other.status_code == 422
    assert "monday 1" in other.json()["detail"]
    roles = project.audit_log().tail(20)
    mine = roles[roles["who"].eq("exchange service")]
    assert set(mine["role"]) == {"contributor"}
    assert set(mine["action"]) == {"outcomes.import", "exchange.answer"}


def test_corrections_come_in_as_proposals(caller: httpx.Client, folder: Path) -> None:
    project = wb.open_project(folder)
    customer = str(project.table("customers")["customer_id"].iloc[3])
    before = project.execution.exchange.corrections.counts()["open"]
    row = {"customer_id": customer, "column": "branch", "new_value": "West street", "said_by": "lin"}
    text = f"customer_id,column,new_value,said_by\n{customer},branch,West street,lin\n"
    told = caller.post("/corrections", content=lines(row, {**row, "column": "colour"})).json()
    assert (told["loaded"], told["quarantined"]) == (1, 1)
    as_csv = caller.post("/corrections", content=text, headers={"Content-Type": "text/csv; charset=utf-8"})
    assert (as_csv.json()["loaded"], as_csv.json()["repeated"]) == (0, 1)
    assert project.execution.exchange.corrections.counts()["open"] == before + 1


@pytest.mark.parametrize(
    "method, path, options, status",
    [
        ("GET", "/leads/none", {}, 404),
        ("GET", "/nowhere", {}, 404),
        ("PUT", "/outcomes", {"content": "{}"}, 405),
        ("POST", "/outcomes", {"content": "{}", "headers": {"Content-Type": "image/png"}}, 415),
        ("POST", "/outcomes", {"content": "[1]\n"}, 422),
        ("POST", "/outcomes", {"content": "{}", "headers": {"Idempotency-Key": "k" * 99}}, 422),
        ("GET", "/", {"headers": {"Authorization": "Bearer guessed"}}, 401),
        ("POST", "/outcomes", {"content": "{}", "headers": {"Authorization": ""}}, 401),
        ("POST", "/outcomes", {"content": "x" * 20_001}, 413),
    ],
)
def test_a_problem_is_told_in_plain_sentences(caller, method, path, options, status) -> None:
    for lang, pattern in (("en", r"[A-Z].+\."), ("zh-CN", r".*[\u4e00-\u9fff].*")):
        headers = {"Accept-Language": lang, **options.get("headers", {})}
        answer = caller.request(method, path, **{**options, "headers": headers})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("application/problem+json")
        problem = answer.json()
        assert problem["status"] == status
        assert re.fullmatch(pattern, problem["detail"], re.S)


def test_it_is_not_started_without_a_token_or_a_reason(folder: Path, service: str) -> None:
    with pytest.raises(ParameterProblem):
        ExchangeServer(folder, " ", reason="nightly")
    with pytest.raises(ParameterProblem):
        ExchangeServer(folder, TOKEN, reason="")
    with pytest.raises(MachineProblem, match="another port"):
        ExchangeServer(folder, TOKEN, reason="nightly", port=int(service.rpartition(":")[2]))
