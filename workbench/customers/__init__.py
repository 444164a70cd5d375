"""Raw files of many systems to one checked customer table, and the portrait.

The way: `read_mapping` says how, `files.read_rows` reads each file as text, `integrate`
types the rows and quarantines what it can't read, `build_portrait` makes one row per
customer and snapshot date of it. `import_folder` does the first three for a folder.
"""

from workbench.customers.files import (
    find_mapping,
    guess_mapping,
    import_folder,
    read_mapping,
    read_rows,
    read_table,
)
from workbench.customers.integration import Integration, integrate
from workbench.customers.mapping import ColumnRule, Mapping, Section
from workbench.customers.mapping_text import parse_mapping
from workbench.customers.portrait import build_portrait
from workbench.customers.raw import RawRows

__all__ = [
    "ColumnRule",
    "Integration",
    "Mapping",
    "RawRows",
    "Section",
    "build_portrait",
    "find_mapping",
    "guess_mapping",
    "import_folder",
    "integrate",
    "parse_mapping",
    "read_mapping",
    "read_rows",
    "read_table",
]
