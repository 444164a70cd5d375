"""The door to the disk: writes the sample bank's raw files and reads its truth."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import NotFound, ParameterProblem
from workbench.sample_bank import crm_export, written
from workbench.sample_bank.balances import month_ends
from workbench.sample_bank.blocks import Block, draw_block
from workbench.sample_bank.campaigns import play
from workbench.sample_bank.core_export import export_customers, export_holdings, export_transactions
from workbench.sample_bank.effects import plant_effects
from workbench.sample_bank.happenings import EVENTS
from workbench.sample_bank.links import draw_links
from workbench.sample_bank.population import draw_population
from workbench.sample_bank.seeds import BLOCK, generator
from workbench.sample_bank.structure import RETAIL, SEGMENTS, STAGES

PART = 100_000
"""Customers whose rows share one file in a bank that is written in parts."""
EXCEL_LIMIT = 200_000
"""Customers beyond which the CRM writes CSV: a sheet has no more than 1,048,576 rows."""
FEWEST, MOST = 200, 5_000_000
_APP_CODES = {"app_login": "A01", "salary": "A02", "large_inflow": "A03", "birthday": "A04"}
_BRANCH_CODES = {"branch_visit": 1, "maturity": 2}
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)


def create_sample_bank(
    folder: str | Path,
    customers: int = 20_000,
    months: int = 24,
    random_state: int = 7,
    last_day: str = "2026-09-30",
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Write a synthetic bank's raw files, as they would come from its systems.

    The same arguments give the same bytes. Beside the raw files, ``truth/`` holds what
    was planted; no other room reads it. What is in which file is in LAYOUT.md.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to write; made if absent. It must be empty.
    customers : int, default=20_000
        How many, from 200 to 5,000,000; one in twenty is a company.
    months : int, default=24
        Month ends of history, from 12 to 60.
    random_state : int, default=7
        Seed of everything.
    last_day : str, default="2026-09-30"
        The last day, the end of a month.
    progress : callable, optional
        Called with the share done, from 0 to 1.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    ParameterProblem
        If a number is out of range, the day is not a month's last, or the folder holds
        files already.

    Examples
    --------
    >>> import tempfile
    >>> folder = create_sample_bank(tempfile.mkdtemp(), customers=200, months=12)
    >>> sorted(path.name for path in folder.iterdir() if path.is_dir())
    ['campaigns', 'core_banking', 'crm', 'events', 'surveys', 'truth']
    """
    target = Path(folder)
    day = _checked(target, customers, months, last_day)
    population = draw_population(customers, day, generator(random_state, "population"))
    links = draw_links(population, generator(random_state, "links"))
    effects = plant_effects()
    ends = month_ends(day, months)
    writer = _Writer(target, customers)
    industry = []
    count = -(-customers // BLOCK)
    for number in range(count):
        rows = population.iloc[number * BLOCK : (number + 1) * BLOCK]
        block = draw_block(rows, effects, ends, day, random_state, number)
        industry.append(block.people["industry"].set_axis(block.population["number"]))
        _write_block(writer, block, ends, day, random_state, number)
        if progress is not None:
            progress((number + 0.5) / (count + 0.5))
    mess_rng = generator(random_state, "mess", count)
    writer.csv("crm/company_links.csv", crm_export.export_links(links, pd.concat(industry), mess_rng))
    writer.close()
    _write_truth(writer, effects, links)
    _copy_mapping(target)
    _write_manifest(writer, customers, months, random_state, last_day, population)
    if progress is not None:
        progress(1.0)
    return target


def _checked(target: Path, customers: int, months: int, last_day: str) -> np.datetime64:
    if not FEWEST <= customers <= MOST:
        raise ParameterProblem("sample_bank.error.customers", n=customers, low=FEWEST, high=MOST)
    if not 12 <= months <= 60:
        raise ParameterProblem("sample_bank.error.months", n=months)
    try:
        day = np.datetime64(dt.date.fromisoformat(last_day))
    except (TypeError, ValueError):
        raise ParameterProblem("sample_bank.error.last_day", value=last_day) from None
    if (day + 1).astype("datetime64[M]") == day.astype("datetime64[M]"):
        raise ParameterProblem("sample_bank.error.last_day", value=last_day)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ParameterProblem("sample_bank.error.folder", folder=str(target))
    return day


class _Writer:
    """Open files of a bank in the making, their rows and their mess."""

    def __init__(self, folder: Path, customers: int) -> None:
        self.folder = folder
        self.in_parts = customers > PART
        self.in_excel = customers <= EXCEL_LIMIT
        self.rows: Counter[str] = Counter()
        self.mess: dict[str, Counter[str]] = {}
        self.truth: list[pa.Table] = []
        self.sheet: list[pd.DataFrame] = []
        self._parquet: dict[str, pq.ParquetWriter] = {}

    def part(self, name: str, block: int) -> str:
        """Return the file's name, numbered where the bank is written in parts."""
        if not self.in_parts:
            return name
        stem, dot, kind = name.rpartition(".")
        return f"{stem}-{block * BLOCK // PART + 1:03d}{dot}{kind}"

    def csv(
        self, name: str, export: tuple[dict[str, pa.Array], dict[str, int]], code: str = "utf-8-sig"
    ) -> None:
        """Append rows to a file, the header first in a new one."""
        columns, mess = export
        path = self.folder / name
        new = name not in self.rows
        path.parent.mkdir(parents=True, exist_ok=True)
        body = written.lines(columns)
        head = ",".join(columns) + "\r\n"
        with path.open("wb" if new else "ab") as file:
            if new:
                file.write(head.encode(code))
            file.write(body if code.startswith("utf") else body.decode("utf-8").encode(code))
        self.count(name, len(next(iter(columns.values()))), mess)

    def parquet(self, name: str, table: pa.Table, mess: dict[str, int]) -> None:
        """Append a row group to a file."""
        if name not in self._parquet:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._parquet[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._parquet[name].write_table(table)
        self.count(name, table.num_rows, mess)

    def count(self, name: str, rows: int, mess: dict[str, int]) -> None:
        """Remember how many rows and how much mess a file has."""
        self.rows[name] += rows
        self.mess.setdefault(name, Counter()).update(mess)

    def close(self) -> None:
        """Finish all files."""
        for file in self._parquet.values():
            file.close()
        if self.sheet:
            _write_excel(self.folder / "crm/customers.xlsx", pd.concat(self.sheet, ignore_index=True))


def _write_block(
    writer: _Writer, block: Block, ends: np.ndarray, day: np.datetime64, random_state: int, number: int
) -> None:
    rng = generator(random_state, "mess", number)
    name = writer.part
    writer.csv(
        name("core_banking/customers.csv", number), export_customers(block.population, block.people, day, rng)
    )
    writer.csv(name("core_banking/holdings.csv", number), export_holdings(block.balances.holdings, ends, rng))
    writer.csv(
        name("core_banking/transactions.csv", number), export_transactions(block.transactions, number, rng)
    )
    frame, mess = crm_export.export_crm(block.population, block.people, day, rng)
    if writer.in_excel:
        writer.sheet.append(frame)
        writer.count("crm/customers.xlsx", len(frame), mess)
    else:
        columns = {str(column): written.texts(frame[column].to_numpy()) for column in frame}
        writer.csv(name("crm/customers.csv", number), (columns, mess))
    for file, codes in (
        ("events/app_events.parquet", _APP_CODES),
        ("events/branch_events.parquet", _BRANCH_CODES),
    ):
        table, mess = _events_table(block.events, codes, rng)
        writer.parquet(name(file, number), table, mess)
    writer.csv("campaigns/campaign_history.csv", crm_export.export_history(block.history, rng), "gb18030")
    writer.csv("surveys/feedback.csv", crm_export.export_surveys(block.surveys, rng), "utf-8")
    writer.truth.append(_truth_table(block))


def _events_table(
    events: pd.DataFrame, codes: dict[str, Any], rng: np.random.Generator
) -> tuple[pa.Table, dict[str, int]]:
    """Return the rows of one log; 0.3% of them twice."""
    kinds = [EVENTS.index(event) for event in codes]
    rows = events[events["type"].isin(kinds)]
    again = np.flatnonzero(rng.random(len(rows)) < 0.003)
    rows = pd.concat([rows, rows.iloc[again]], ignore_index=True)
    words = {EVENTS.index(event): code for event, code in codes.items()}
    text = isinstance(next(iter(codes.values())), str)
    code = rows["type"].map(words)
    amount = rows["amount"].to_numpy()
    table = pa.table(
        {
            "cust_id": pa.array(rows["number"].to_numpy(), pa.int64()),
            "event_ts": pa.array(rows["occurred_at"].to_numpy().astype("datetime64[ms]")),
            "event_code": pa.array(code.to_numpy(), pa.string() if text else pa.int8()),
            "amount": pa.array(amount, pa.float64(), mask=np.isnan(amount)),
        }
    )
    return table, {"rows_repeated": len(again)}


def _write_excel(path: Path, frame: pd.DataFrame) -> None:
    """Write text cells to one sheet; no formulas, links or clock."""
    import xlsxwriter

    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _EPOCH})
        sheet = book.add_worksheet("Customers")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, name)
        for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, cell)


