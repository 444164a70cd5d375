"""Artefacts: immutable, hashed, whole or not there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from workbench.errors import Conflict, Damaged, MachineProblem, NotFound
from workbench.store import Store, content, open_store
from workbench.store import artefacts as module


def _frame(n: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": pd.Series([f"{i:010d}" for i in range(n)], dtype="str"),
            "balance": [float(i) for i in range(n)],
            "consent": pd.array([True, None, False][:n], dtype="boolean"),
            "opened_on": pd.to_datetime(["2020-01-01"] * n).astype("datetime64[us]"),
        }
    )


def test_what_is_read_is_what_was_stored(store: Store) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    pd.testing.assert_frame_equal(store.artefacts.read(artefact, "customers"), _frame())


def test_nobody_passes_over_a_version_they_have_not_read(store: Store) -> None:
    store.artefacts.save("playbooks", {}, parameters={"n": 1}, after=0)
    with pytest.raises(Conflict, match="version 1 of playbooks"):
        store.artefacts.save("playbooks", {}, parameters={"n": 2}, after=0)
    assert len(store.artefacts.versions("playbooks")) == 1
    store.artefacts.save("playbooks", {}, parameters={"n": 2}, after=1)
    assert not list((store.artefacts.folder / "playbooks").glob(".new-*"))


def test_only_the_wanted_columns_come_in_their_order(store: Store) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    wanted = store.artefacts.read(artefact, "customers", ["balance", "customer_id"])
    assert list(wanted.columns) == ["balance", "customer_id"]
    with pytest.raises(NotFound, match="mood"):
        store.artefacts.read(artefact, "customers", ["mood"])


def test_the_manifest_says_where_it_came_from(store: Store) -> None:
    artefact = store.artefacts.save(
        "portrait",
        {"customers": _frame()},
        cycle_id="2026 Q2",
        inputs=["raw:abc"],
        parameters={"k": 6},
        seed=7,
        summary={"n": 3},
    )
    folder = store.artefacts.folder / artefact.artefact_id
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert artefact.artefact_id == f"portrait/v0001-{artefact.sha256[:8]}"
    assert manifest["sha256"] == hashlib.sha256((folder / "customers.parquet").read_bytes()).hexdigest()
    assert manifest["inputs"] == ["raw:abc"]
    assert (manifest["parameters"], manifest["seed"], manifest["version"]) == ({"k": 6}, 7, 1)
    assert manifest["created_by"] == "lin"
    assert manifest["created_at"].startswith("2026-10-09T")
    assert manifest["code_version"]
    assert store.trail.edges() == [("raw:abc", artefact.artefact_id)]


def test_the_same_again_is_the_same_version(store: Store) -> None:
    first = store.artefacts.save("portrait", {"customers": _frame()}, inputs=["raw:a"], parameters={"k": 1})
    again = store.artefacts.save("portrait", {"customers": _frame()}, inputs=["raw:a"], parameters={"k": 1})
    assert again == first
    assert len(list((store.artefacts.folder / "portrait").iterdir())) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"tables": {"customers": _frame(2)}},
        {"inputs": ["raw:b"]},
        {"parameters": {"k": 2}},
        {"seed": 8},
        {"cycle_id": "2026 Q2"},
    ],
    ids=lambda value: next(iter(value)),
)
def test_any_difference_is_a_new_version(store: Store, other: dict) -> None:
    given: dict = {"tables": {"customers": _frame()}, "inputs": ["raw:a"], "parameters": {"k": 1}, "seed": 7}
    first = store.artefacts.save("portrait", **given)
    second = store.artefacts.save("portrait", **(given | other))
    assert (first.version, second.version) == (1, 2)


def test_what_was_replaced_comes_back_as_a_new_version(store: Store) -> None:
    one = store.artefacts.save("portrait", {"customers": _frame(1)}, cycle_id="2026 Q2")
    store.artefacts.save("portrait", {"customers": _frame(2)}, cycle_id="2026 Q2")
    back = store.artefacts.save("portrait", {"customers": _frame(1)}, cycle_id="2026 Q2")
    assert back.version == 3
    assert back.sha256 == one.sha256
    assert store.artefacts.latest("portrait", "2026 Q2") == back


def test_lists_stand_side_by_side(store: Store) -> None:
    one = store.artefacts.save("target_list", {"targets": _frame(1)}, side_by_side=True)
    two = store.artefacts.save("target_list", {"targets": _frame(2)}, side_by_side=True)
    assert store.artefacts.save("target_list", {"targets": _frame(1)}, side_by_side=True) == one
    assert two.version == 2


def test_one_changed_byte_is_damage(store: Store) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    store.artefacts.read(artefact, "customers")
    path = store.artefacts.folder / artefact.artefact_id / "customers.parquet"
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(Damaged, match="can't be trusted"):
        store.artefacts.read(artefact, "customers")


def test_a_missing_file_or_manifest_is_damage(store: Store) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    folder = store.artefacts.folder / artefact.artefact_id
    (folder / "customers.parquet").unlink()
    with pytest.raises(Damaged):
        store.artefacts.read(artefact, "customers")
    (folder / "manifest.json").unlink()
    with pytest.raises(Damaged, match="manifest"):
        store.artefacts.read(artefact, "customers")


def test_a_manifest_that_was_made_to_fit_is_damage(store: Store) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    folder = store.artefacts.folder / artefact.artefact_id
    _frame(2).to_parquet(folder / "customers.parquet")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    forged = hashlib.sha256((folder / "customers.parquet").read_bytes()).hexdigest()
    manifest["files"]["customers.parquet"]["sha256"] = manifest["sha256"] = forged
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(Damaged):
        store.artefacts.read(artefact, "customers")


def test_a_file_is_hashed_once_while_it_stays_as_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    store.artefacts.read(artefact, "customers")
    calls: list[object] = []
    real = hashlib.sha256
    monkeypatch.setattr(content.hashlib, "sha256", lambda *a: calls.append(a) or real(*a))
    store.artefacts.read(artefact, "customers")
    assert not calls


def test_a_failed_write_leaves_no_folder(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "sync", full)
    with pytest.raises(MachineProblem, match="No space left"):
        store.artefacts.save("portrait", {"customers": _frame()})
    assert list((store.artefacts.folder / "portrait").iterdir()) == []
    assert store.artefacts.latest("portrait") is None


def test_an_orphaned_folder_does_not_stop_the_next_version(store: Store) -> None:
    (store.artefacts.folder / "portrait" / "v0004-00000000").mkdir(parents=True)
    assert store.artefacts.save("portrait", {"customers": _frame()}).version == 5


def test_several_tables_and_documents_share_one_hash(store: Store) -> None:
    artefact = store.artefacts.save(
        "scores", {"a": _frame(1), "b": _frame(2)}, documents={"model": {"w": [0.1, 0.2]}}
    )
    assert store.artefacts.tables(artefact) == ["a", "b"]
    assert store.artefacts.document(artefact, "model") == {"w": [0.1, 0.2]}
    folder = store.artefacts.folder / artefact.artefact_id
    lines = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("a.parquet", "b.parquet", "model.json")
    )
    assert artefact.sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_what_does_not_exist_is_said(store: Store) -> None:
    with pytest.raises(NotFound, match="portrait/v9"):
        store.artefacts.find("portrait/v9")
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    with pytest.raises(NotFound, match="moods"):
        store.artefacts.read(artefact, "moods")


def test_the_same_frame_gives_the_same_bytes_elsewhere(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    one = store.artefacts.save("portrait", {"customers": _frame()})
    two = open_store(other).artefacts.save("portrait", {"customers": _frame()})
    assert one.sha256 == two.sha256


def test_a_table_read_again_is_its_readers_own(store: Store) -> None:
    artefact = store.artefacts.save("portrait", {"customers": _frame()})
    first = store.artefacts.read(artefact, "customers")
    first.loc[0, "balance"] = 99.0
    first["extra"] = 1
    pd.testing.assert_frame_equal(store.artefacts.read(artefact, "customers"), _frame())
    assert list(store.artefacts.read(artefact, "customers", ["balance"]).columns) == ["balance"]


def test_few_tables_are_kept_and_only_small_ones(tmp_path: Path) -> None:
    asked: list[str] = []

    def read(path: Path, _columns: object) -> pd.DataFrame:
        asked.append(path.name)
        return _frame()

    kept = module._SmallTables(most=2, largest=10)
    for name, size in (("a", 5), ("b", 5), ("c", 5), ("large", 11)):
        (tmp_path / name).write_bytes(b"x" * size)
    for name in ("a", "b", "b", "a", "c", "a", "b", "large", "large"):
        kept.read(tmp_path / name, None, read)
    assert asked == ["a", "b", "c", "b", "large", "large"]
    (tmp_path / "b").write_bytes(b"another")
    kept.read(tmp_path / "b", None, read)
    assert asked[-1] == "b"
