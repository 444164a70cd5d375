"""Read a mapping's TOML text, and say clearly what is wrong with it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from typing import Any

from workbench.customers.mapping import ENCODINGS, FORMATS, KINDS, TABLES, UNITS, ColumnRule, Mapping, Section
from workbench.errors import ImportProblem
from workbench.tables import CUSTOMERS, Table


def nearest(wanted: str, known: Iterable[str], limit: int = 3) -> str:
    """Return the names most like one, as text for a message.

    Examples
    --------
    >>> nearest("custmer_id", ["customer_id", "amount"])
    'customer_id'
    """
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(wanted.lower(), list(names), n=limit, cutoff=0.5)
    return ", ".join(names[name] for name in close) or "–"


def parse_mapping(text: str, name: str = "mapping.toml", tables: dict[str, Table] | None = None) -> Mapping:
    """Return the mapping that a TOML text describes.

    Parameters
    ----------
    text : str
        The TOML text.
    name : str, default="mapping.toml"
        What messages call it.
    tables : dict of str to Table, optional
        Those that its sections may fill; by default the ones of customers' raw files.

    Returns
    -------
    Mapping

    Raises
    ------
    ImportProblem
        If the text is no TOML, or a table, column, setting or value in it is unknown.
        The sentence names the place and the nearest right name.

    Examples
    --------
    >>> mapping = parse_mapping('''
    ... [[file]]
    ... pattern = "people.csv"
    ... table = "customers"
    ... [file.columns]
    ... customer_id = { from = "no", pad = 6 }
    ... kind = { constant = "retail" }
    ... ''')
    >>> mapping.sections[0].columns[0].source
    ('no',)
    """
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImportProblem("customers.error.mapping_toml", mapping=name, detail=str(error)) from error
    _known_settings(parsed, ("file", "recognise"), name, "–")
    sections = parsed.get("file")
    if not isinstance(sections, list) or not sections:
        raise ImportProblem("customers.error.mapping_without_files", mapping=name)
    recognise = parsed.get("recognise", {})
    columns = recognise.get("columns", ()) if isinstance(recognise, dict) else ()
    return Mapping(
        name, tuple(_section(section, name, tables or TABLES) for section in sections), tuple(columns), text
    )


_SECTION_SETTINGS: dict[str, type] = {
    "pattern": str,
    "table": str,
    "format": str,
    "encoding": str,
    "delimiter": str,
    "sheet": str,
    "skip": int,
    "keep": bool,
    "merge": str,
    "own": bool,
    "optional": bool,
    "repeats": str,
    "missing": list,
    "columns": dict,
    "latest_by": str,
}
_SECTION_CHOICES: dict[str, tuple[str, ...]] = {
    "format": FORMATS,
    "merge": ("add",),
    "repeats": ("quarantine", "keep"),
}
_RULE_SETTINGS: dict[str, type | tuple[type, ...]] = {
    "from": (str, list, dict),
    "by": str,
    "type": str,
    "unit": str,
    "format": (str, list),
    "codes": dict,
    "others": str,
    "strip": str,
    "pad": int,
    "missing": (str, list),
    "constant": object,
    "row_number": bool,
    "after_contact": bool,
    "optional": bool,
    "decimal": str,
    "first_year": int,
}
_RULE_CHOICES: dict[str, tuple[str, ...]] = {
    "type": KINDS,
    "unit": tuple(UNITS),
    "others": ("quarantine", "keep", "missing"),
    "decimal": (".", ","),
}


def _known_settings(given: dict[str, Any], known: Iterable[str], mapping: str, place: str) -> None:
    for setting in given:
        if setting not in known:
            raise ImportProblem(
                "customers.error.mapping_unknown_setting",
                mapping=mapping,
                place=place,
                setting=setting,
                known=", ".join(known),
            )


def _check_settings(
    given: dict[str, Any],
    types: dict[str, Any],
    choices: dict[str, tuple[str, ...]],
    mapping: str,
    place: str,
) -> None:
    _known_settings(given, types, mapping, place)
    for setting, value in given.items():
        allowed = choices.get(setting)
        wrong_type = not isinstance(value, types[setting])
        if isinstance(value, bool) and types[setting] is int:
            wrong_type = True
        if wrong_type or (allowed and value not in allowed):
            wanted = types[setting] if isinstance(types[setting], tuple) else (types[setting],)
            raise ImportProblem(
                "customers.error.mapping_bad_setting",
                mapping=mapping,
                place=place,
                setting=setting,
                value=value,
                allowed=", ".join(filter(None, allowed or [_TYPE_WORDS[kind] for kind in wanted])),
            )


_TYPE_WORDS = {
    str: "text",
    int: "integer",
    bool: "true, false",
    list: "[list]",
    dict: "{table}",
    object: "any",
}


def _section(given: dict[str, Any], mapping: str, tables: dict[str, Table]) -> Section:
    place = str(given.get("pattern", "–"))
    _check_settings(given, _SECTION_SETTINGS, _SECTION_CHOICES, mapping, place)
    for needed in ("pattern", "table"):
        if not given.get(needed):
            raise ImportProblem(
                "customers.error.mapping_lacks_setting", mapping=mapping, place=place, setting=needed
            )
    encoding = given.get("encoding")
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise ImportProblem(
            "customers.error.mapping_bad_setting",
            mapping=mapping,
            place=place,
            setting="encoding",
            value=encoding,
            allowed=", ".join(ENCODINGS),
        )
    table = tables.get(given["table"])
    own = bool(given.get("own", False))
    if table is None and not own:
        raise ImportProblem(
            "customers.error.mapping_unknown_table",
            mapping=mapping,
            place=place,
            table=given["table"],
            nearest=nearest(given["table"], tables),
            known=", ".join(tables),
        )
    rules = tuple(_rule(name, rule, table, mapping, place) for name, rule in given.get("columns", {}).items())
    section = Section(
        pattern=given["pattern"],
        table=given["table"],
        columns=rules,
        own=own,
        missing=tuple(map(str, given.get("missing", ()))),
        **{
            setting: given[setting]
            for setting in ("format", "encoding", "delimiter", "sheet", "skip", "keep", "merge")
            if setting in given
        },
        optional=given.get("optional", False),
        repeats=given.get("repeats", "quarantine"),
        latest_by=given.get("latest_by", ""),
    )
    if table is not None:
        _check_columns(section, table, mapping)
    return section


def _check_columns(section: Section, table: Table, mapping: str) -> None:
    mapped = {rule.name for rule in section.columns}
    if section.merge and (table is not CUSTOMERS):
        raise ImportProblem(
            "customers.error.mapping_merge_table", mapping=mapping, place=section.pattern, table=table.name
        )
    needed = [c.name for c in table.columns if c.required] if not section.merge else ["customer_id"]
    lacking = [name for name in needed if name not in mapped]
    if lacking:
        raise ImportProblem(
            "customers.error.mapping_lacks_columns",
            mapping=mapping,
            place=section.pattern,
            table=table.name,
            columns=", ".join(lacking),
        )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _rule(name: str, given: Any, table: Table | None, mapping: str, place: str) -> ColumnRule:
    if isinstance(given, str):
        given = {"from": given}
    where = f"{place} · {name}"
    if not isinstance(given, dict):
        raise ImportProblem(
            "customers.error.mapping_bad_setting",
            mapping=mapping,
            place=place,
            setting=name,
            value=given,
            allowed="text, {table}",
        )
    _check_settings(given, _RULE_SETTINGS, _RULE_CHOICES, mapping, where)
    canonical = next((c for c in table.columns if c.name == name), None) if table else None
    if canonical is None and table is not None and not table.is_open and "type" not in given:
        raise ImportProblem(
            "customers.error.mapping_unknown_column",
            mapping=mapping,
            place=place,
            column=name,
            table=table.name,
            nearest=nearest(name, table.names),
        )
    if not ({"from", "constant", "row_number"} & set(given)):
        raise ImportProblem(
            "customers.error.mapping_lacks_setting", mapping=mapping, place=where, setting="from"
        )
    if isinstance(given.get("from"), dict) != ("by" in given):
        raise ImportProblem(
            "customers.error.mapping_lacks_setting", mapping=mapping, place=where, setting="by"
        )
    kind = given.get("type") or (canonical.kind if canonical else "text")
    if kind == "text" and (name.endswith("_id") or "pad" in given or "strip" in given):
        kind = "id"
    if canonical and canonical.values:
        _check_codes(given, canonical.values, mapping, where)
    return ColumnRule(
        name=name,
        kind=kind,
        source=_texts(given["from"]) if "from" in given and "by" not in given else (),
        by=given.get("by", ""),
        source_by={key: str(column) for key, column in given["from"].items()} if "by" in given else {},
        formats=_texts(given["format"]) if "format" in given else (),
        missing=_texts(given["missing"]) if "missing" in given else (),
        **{
            setting: given[setting]
            for setting in (
                "unit",
                "codes",
                "others",
                "strip",
                "pad",
                "constant",
                "row_number",
                "after_contact",
                "optional",
                "decimal",
                "first_year",
            )
            if setting in given
        },
    )


def _check_codes(given: dict[str, Any], allowed: tuple[str, ...], mapping: str, where: str) -> None:
    meant = [*given.get("codes", {}).values(), *([given["constant"]] if "constant" in given else [])]
    for value in meant:
        if value not in (*allowed, ""):
            raise ImportProblem(
                "customers.error.mapping_bad_setting",
                mapping=mapping,
                place=where,
                setting="codes" if "codes" in given else "constant",
                value=value,
                allowed=", ".join(allowed),
            )
