"""Open an engine, show it Parquet files as tables, and take results out of it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbench.errors import MachineProblem, NotFound, ParameterProblem

if TYPE_CHECKING:
    import ibis
    import pandas as pd

DEFAULT = "duckdb://"
_MEMORY_SHARE = 0.5
_SMALLEST_MEMORY = 256


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ibis's use of names that DuckDB and pandas have since changed out of sight."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


class Engine:
    """An engine for Ibis expressions.

    Parameters
    ----------
    url : str, default="duckdb://"
        Which engine. The default is DuckDB in memory: a database file would lock out a
        second process. Other engines by the URLs of Ibis (``"polars://"``,
        ``"pyspark://"`` …) where their packages are installed.
    memory : int or None, default=None
        Most memory that DuckDB may use, in MiB; None is half of what the machine has.
    threads : int or None, default=None
        Threads of DuckDB; None is one for each core.

    Raises
    ------
    ParameterProblem
        If a limit is too small or the URL names no engine.
    MachineProblem
        If the engine's package is not installed.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> folder = Path(tempfile.mkdtemp())
    >>> pd.DataFrame({"customer_id": ["0012"], "age": [41.0]}).to_parquet(folder / "c.parquet")
    >>> with Engine(threads=1) as engine:
    ...     customers = engine.table("customers", [folder / "c.parquet"])
    ...     engine.frame(customers.filter(customers.age > 40)).to_dict("records")
    [{'customer_id': '0012', 'age': 41.0}]
    """

    def __init__(self, url: str = DEFAULT, *, memory: int | None = None, threads: int | None = None) -> None:
        if memory is not None and memory < _SMALLEST_MEMORY:
            raise ParameterProblem("engine.error.memory", memory=memory, smallest=_SMALLEST_MEMORY)
        if threads is not None and threads < 1:
            raise ParameterProblem("engine.error.threads", threads=threads)
        self.url = url
        self.memory = memory
        self.threads = threads
        self._backend: Any = None

    @property
    def backend(self) -> Any:
        """The Ibis backend, opened on first use."""
        if self._backend is None:
            self._backend = self._open()
        return self._backend

    def _open(self) -> Any:
        # Ibis takes a second to import; who never asks for a table never pays it.
        import ibis

        name = self.url.partition("://")[0]
        try:
            with _quiet():
                backend = ibis.connect(self.url)
        except ImportError as error:
            raise MachineProblem("engine.error.not_installed", engine=name) from error
        except (AttributeError, ValueError, ibis.IbisError) as error:
            raise ParameterProblem("engine.error.unknown", url=self.url) from error
        if name == "duckdb":
            backend.raw_sql(f"SET memory_limit = '{self.memory or _half_of_memory()}MiB'")
            backend.raw_sql(f"SET threads = {self.threads or os.cpu_count() or 1}")
            # A query of over two seconds would draw a bar into whatever the terminal or notebook shows.
            backend.raw_sql("SET enable_progress_bar = false")
            # The same rows in the same order, whatever the number of threads.
            backend.raw_sql("SET preserve_insertion_order = true")
        return backend

    def table(self, name: str, paths: Sequence[str | Path] | str | Path) -> ibis.Table:
        """Return Parquet files as one table of the engine; nothing is read yet.

        Parameters
        ----------
        name : str
            What the engine calls it.
        paths : path or sequence of path
            The files: one table in parts, all with the same columns.

        Returns
        -------
        ibis.Table

        Raises
        ------
        NotFound
            If there is no path, or a file is not there.
        """
        files = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
        for path in files:
            if not path.is_file():
                raise NotFound("engine.error.no_file", table=name, file=str(path))
        if not files:
            raise NotFound("engine.error.no_file", table=name, file="–")
        with _quiet():
            return self.backend.read_parquet([str(path) for path in files], table_name=name)

    def frame(self, expression: ibis.Table) -> pd.DataFrame:
        """Return an expression's rows as a pandas frame.

        Text is ``str``, dates are ``datetime64[us]``, booleans with gaps are nullable, as
        `workbench.tables` wants them.

        Parameters
        ----------
        expression : ibis.Table

        Returns
        -------
        pandas.DataFrame
        """
        with _quiet():
            return canonical_dtypes(self.backend.to_pyarrow(expression).to_pandas())

    def write(self, expression: ibis.Table, path: str | Path) -> Path:
        """Write an expression's rows to a Parquet file without bringing them into Python.

        Parameters
        ----------
        expression : ibis.Table
        path : path
            The file; its folder must be there.

        Returns
        -------
        pathlib.Path
        """
        path = Path(path)
        with _quiet():
            self.backend.to_parquet(expression, str(path))
        return path

    def close(self) -> None:
        """Let the engine go. Closing twice does no harm."""
        if self._backend is not None:
            self._backend.disconnect()
            self._backend = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def canonical_dtypes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the column types that `workbench.tables` agrees on.

    Examples
    --------
    >>> import datetime as dt
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"day": [dt.date(2026, 9, 30), None], "consent": [True, None]})
    >>> canonical_dtypes(frame).dtypes.astype(str).to_dict()
    {'day': 'datetime64[us]', 'consent': 'boolean'}
    """
    import datetime as dt

    import pandas as pd

    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            changed[name] = column.astype("datetime64[us]")
        elif column.dtype == object:
            first = next((cell for cell in column if cell is not None and cell == cell), None)
            if isinstance(first, bool):
                changed[name] = column.astype("boolean")
            elif isinstance(first, dt.date):
                changed[name] = pd.to_datetime(column).astype("datetime64[us]")
            elif first is None or isinstance(first, str):
                changed[name] = column.astype("str")
    return frame.assign(**changed) if changed else frame


def _half_of_memory() -> int:
    import psutil

    return max(_SMALLEST_MEMORY, int(psutil.virtual_memory().total * _MEMORY_SHARE / 2**20))
