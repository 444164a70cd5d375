"""What a table is: its columns, and the check that a frame fits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.errors import TableProblem

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "integer", "number", "boolean", "date", "timestamp"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its one name in code, files and documents.
    kind : {"text", "integer", "number", "boolean", "date", "timestamp"}
        What a cell holds.
    meaning : str
        One sentence; the unit and the currency are part of it.
    required : bool, default=True
        Whether the column must be there.
    filled : bool, default=False
        Whether every cell must hold a value.
    values : tuple of str, default=()
        Allowed values; empty allows all.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    filled: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table that rooms exchange.

    Parameters
    ----------
    name : str
        Name of the table.
    meaning : str
        What one row is.
    columns : tuple of Column
        Its columns. Others are allowed beside them where `is_open`.
    key : tuple of str
        Columns that no two rows share; empty where rows may repeat. One that is not
        required counts where it is there.
    is_open : bool, default=False
        Whether columns of the bank's own may stand beside the named ones.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    is_open: bool = False

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    def check(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame if it is a table of this kind.

        Parameters
        ----------
        frame : pandas.DataFrame
            The candidate. It is not changed.

        Returns
        -------
        pandas.DataFrame
            The same object.

        Raises
        ------
        TableProblem
            If columns are missing, types differ, required cells are empty, values are
            not allowed or keys repeat. The sentence names the first case of it.

        Examples
        --------
        >>> import pandas as pd
        >>> from workbench.tables import MEMBERSHIP
        >>> MEMBERSHIP.check(pd.DataFrame({"customer_id": ["1"]}))
        Traceback (most recent call last):
        ...
        workbench.errors.TableProblem: membership lacks the columns cluster, segment. ...
        """
        import pandas as pd

        if not isinstance(frame, pd.DataFrame):
            raise TableProblem("errors.table.not_a_table", table=self.name, kind=type(frame).__name__)
        present = set(frame.columns)
        missing = [c.name for c in self.columns if c.required and c.name not in present]
        if missing:
            raise TableProblem(
                "errors.table.missing_columns",
                table=self.name,
                columns=", ".join(missing),
                present=", ".join(map(str, frame.columns)) or "-",
            )
        for column in self.columns:
            if column.name in present:
                self._check_column(column, frame[column.name])
        self._check_key(frame)
        return frame

    def _check_column(self, column: Column, cells: pd.Series) -> None:
        fits = _fits(column.kind, cells)
        if fits is not True:
            fitting = cells.isna() if fits is False else cells.isna() | fits
            if not fitting.all():
                row = int((~fitting).to_numpy().argmax())
                raise TableProblem(
                    "errors.table.wrong_type",
                    table=self.name,
                    column=column.name,
                    expected=column.kind,
                    found=type(cells.iloc[row]).__name__,
                    row=row + 1,
                    value=cells.iloc[row],
                )
        if column.filled and cells.hasnans:
            raise TableProblem(
                "errors.table.missing_values",
                table=self.name,
                column=column.name,
                n=int(cells.isna().sum()),
                row=int(cells.isna().to_numpy().argmax()) + 1,
            )
        if column.values:
            strange = ~(cells.isna() | cells.isin(column.values))
            if strange.any():
                row = int(strange.to_numpy().argmax())
                raise TableProblem(
                    "errors.table.unknown_value",
                    table=self.name,
                    column=column.name,
                    value=cells.iloc[row],
                    row=row + 1,
                    allowed=", ".join(column.values),
                )

    def _check_key(self, frame: pd.DataFrame) -> None:
        if not self.key or frame.empty:
            return
        key = [name for name in self.key if name in frame.columns]
        repeated = frame.duplicated(key)
        if repeated.any():
            first = frame.loc[repeated.to_numpy(), key].iloc[0]
            raise TableProblem(
                "errors.table.repeated_key",
                table=self.name,
                key=" + ".join(key),
                n=int(repeated.sum()),
                value=" + ".join(map(str, first)),
            )

    def empty(self) -> pd.DataFrame:
        """Return the table without rows, its columns typed."""
        import pandas as pd

        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.kind]) for c in self.columns})


_DTYPES: dict[Kind, str] = {
    "text": "str",
    "integer": "int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[us]",
    "timestamp": "datetime64[us]",
}
_CELL_TYPES: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def _fits(kind: Kind, cells: pd.Series) -> bool | pd.Series:
    """Say whether cells are of the kind: of the whole column by its dtype, else of each."""
    import pandas as pd
    from pandas.api import types

    dtype = cells.dtype
    whole: bool | None = None
    if kind == "text":
        if isinstance(dtype, pd.CategoricalDtype):
            whole = types.is_string_dtype(dtype.categories.dtype) or len(dtype.categories) == 0
        elif isinstance(dtype, pd.StringDtype):
            whole = True
    elif kind == "boolean":
        whole = types.is_bool_dtype(dtype) or None
    elif kind in ("integer", "number"):
        if types.is_bool_dtype(dtype):
            whole = False
        elif types.is_numeric_dtype(dtype):
            if kind == "integer" and types.is_float_dtype(dtype):
                return cells % 1 == 0
            whole = True
    elif types.is_datetime64_any_dtype(dtype):
        whole = True
    if whole is None:
        allowed = _CELL_TYPES.get(kind)
        if allowed is None:
            return False
        return cells.map(lambda cell: isinstance(cell, allowed)).astype(bool)
    return whole


def id_column(meaning: str = "The customer; text, leading zeros kept.") -> Column:
    """Return the column that every customer table begins with."""
    return Column("customer_id", "text", meaning, filled=True)