def _truth_table(block: Block) -> pa.Table:
    people, population = block.people, block.population
    stages = [*STAGES, None]
    return pa.table(
        {
            "customer_id": written.padded(population["number"].to_numpy()),
            "kind": written.coded(population["segment"].to_numpy() >= len(RETAIL), ["retail", "corporate"]),
            "segment": written.coded(population["segment"].to_numpy(), SEGMENTS),
            "segment_before": written.coded(population["segment_before"].to_numpy(), SEGMENTS),
            "lifecycle_stage": written.coded(population["stage"].to_numpy(), STAGES),
            "lifecycle_stage_before": pa.array(
                [stages[code] for code in population["stage_before"].to_numpy().tolist()], pa.string()
            ),
            "opened_on": pa.array(population["opened_on"].to_numpy().astype("datetime64[D]")),
            "last_active": pa.array(population["last_active"].to_numpy().astype("datetime64[D]")),
            "engagement": pa.array(population["engagement"].to_numpy()),
            "assets": pa.array(block.means.assets),
            "branch": pa.array(people["branch"].to_numpy().astype(str)),
        }
    )


def _write_truth(writer: _Writer, effects: pd.DataFrame, links: pd.DataFrame) -> None:
    folder = writer.folder / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.concat_tables(writer.truth), folder / "customers.parquet", compression="zstd")
    pq.write_table(pa.Table.from_pandas(effects, preserve_index=False), folder / "effects.parquet")
    ties = pa.table(
        {
            "customer_id": written.padded(links["number"].to_numpy()),
            "to_customer_id": written.padded(links["to_number"].to_numpy()),
            "relation": pa.array(links["relation"].to_numpy().astype(str)),
            "known": pa.array(links["known"].to_numpy()),
        }
    )
    pq.write_table(ties, folder / "links.parquet", compression="zstd")


