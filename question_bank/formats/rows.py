"""An item as one row of a table, and back; the two undo each other."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from question_bank.formats.cells import CELLS, CellError, read_key, write_extra, write_key
from question_bank.formats.columns import GROUPS, PLAIN, TEXTS, Column, natural, rank, read_header, write_header

Row = dict[Column, str]

LONGEST: Final = 32_000
"""Characters of the longest cell a spreadsheet keeps."""

_OWN_WAY: Final = frozenset({"key", "tolerance", "rule", "order", "fixed", "extra", "param_a", "param_b", "param_c"})
_UNSAFE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|_x[0-9A-Fa-f]{4}_")


def read_row(row: Mapping[Column, str]) -> dict[str, Any]:
    """Read an item from its cells, empty ones left out.

    Raises
    ------
    CellError
        With the column's name, when a cell cannot be read.
    """
    _check_rationales(row)
    item: dict[str, Any] = {}
    for column, cell in row.items():
        if column.field in PLAIN and column.field not in _OWN_WAY:
            item[column.field] = _named(column, CELLS[column.field].read, cell)
    for name in TEXTS:
        _put(item, name, _text({column.language: cell for column, cell in row.items() if column[:2] == (name, "")}))
    for group, field in GROUPS.items():
        _put(item, field, _choices(row, group))
    item.setdefault("type", _likely_type(item, row.get(Column("key"), "")))
    _read_own_way(item, row)
    return {name: value for name, value in item.items() if value is not None}


def write_row(item: Mapping[str, Any]) -> Row:
    """Write an item as cells. What its columns cannot hold goes, field by field, into the column `extra`."""
    cells = {name: _cells(item, name) for name in item}
    row = _merged(cells.values())
    again = _read_or_nothing(row)
    lost = {name for name in item if not _same(again.get(name), item[name]) or not all(map(_fits, cells[name].items()))}
    if not lost:
        added = {name: None for name in again if name not in item}
        return row | (write_whole(added) if added else {})
    return _with_extra(item, cells, lost)


def write_whole(fields: Mapping[str, Any]) -> Row:
    """Write fields as JSON in the column `extra`, and in `extra_2`, `extra_3` … when one cell is too short."""
    written, row = write_extra(fields), Row()
    while written:
        end = LONGEST
        while end < len(written) and (written[end - 1].isspace() or written[end].isspace()):
            end -= 1  # a cell loses spaces at its ends
        row[Column("extra", str(len(row) + 1) if row else "")] = written[:end]
        written = written[end:]
    return row


def read_whole(row: Mapping[Column, str]) -> dict[str, Any]:
    """Read the fields that stand as JSON in the columns `extra`, `extra_2` and so on.

    Raises
    ------
    CellError
        When they hold something else.
    """
    parts = sorted((column for column in row if column.field == "extra"), key=rank)
    fields: dict[str, Any] = CELLS["extra"].read("".join(row[column] for column in parts) or "{}")
    return fields


def _with_extra(item: Mapping[str, Any], cells: Mapping[str, Row], lost: set[str]) -> Row:
    extra = {name: value for name, value in item.items() if name in lost}
    row = _merged(fields for name, fields in cells.items() if name not in lost) | write_whole(extra)
    again = _read_or_nothing(row)
    if all(_same(again.get(name), item.get(name)) for name in {*again, *item}):
        return row
    return {Column("id"): str(item["id"])} | write_whole(item)


def _merged(fields: Iterable[Row]) -> Row:
    """The cells of several fields in the order of the columns; ids in `order` and `fixed` are put together."""
    row: Row = {}
    for cells in fields:
        for column, cell in cells.items():
            row[column] = f"{row[column]},{cell}" if column in row else cell
    return dict(sorted(row.items(), key=lambda pair: rank(pair[0])))


def _cells(item: Mapping[str, Any], name: str) -> Row:
    """The cells one field of an item is written into; none when it has no column."""
    value = item[name]
    groups = {field: group for group, field in GROUPS.items()}
    if name in groups:
        return _write_choices(groups[name], value)
    if name in TEXTS:
        return _write_text(Column(name), value)
    if name == "key":
        key, tolerance = _attempt(lambda: write_key(item["type"], value)) or ("", "")
        return _filled({Column("key"): key, Column("tolerance"): tolerance})
    if name == "marking":
        return {Column("rule"): value["rule"]}
    if name == "parameters":
        return {Column(f"param_{letter}"): str(number) for letter, number in value.items()}
    if name in CELLS and name not in _OWN_WAY:
        return _filled({Column(name): _attempt(lambda: CELLS[name].write(value)) or ""})
    return {}


def _write_choices(group: str, choices: Sequence[Mapping[str, Any]]) -> Row:
    row: Row = {}
    fixed = [choice["id"] for choice in choices if choice.get("fixed")]
    for choice in choices:
        row |= _write_text(Column(group, choice["id"]), choice["text"])
        if "rationale" in choice:
            row |= _write_text(Column("rationale", choice["id"]), choice["rationale"])
    ids = [choice["id"] for choice in choices]
    order = "" if ids == sorted(ids, key=natural) else ",".join(ids)
    return row | _filled({Column("fixed"): ",".join(fixed), Column("order"): order})


def _write_text(column: Column, text: str | Mapping[str, str]) -> Row:
    if isinstance(text, str):
        return {column: text}
    return {column._replace(language=language): typed for language, typed in text.items()}


def _choices(row: Mapping[Column, str], group: str) -> list[dict[str, Any]] | None:
    parts = list(dict.fromkeys(column.part for column in row if column.field == group and column.part))
    order, fixed = (CELLS[name].read(row.get(Column(name), "")) for name in ("order", "fixed"))
    if set(parts) <= set(order):
        parts.sort(key=order.index)
    choices = []
    for part in parts:
        choice = {"id": part, "text": _text({c.language: cell for c, cell in row.items() if c[:2] == (group, part)})}
        if group == "option":
            _put(choice, "rationale", _text({c.language: cell for c, cell in row.items() if c[:2] == ("rationale", part)}))
        choices.append(choice | ({"fixed": True} if part in fixed else {}))
    return choices or None


def _check_rationales(row: Mapping[Column, str]) -> None:
    """A rationale of an option needs its option."""
    for column in row:
        if column.field == "rationale" and column.part and not any(c[:2] == ("option", column.part) for c in row):
            message = f"{write_header(column)}: there is no option {column.part}"
            raise CellError(message)


def _text(by_language: Mapping[str, str]) -> str | dict[str, str] | None:
    """A text from its cells by language; a cell without a language stands alone."""
    if not by_language:
        return None
    if "" in by_language and len(by_language) > 1:
        raise CellError("a text has a column with its language and one without")
    return by_language[""] if "" in by_language else dict(by_language)


def _read_own_way(item: dict[str, Any], row: Mapping[Column, str]) -> None:
    """Read what needs the rest of the item: its key, its rule, its parameters, and the column extra."""
    key, tolerance = row.get(Column("key"), ""), row.get(Column("tolerance"), "")
    if key:
        ids = [choice["id"] for field in ("options", "entries") for choice in item.get(field, [])]
        item["key"] = _named(Column("key"), lambda cell: read_key(item["type"], cell, tolerance, ids), key)
    if Column("rule") in row:
        item["marking"] = {"rule": row[Column("rule")].strip().lower().replace(" ", "_")}
    numbers = {c.field[-1]: _named(c, CELLS[c.field].read, cell) for c, cell in row.items() if c.field.startswith("param_")}
    _put(item, "parameters", numbers or None)
    extra = read_whole(row)
    if extra:
        both = [name for name, value in extra.items() if value is not None and name in item and name not in ("id", "type")]
        if both:
            message = f"extra: {', '.join(both)} stands in a column of its own as well"
            raise CellError(message)
        item.update(extra)


def _named(column: Column, read: Any, cell: str) -> Any:
    try:
        return read(cell)
    except CellError as error:
        message = f"{write_header(column)}: {error}"
        raise CellError(message) from error


def _likely_type(item: Mapping[str, Any], key: str) -> str | None:
    """The type of a row that names none: options make a choice; the key says of how many."""
    if "options" not in item:
        return None
    several = len(read_key("multiple_choice", key, "", [option["id"] for option in item["options"]])) > 1
    return "multiple_choice" if several else "single_choice"


def _put(item: dict[str, Any], name: str, value: object) -> None:
    if value is not None:
        item[name] = value


def _filled(row: Row) -> Row:
    return {column: cell for column, cell in row.items() if cell}


def _fits(pair: tuple[Column, str]) -> bool:
    """Whether a cell comes back from any spreadsheet as it went in."""
    column, cell = pair
    plain = isinstance(cell, str) and cell == cell.strip() and bool(cell) and len(cell) <= LONGEST and not _UNSAFE.search(cell)
    return plain and read_header(write_header(column)) == column


def _attempt(write: Any) -> Any:
    try:
        return write()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return None


def _read_or_nothing(row: Row) -> dict[str, Any]:
    try:
        return read_row(row)
    except CellError:
        return {}


def _same(one: object, other: object) -> bool:
    """Equal, and of one type all through: 1 is not true, and 1 is not 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and one == other
