"""Raw files of many systems to one checked customer table, and the portrait.

The way: `read_mapping` says how, `files.read_rows` reads each file as text, `integrate`
types the rows and quarantines what it can't read, `build_portrait` makes one row per
customer and snapshot date of it. `import_folder` does the first three for a folder.
"""

from workbench.customers.faces import (
    FACES,
    Field,
    count_ages,
    describe_sources,
    field_of,
    personal_view,
    portrait_fields,
)
from workbench.customers.files import (
    find_mapping,
    guess_mapping,
    import_folder,
    read_mapping,
    read_rows,
    read_table,
)
from workbench.customers.identity import Resolution, resolve_identities
from workbench.customers.integration import Integration, integrate
from workbench.customers.mapping import ColumnRule, Mapping, Section
from workbench.customers.mapping_text import parse_mapping
from workbench.customers.portrait import build_portrait
from workbench.customers.raw import RawRows
from workbench.customers.reasons import explain_stage, stage_rules
from workbench.customers.rules import Rules, ValueMatrix, packaged_rules, packaged_rules_text
from workbench.customers.rules_text import changed_text, editable_numbers, parse_rules
from workbench.customers.ties import companies_behind, supply_chain

__all__ = [
    "FACES",
    "ColumnRule",
    "Field",
    "Integration",
    "Mapping",
    "RawRows",
    "Resolution",
    "Rules",
    "Section",
    "ValueMatrix",
    "build_portrait",
    "changed_text",
    "companies_behind",
    "count_ages",
    "describe_sources",
    "editable_numbers",
    "explain_stage",
    "field_of",
    "find_mapping",
    "guess_mapping",
    "import_folder",
    "integrate",
    "packaged_rules",
    "packaged_rules_text",
    "parse_mapping",
    "parse_rules",
    "personal_view",
    "portrait_fields",
    "read_mapping",
    "read_rows",
    "read_table",
    "resolve_identities",
    "stage_rules",
    "supply_chain",
]
