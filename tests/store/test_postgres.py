"""What is PostgreSQL's own: how it is reached, what it says when it can't, who may do what there."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import workbench as wb
from workbench.cli.soundness import examine_project
from workbench.errors import MachineProblem, NotFound, ParameterProblem
from workbench.store import Store, engines, open_store, schema
from workbench.store.migrations import run as migrations
from workbench.store.roles import writes

SECRET = "s3cret-of-the-bank"
DAY = dt.date(2026, 6, 30)


@pytest.fixture
def bank(server_url: str, tmp_path: Path) -> Store:
    opened = open_store(tmp_path, url=server_url)
    opened.cycles.open("2026 Q2", DAY)
    return opened


def _room(store: Store) -> str:
    number = store.rooms.open("2026 Q2", segmentation="s", segment="", question="What would keep them?")
    return str(store.rooms.find(number)["code"])


def test_migrations_make_what_the_schema_says_and_go_back(postgres: Any, tmp_path: Path) -> None:
    url = postgres.url(postgres.new_database())
    failed: list[BaseException] = []

    def begin() -> None:
        try:
            open_store(tmp_path, url=url)
        except BaseException as problem:
            failed.append(problem)

    # Three may open a new project at once.
    threads = [threading.Thread(target=begin) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    store = open_store(tmp_path, url=url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with store.database.engine.begin() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]


def test_a_viewer_can_not_write_even_by_raw_sql(bank: Store) -> None:
    viewer = open_store(bank.cycles.project_folder, url=bank.database.url, role="viewer")
    statements = ("INSERT INTO lineage VALUES ('a', 'b')", "DROP TABLE cycles", "CREATE TABLE mine (a int)")
    for statement in statements:
        with (
            viewer.database.engine.connect() as connection,
            pytest.raises(sa.exc.InternalError, match="read-only transaction"),
        ):
            connection.exec_driver_sql(statement)


def test_an_account_may_be_held_to_its_role_by_the_server(bank: Store, postgres: Any) -> None:
    url, folder = bank.database.url, bank.cycles.project_folder
    code = _room(bank)
    postgres.run("CREATE ROLE reader LOGIN; CREATE ROLE writer LOGIN")
    try:
        postgres.run(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader, writer;"
            "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer;"
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO writer",
            url.database,
        )
        reader, writer = url.set(username="reader"), url.set(username="writer")
        viewer = open_store(folder, url=reader, role="viewer")
        assert [row["cycle_id"] for row in viewer.cycles.rows()] == ["2026 Q2"]
        # What keeps this account from writing is not the role in the project's own terms.
        with pytest.raises(MachineProblem, match=r"may not do this .*permission denied"):
            open_store(folder, url=reader).comments.add("insight", "x", None)
        acts = open_store(folder, url=writer, role="participant").room_acts
        acts.act(acts.join(code, "Lin", "Branch 12")["token"], "k", "write", {"text": "x"})
        open_store(folder, url=writer, role="contributor").comments.add("insight", "x", None)
        assert len(viewer.comments.frame(None, None)) == 1
    finally:
        postgres.run("DROP OWNED BY reader, writer; DROP ROLE reader, writer", url.database)


def test_what_is_read_in_steps_fits_together(bank: Store) -> None:
    other = open_store(bank.cycles.project_folder, url=bank.database.url)
    count = sa.select(sa.func.count()).select_from(schema.comments)
    with bank.database.reading() as connection:
        assert connection.execute(count).scalar() == 0
        other.comments.add("insight", "meanwhile", None)
        assert connection.execute(count).scalar() == 0
    assert len(bank.comments.frame(None, None)) == 1


def test_a_lock_that_is_never_freed_is_said(bank: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.05)
    with bank.database.engine.begin() as blocker:
        engines.wait_for_turn(blocker)
        with pytest.raises(MachineProblem, match="Nothing was saved") as caught:
            bank.comments.add("insight", "x", None)
    assert caught.value.key == "store.error.busy"
    bank.comments.add("insight", "afterwards", None)


class _Cut:
    """A writer whose connection is cut in the middle."""

    def __init__(self, database: Any) -> None:
        self.database = database

    @writes("analyst")
    def add(self, postgres: Any) -> None:
        with self.database.writing("comment.add") as change:
            row = {"stage": "insight", "text": "half", "author": "a", "written_at": change.at}
            change.execute(sa.insert(schema.comments).values(**row))
            number = change.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            postgres.run(f"SELECT pg_terminate_backend({number})")
            change.execute(sa.insert(schema.comments).values(**row))


def test_a_connection_that_is_lost_is_said_and_nothing_is_half_done(bank: Store, postgres: Any) -> None:
    with pytest.raises(MachineProblem, match=r"was lost .* look whether it is there") as caught:
        _Cut(bank.database).add(postgres)
    assert caught.value.key == "store.error.lost_server"
    assert bank.comments.frame(None, None).empty
    assert "comment.add" not in set(bank.trail.audit_log()["action"])


def test_a_server_that_stops_is_said_and_one_that_comes_back_goes_on(bank: Store, postgres: Any) -> None:
    acts = open_store(bank.cycles.project_folder, url=bank.database.url, role="participant").room_acts
    token = acts.join(_room(bank), "Lin", "Branch 12")["token"]
    before = acts.last_move(token)
    postgres.stop()
    try:
        for call in (lambda: acts.last_move(token), lambda: bank.cycles.rows()):
            with pytest.raises(MachineProblem, match=r"can't be reached .* Check that the server runs"):
                call()
    finally:
        postgres.start()
    # The connection that was kept open for the next question is made anew.
    assert acts.last_move(token) == before
    acts.act(token, "k", "write", {"text": "还在"})
    assert [idea["text"] for idea in acts.board(token)["ideas"]] == ["还在"]


def test_a_wrong_password_says_where_it_goes_and_is_not_repeated(
    bank: Store, postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(bank.database.url.database)
    right = postgres.url(name, by_network=True)
    wrong = right.replace(postgres.password, SECRET)
    folder = bank.cycles.project_folder
    without = engines.without_password(right)
    assert postgres.password not in without
    for url in (wrong, without):
        with pytest.raises(MachineProblem, match="PGPASSFILE") as caught:
            open_store(folder, url=url)
        assert SECRET not in caught.value.message("en") + caught.value.message("zh_CN")
        assert f"127.0.0.1:{postgres.port}/{name}" in str(caught.value)
    passwords = folder / "passwords"
    passwords.write_text(f"127.0.0.1:{postgres.port}:*:bank:{postgres.password}\n", encoding="utf-8")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    monkeypatch.setenv("PGUSER", "bank")
    for url in (without, without.replace("bank@", "")):
        assert len(open_store(folder, url=url).cycles.rows()) == 1


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://lin:{SECRET}@db/state",
        f"postgresql://lin:{SECRET}@db:port/state",
        f"lin:{SECRET}",
        "sqlite://",
        "",
    ],
)
def test_what_is_no_url_is_said_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ParameterProblem, match="no URL of SQLite or PostgreSQL") as caught:
        wb.create_project(tmp_path / "new", database=url or " ")
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "new" / "project.toml").exists()


def test_without_the_driver_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(MachineProblem, match=r'pip install "psycopg\[binary\]"'):
        open_store(tmp_path, url="postgresql://db.bank/state")


def test_a_database_that_can_not_hold_every_character_is_refused(postgres: Any, tmp_path: Path) -> None:
    postgres.run("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(MachineProblem, match="keeps its texts as LATIN1"):
        open_store(tmp_path, url=postgres.url("narrow"))


def test_what_is_too_long_is_a_sentence(bank: Store) -> None:
    with pytest.raises(ParameterProblem, match=r"value too long .* Nothing was saved"):
        bank.cycles.open("a name of a cycle that is much longer than forty characters", DAY)
    with pytest.raises(ParameterProblem, match="Nothing was saved"):
        bank.comments.add("insight", "a\0b", None)
    assert len(bank.cycles.rows()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this machine")
def test_a_fork_leaves_its_parents_connection_alone(bank: Store) -> None:
    token = bank.room_acts.join(_room(bank), "Lin", "Branch 12")["token"]
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from workbench.store import open_store\n"
        "folder, url, token = sys.argv[1:]\n"
        "acts = open_store(Path(folder), url=url, role='participant').room_acts\n"
        "acts.act(token, 'parent', 'write', {'text': 'before'})\n"
        "child = os.fork()\n"
        "acts.act(token, 'parent' * bool(child) or 'child', 'write', {'text': 'after'})\n"
        "number = acts.last_move(token)\n"
        "if not child: os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print(acts.last_move(token) - acts.act(token, 'last', 'write', {'text': 'end'})['move_id'])\n"
    )
    url = bank.database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(bank.cycles.project_folder), url, token],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("-1", "")


def test_a_project_lives_on_a_server(postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = wb.create_sample_bank(tmp_path / "raw", customers=200, months=12)
    url = postgres.url(postgres.new_database(), by_network=True)
    folder = tmp_path / "bank"
    made = wb.create_project(folder, "Bank", database=url)
    made.import_files(raw)
    assert not (folder / "state.sqlite").exists()
    # The password is neither in the folder, which is copied, nor in what a handle shows of itself.
    kept = (folder / "project.toml").read_text(encoding="utf-8")
    assert f"@127.0.0.1:{postgres.port}/" in kept
    assert postgres.password not in kept + repr(made) + repr(made.settings)
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    project = wb.open_project(folder)
    features = wb.build_features(project.customers())
    segmenter = wb.Segmenter(n_clusters=2, random_state=0).fit(features)
    project.insight.approve(segmenter, features)
    segment = str(project.insight.segmentation().segments["segment"].iloc[0])
    rooms = project.insight.rooms
    number = rooms.open("What would keep them?", segment)
    acts = open_store(folder, url=project.settings.database, role="participant").room_acts
    token = acts.join(rooms.one(number)["code"], "Lin", "Branch 12")["token"]
    idea = acts.act(token, "1", "write", {"text": "到期前先打电话"})["content"]["idea_id"]
    rooms.lead(number, "vote")
    acts.act(token, "2", "vote", {"idea_id": idea})
    rooms.lead(number, "decide")
    found = rooms.decide(number, "label", [idea], segment="Wait for a call", segment_zh="等一个电话")
    viewer = wb.open_project(folder, role="viewer")
    assert viewer.insight.segmentation().version == found["version"]
    assert viewer.insight.rooms.ideas(number)["votes"].tolist() == [1]
    assert viewer.insight.rooms.replay(number)["decisions"][0]["segment"] == "Wait for a call"
    checked = examine_project(folder, "en")
    assert sum(each.n for each in checked) > 1
    assert not any(each.damage for each in checked)
    with pytest.raises(ParameterProblem, match="already keeps the state"):
        wb.create_project(tmp_path / "second", database=url)
    # Another project has room in the same database, in a schema of its own.
    postgres.run("CREATE SCHEMA second", project.store.database.url.database)
    second = wb.create_project(tmp_path / "second", database=f"{url}?options=-csearch_path%3Dsecond")
    assert second.cycles() == []
    assert wb.open_project(tmp_path / "second").store.database.holds_state()


def test_a_viewer_of_an_empty_database_is_told_so(postgres: Any, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="An analyst must open the project once"):
        open_store(tmp_path, url=postgres.url(postgres.new_database()), role="viewer")
