"""An artefact's files: how they are written and hashed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 1 << 20
# (path, time of change, bytes) -> SHA-256, so that a screen hashes a file once a process.
_hashes: dict[tuple[str, int, int], str] = {}


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, hex; remembered while the file stays as it is.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    """
    status = path.stat()
    key = (str(path), status.st_mtime_ns, status.st_size)
    known = _hashes.get(key)
    if known is None:
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        known = _hashes[key] = digest.hexdigest()
    return known


def canonical_json(value: Any) -> str:
    """Return JSON text that is the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    # numpy scalars and dates, without importing numpy.
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(files: Mapping[str, Mapping[str, Any]]) -> str:
    """Return one file's own hash; of several, the hash of the lines ``<sha256>  <name>``."""
    if len(files) == 1:
        return next(iter(files.values()))["sha256"]
    lines = [f"{stored['sha256']}  {name}\n" for name, stored in sorted(files.items())]
    return hash_text("".join(lines))


def write_files(
    folder: Path, tables: Mapping[str, pd.DataFrame], documents: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Write tables as Parquet and documents as JSON, and return what a manifest says of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    files: dict[str, dict[str, Any]] = {}
    for name, frame in tables.items():
        path = folder / f"{name}.parquet"
        table = pa.Table.from_pandas(frame, preserve_index=False)
        pq.write_table(table, path, compression="zstd", row_group_size=131_072)
        files[path.name] = {"sha256": hash_file(path), "rows": table.num_rows, "columns": table.num_columns}
    for name, document in documents.items():
        path = folder / f"{name}.json"
        path.write_text(canonical_json(document), encoding="utf-8")
        files[path.name] = {"sha256": hash_file(path)}
    return files


def versions_on_disk(home: Path) -> list[int]:
    """Return the numbers of the versions whose folders are there."""
    found = []
    for entry in home.glob("v*-*"):
        number = entry.name[1:].split("-")[0]
        if number.isdigit():
            found.append(int(number))
    return found


def sync(folder: Path) -> None:
    """Ask the disk to keep the files before the state speaks of them."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError:
            # Some network drives and Windows refuse to sync a file opened for reading.
            pass
        finally:
            os.close(descriptor)