def _copy_mapping(target: Path) -> None:
    """Put the import mapping beside the files, where the package has one."""
    mapping = resources.files("workbench.sample_bank").joinpath("mapping.toml")
    if mapping.is_file():
        (target / "mapping.toml").write_bytes(mapping.read_bytes())


def _write_manifest(
    writer: _Writer, customers: int, months: int, random_state: int, last_day: str, population: pd.DataFrame
) -> None:
    files = {}
    for name in sorted(writer.rows):
        path = writer.folder / name
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files[name] = {
            "rows": writer.rows[name],
            "bytes": path.stat().st_size,
            "sha256": digest,
            "mess": dict(writer.mess[name]),
        }
    moved = (population["segment"] != population["segment_before"]) & (population["stage_before"] >= 0)
    manifest = {
        "customers": customers,
        "retail": int((population["segment"] < len(RETAIL)).sum()),
        "months": months,
        "random_state": random_state,
        "last_day": last_day,
        "changed_segment": int(moved.sum()),
        "files": files,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (writer.folder / "truth/manifest.json").write_text(text + "\n", encoding="utf-8")


def simulate_outcomes(
    bank_folder: str | Path,
    targets: pd.DataFrame,
    offers: dict[str, tuple[str, str]],
    random_state: int,
) -> pd.DataFrame:
    """Play the sample bank's customers: who answers the target lists, and with how much.

    Parameters
    ----------
    bank_folder : str or pathlib.Path
        A folder that `create_sample_bank` wrote; its truth is read.
    targets : pandas.DataFrame
        TARGETS: customer_id, strategy_id, arm …
    offers : dict of str to (str, str)
        Offer and channel of each strategy_id.
    random_state : int
        Seed.

    Returns
    -------
    pandas.DataFrame
        One row a target, in its order: customer_id, strategy_id, arm, contacted (84% of
        the treated), responded, amount (CNY), contacted_at (days after the start; missing
        if not reached).

    Raises
    ------
    NotFound
        If the folder holds no truth.
    ParameterProblem
        If a strategy has no offer, an offer or channel is unknown, or a customer is not
        one of this bank.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> folder = create_sample_bank(tempfile.mkdtemp(), customers=200, months=12)
    >>> targets = pd.DataFrame({"customer_id": ["0000010001"], "strategy_id": ["S1"],
    ...     "segment": ["A"], "score": [0.5], "rank": [1], "arm": ["control"]})
    >>> answers = simulate_outcomes(folder, targets, {"S1": ("time_deposit", "phone")}, 0)
    >>> answers[["customer_id", "arm", "contacted"]].to_dict("records")
    [{'customer_id': '0000010001', 'arm': 'control', 'contacted': False}]
    """
    truth = Path(bank_folder) / "truth"
    if not (truth / "customers.parquet").is_file():
        raise NotFound("sample_bank.error.no_truth", folder=str(bank_folder))
    columns = ["customer_id", "segment", "engagement", "branch"]
    customers = pd.read_parquet(truth / "customers.parquet", columns=columns)
    effects = pd.read_parquet(truth / "effects.parquet")
    return play(targets, customers, effects, offers, np.random.default_rng(random_state))
