"""Fields of an item as cells of a table, and back."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

Item = Mapping[str, Any]


class CellError(ValueError):
    """A cell that cannot be read."""


class Cell(NamedTuple):
    """How a plain column is written and read."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


_TRUE: Final = frozenset("true t yes y 1 对 正确 是 √ ✓ ✔".split())  # noqa: SIM905
_FALSE: Final = frozenset("false f no n 0 错 错误 否 不对 不正确 × ✗ ✘ x".split())  # noqa: SIM905
_PAIR: Final = re.compile(r"\s*(.+?)\s*(?:->|→|=|:)\s*(.+?)\s*\Z")
_RANGE: Final = re.compile(r"\s*(\d+)?\s*(?:-|–|—|~|\.\.)\s*(\d+)?\s*\Z")
_TOLERANT: Final = re.compile(r"(?P<value>.+?)\s*(?:±|\+/-|\+-)\s*(?P<bound>.+)\Z")

TYPES: Final = {
    **dict.fromkeys(("单选", "单选题", "单项选择题", "single", "mc"), "single_choice"),
    **dict.fromkeys(("多选", "多选题", "多项选择题", "multiple", "multiple_response"), "multiple_choice"),
    **dict.fromkeys(("判断", "判断题", "tf", "true/false"), "true_false"),
    **dict.fromkeys(("匹配", "匹配题", "连线题", "match"), "matching"),
    **dict.fromkeys(("分类", "分类题"), "categorising"),
    **dict.fromkeys(("矩阵", "矩阵题"), "matrix"),
    **dict.fromkeys(("排序", "排序题", "order"), "ordering"),
    **dict.fromkeys(("数值", "数值题", "计算题", "numerical"), "numeric"),
    **dict.fromkeys(("填空", "填空题", "short_answer"), "short_text"),
    **dict.fromkeys(("简答题", "论述题", "essay"), "written"),
    **dict.fromkeys(("上传题", "file"), "files"),
    "完形填空": "cloze",
}


def read_truth(cell: str) -> bool:
    """Read a word for true or false, in either language.

    Raises
    ------
    CellError
        When it is neither.
    """
    word = unicodedata.normalize("NFKC", cell).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    message = f'"{cell}" is neither true nor false (write true or false, 对 or 错)'
    raise CellError(message)


def _whole(cell: str) -> int:
    if not re.fullmatch(r"\d{1,15}(\.0+)?", cell):
        message = f'"{cell}" is not a whole number'
        raise CellError(message)
    return int(cell.partition(".")[0])


def _number(cell: str) -> int | float:
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,2})?", cell):
        message = f'"{cell}" is not a number'
        raise CellError(message)
    value = float(cell)
    return int(value) if value.is_integer() and not re.search(r"[.eE]", cell) else value


def _split_names(cell: str) -> list[str]:
    return [name for name in re.split(r"\s*[,;，；、|\n]\s*", cell.strip()) if name]


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in re.split(r"[|\n]", cell) if line.strip()]


def _type(cell: str) -> str:
    word = re.sub(r"[ -]+", "_", cell.strip().lower())
    return TYPES.get(word, word)


def _limits(cell: str) -> dict[str, int]:
    match = _RANGE.match(cell)
    if match is None and cell.strip().isdigit():
        return {"min": int(cell), "max": int(cell)}
    if match is None or not any(match.groups()):
        message = f'"{cell}" is not a range such as 1-3'
        raise CellError(message)
    return {name: int(digits) for name, digits in zip(("min", "max"), match.groups(), strict=True) if digits}


def _write_limits(limits: Mapping[str, int]) -> str:
    return f"{limits.get('min', '')}-{limits.get('max', '')}"


def _tags(cell: str) -> dict[str, str]:
    return dict(_pair(entry) for entry in re.split(r"[;；\n]", cell) if entry.strip())


def _pair(entry: str) -> tuple[str, str]:
    match = _PAIR.match(entry)
    if match is None:
        message = f'"{entry.strip()}" is not a pair such as l1=r2'
        raise CellError(message)
    return match[1], match[2]


def _write_pairs(pairs: Mapping[str, object]) -> str:
    return "; ".join(f"{left}={right}" for left, right in pairs.items())


def _extra(cell: str) -> dict[str, Any]:
    try:
        fields = json.loads(cell)
    except (ValueError, RecursionError) as error:
        message = f"the column extra is not JSON: {error}"
        raise CellError(message) from error
    if not isinstance(fields, dict):
        raise CellError("the column extra holds a JSON object, such as {}")
    return fields


