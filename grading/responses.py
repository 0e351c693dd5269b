"""Whether a response is of a shape its item can take.

Checked where a response enters. What cannot be read without guessing is refused there, with a hint, instead of being
marked wrong in silence later.
"""

import re
from collections.abc import Callable, Collection
from typing import Final

from grading.cloze import GAP_TYPES
from grading.errors import ItemError, ResponseError
from grading.marked import Item, Response, is_empty
from grading.matching import SIDES
from grading.numeric import read_with_unit, reading_of

LONGEST_SHORT_TEXT: Final = 1_000
LONGEST_WRITTEN: Final = 100_000
MOST_FILES: Final = 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_FILE_FIELDS: Final = frozenset({"name", "sha256", "size"})
_SHOWN: Final = 60


def check_response(item: Item, response: Response, where: str = "") -> None:
    """Refuse a response of the wrong shape; None, blanks, ``[]`` and ``{}`` mean unanswered and always pass.

    Parameters
    ----------
    item
        The item. The key says nothing here, except that of a numeric item names the units.
    response
        The response as JSON.
    where
        Place of the response, put before the place of the fault inside it.

    Raises
    ------
    ResponseError
        What is wrong, where, and what would be right.
    ItemError
        ``unknown_type`` when the item has a type that takes no response.
    """
    check = _CHECKS.get(item.get("type", ""))
    if check is None:
        raise ItemError("unknown_type", f"{item.get('type')!r} is no type of item", "type")
    if response is None or response in ([], {}) or (isinstance(response, str) and not response.strip()):
        return
    check(item, response, where)


def _check_single(item: Item, response: Response, where: str) -> None:
    options = _ids(item, "options")
    if not isinstance(response, str):
        raise ResponseError("not_an_option", f"the answer is one option: {_listed(options)}", where)
    _check_known(response, options, "unknown_option", where)


def _check_multiple(item: Item, response: Response, where: str) -> None:
    _check_distinct(response, _ids(item, "options"), "unknown_option", where)
    most = (item.get("choose") or {}).get("max")
    if most is not None and len(response) > most:
        raise ResponseError("too_many_options", f"at most {most} options may be chosen, not {len(response)}", where)


def _check_true_false(_item: Item, response: Response, where: str) -> None:
    if not isinstance(response, bool):
        raise ResponseError("not_true_or_false", "the answer is true or false", where)


def _check_pairs(item: Item, response: Response, where: str) -> None:
    left_side, right_side = SIDES[item["type"]]
    lefts, rights = _ids(item, left_side), _ids(item, right_side)
    for left, right in _as_map(response, where).items():
        _check_known(left, lefts, "unknown_row", where)
        if not is_empty(right):
            _check_known(right, rights, "unknown_choice", _inside(where, left))


def _check_order(item: Item, response: Response, where: str) -> None:
    _check_distinct(response, _ids(item, "entries"), "unknown_entry", where)


def _check_number(item: Item, response: Response, where: str) -> None:
    read_with_unit(reading_of(item), response, where)


def _check_short_text(item: Item, response: Response, where: str) -> None:
    _check_text(response, item.get("max_length") or LONGEST_SHORT_TEXT, where)


def _check_written(_item: Item, response: Response, where: str) -> None:
    _check_text(response, LONGEST_WRITTEN, where)


def _check_cloze(item: Item, response: Response, where: str) -> None:
    gaps = item.get("gaps", {})
    for name, value in _as_map(response, where).items():
        _check_known(name, gaps, "unknown_gap", where)
        if gaps[name].get("type") not in GAP_TYPES:
            raise ItemError("unknown_type", f"a gap is {', '.join(GAP_TYPES)}", f"gaps.{name}.type")
        check_response(gaps[name], value, _inside(where, name))


def _check_files(item: Item, response: Response, where: str) -> None:
    most = item.get("max_files") or MOST_FILES
    if not isinstance(response, list) or len(response) > most:
        raise ResponseError("not_files", f"the answer is a list of at most {most} files", where)
    for index, file in enumerate(response):
        _check_file(item, file, f"{where}[{index}]")


def _check_file(item: Item, file: Response, where: str) -> None:
    if not isinstance(file, dict) or set(file) != _FILE_FIELDS or not isinstance(file["name"], str):
        raise ResponseError("not_a_file", "a file has name, sha256 and size", where)
    if not isinstance(file["sha256"], str) or not _SHA256.fullmatch(file["sha256"]):
        raise ResponseError("bad_digest", "sha256 is 64 hexadecimal digits in lower case", where)
    size, largest = file["size"], item.get("max_bytes")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0 or (largest is not None and size > largest):
        raise ResponseError("bad_size", f"size is a number of bytes{f' up to {largest}' if largest else ''}", where)
    accept = item.get("accept")
    if accept and file["name"].rpartition(".")[2].lower() not in accept:
        raise ResponseError("wrong_kind_of_file", f"files of these kinds are taken: {', '.join(accept)}", where)


def _check_text(response: Response, longest: int, where: str) -> None:
    if not isinstance(response, str):
        raise ResponseError("not_text", "the answer is a text", where)
    if len(response) > longest:
        raise ResponseError("text_too_long", f"the answer has {len(response)} characters, at most {longest} are allowed", where)
    if "\0" in response or any("\ud800" <= sign <= "\udfff" for sign in response):
        raise ResponseError("not_text", "the answer holds characters that are no text", where)


def _check_distinct(response: Response, known: Collection[str], code: str, where: str) -> None:
    if not isinstance(response, list):
        raise ResponseError("not_a_list", f"the answer is a list of these: {_listed(known)}", where)
    for index, entry in enumerate(response):
        _check_known(entry, known, code, f"{where}[{index}]")
    if len(set(response)) != len(response):
        twice = next(entry for entry in response if response.count(entry) > 1)
        raise ResponseError("named_twice", f"{_short(twice)} is named more than once", where)


def _check_known(entry: Response, known: Collection[str], code: str, where: str) -> None:
    if not isinstance(entry, str) or entry not in known:
        raise ResponseError(code, f"{_short(entry)} is not one of {_listed(known)}", where)


def _as_map(response: Response, where: str) -> dict[str, Response]:
    if not isinstance(response, dict):
        raise ResponseError("not_a_map", 'the answer is a map such as {"a": …}', where)
    return response


def _ids(item: Item, field: str) -> list[str]:
    return [entry["id"] for entry in item.get(field, [])]


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _listed(known: Collection[str]) -> str:
    return ", ".join(known) or "nothing"


def _short(entry: Response) -> str:
    text = repr(entry)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


_CHECKS: Final[dict[str, Callable[[Item, Response, str], None]]] = {
    "single_choice": _check_single,
    "multiple_choice": _check_multiple,
    "true_false": _check_true_false,
    "matching": _check_pairs,
    "categorising": _check_pairs,
    "matrix": _check_pairs,
    "ordering": _check_order,
    "numeric": _check_number,
    "short_text": _check_short_text,
    "cloze": _check_cloze,
    "written": _check_written,
    "files": _check_files,
}