def write_extra(fields: Mapping[str, Any]) -> str:
    """Write fields that have no column as JSON that spreadsheets leave alone."""
    written = json.dumps(fields, ensure_ascii=False)
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", r"\\u005f", written).replace("\x7f", "\\u007f")


_PLAIN: Final = Cell(str, str)
_WHOLE: Final = Cell(str, _whole)
_TRUTH: Final = Cell(lambda value: str(value).lower(), read_truth)
_NAMES: Final = Cell(",".join, _split_names)
_LIMITS: Final = Cell(_write_limits, _limits)

CELLS: Final[Mapping[str, Cell]] = {
    **dict.fromkeys(("id", "level", "syllabus", "cognitive", "locale", "notes", "rule", "key", "tolerance"), _PLAIN),
    **dict.fromkeys(("version", "difficulty", "time_s", "decimals", "max_length", "max_files", "max_bytes"), _WHOLE),
    **dict.fromkeys(("marks", "param_a", "param_b", "param_c"), Cell(str, _number)),
    **dict.fromkeys(("accept", "enemies", "order", "fixed"), _NAMES),
    **dict.fromkeys(("choose", "words"), _LIMITS),
    "type": Cell(str, _type),
    "shuffle": _TRUTH,
    "references": Cell(" | ".join, _lines),
    "tags": Cell(_write_pairs, _tags),
    "extra": Cell(write_extra, _extra),
}


def write_key(kind: str, key: Any) -> tuple[str, str]:
    """Write a key as the cells `key` and `tolerance`; what does not fit comes back different when read."""
    if kind in ("multiple_choice", "ordering"):
        return ",".join(key), ""
    if kind == "true_false":
        return str(key).lower(), ""
    if kind in ("matching", "categorising", "matrix"):
        return _write_pairs(key), ""
    if kind == "short_text":
        return " | ".join(accepted["text"] for accepted in key["accepted"]), ""
    if kind == "numeric":
        first = key["accepted"][0]
        tolerance = first.get("tolerance", {})
        return str(first["value"]), str(tolerance.get("bound", ""))
    return str(key), ""


def read_key(kind: str, key: str, tolerance: str, options: Sequence[str]) -> Any:
    """Read the cells `key` and `tolerance` of an item of a type.

    Parameters
    ----------
    kind
        The item's type.
    key, tolerance
        The cells; `tolerance` may be empty.
    options
        Ids of the options or entries, to tell `AC` from an option of that name.

    Raises
    ------
    CellError
        When they cannot be read.
    """
    if kind in ("multiple_choice", "ordering"):
        return _read_choices(key, options)
    if kind == "true_false":
        return read_truth(key)
    if kind in ("matching", "categorising", "matrix"):
        return dict(_pair(entry) for entry in re.split(r"[,;，；\n]", key) if entry.strip())
    if kind == "short_text":
        return {"accepted": [{"text": text} for text in _lines(key)]}
    if kind == "numeric":
        return _read_numeric(key, tolerance)
    return _known(key, options)


def _read_choices(key: str, options: Sequence[str]) -> list[str]:
    """`A,C`, `A;C`, `A C`, `e2>e1` or `AC`."""
    names = [name for name in re.split(r"[\s,;，；、|>]+", key.strip()) if name]
    if len(names) == 1 and names[0] not in options:
        letters = [_known(letter, options) for letter in names[0]]
        return letters if len(letters) > 1 and set(letters) <= set(options) else names
    return [_known(name, options) for name in names]


def _known(name: str, options: Sequence[str]) -> str:
    """The id that is meant, when only its capitals or the width of its letters differ."""
    plain = unicodedata.normalize("NFKC", name)
    return next((meant for meant in (name, plain, plain.upper()) if meant in options), name)


def _read_numeric(key: str, tolerance: str) -> dict[str, Any]:
    """`99.5` with a tolerance of `0.05` or `5%`, or `99.5±0.05` in one cell."""
    match = _TOLERANT.match(key)
    value, bound = (match["value"], match["bound"]) if match else (key, tolerance)
    accepted: dict[str, Any] = {"value": value.strip()}
    if bound.strip().endswith("%"):
        accepted["tolerance"] = {"kind": "relative", "bound": f"{bound.strip()[:-1].strip()}e-2"}
    elif bound.strip():
        accepted["tolerance"] = {"kind": "absolute", "bound": bound.strip()}
    return {"accepted": [accepted]}
