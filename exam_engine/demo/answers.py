"""What can be answered to an item: the right response, the wrong ones people really give, and text for a marker to read.

Wrong responses have numbers: 1 is the most plausible one or the nearest miss, further ones are less so. A wrong response is
never malformed, and never worth the full marks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from numpy.random import Generator

from exam_engine.core.canonical import canonical_json, sha256_hex
from grading import compile_item

Item = Mapping[str, Any]
Response = Any

MOST_WRONG: Final = 6
GRADED: Final = frozenset({"matching", "categorising", "matrix", "ordering", "cloze"})
"""Types whose wrong responses run from a near miss to far off."""

BY_PERSONS: Final = frozenset({"written", "files"})

SENTENCES: Final = {
    "zh-CN": "先恢复服务，再查明原因。受影响的用户和时间段已在记录中列出。变更前要评估风险，并准备回退方案。"
    "结果由流程负责人复核，经验写入知识库。",
    "en": "Restore the service first, then look for the cause. The records list the users and times affected. "
    "Assess the risk before the change and prepare a way back. The process owner reviews the result, and what was learned goes "
    "into the knowledge base. ",
}


def responses_to(item: Item) -> list[Response]:
    """The right response to an item that the engine marks, and the wrong ones after it; a gap of a cloze is such an item."""
    right, some = _FAMILIES[item["type"]](item)
    wrong = list(islice(_distinct(some, right), MOST_WRONG))
    if item["type"] in GRADED:
        mark = compile_item(dict(item))
        wrong.sort(key=lambda response: mark(response).exact_marks or 0, reverse=True)
    return [right, *wrong]


def write_text(item: Item, share: float, draw: Generator) -> str:
    """A text of somebody who knows `share` of what there is to say: the more, the longer."""
    language = str(draw.choice(["zh-CN", "en"]))
    sentences = SENTENCES[language]
    least = int(item.get("words", {}).get("min", 80))
    length = len(sentences) if language == "zh-CN" else len(sentences.split())
    return (sentences * (1 + int(least * (0.6 + 0.6 * share)) // length)).strip()


def _distinct(responses: Iterable[Response], right: Response) -> Iterator[Response]:
    seen = {canonical_json(right)}
    for response in responses:
        if (text := canonical_json(response)) not in seen:
            seen.add(text)
            yield response


def _shuffled(item: Item, ids: Iterable[str]) -> list[str]:
    """Ids in an order that hangs on the item alone, so that the most plausible option is not always the first one."""
    stem = canonical_json([item.get("stem"), item["key"]])
    return sorted(ids, key=lambda one: sha256_hex(stem, one))


def _choice(item: Item) -> tuple[Response, Iterable[Response]]:
    return item["key"], _shuffled(item, (option["id"] for option in item["options"] if option["id"] != item["key"]))


def _truth(item: Item) -> tuple[Response, Iterable[Response]]:
    return bool(item["key"]), [not item["key"]]


def _choices(item: Item) -> tuple[Response, Iterable[Response]]:
    """One option exchanged, one forgotten, one too many; as many as may be chosen."""
    key = sorted(item["key"])
    others = _shuffled(item, {option["id"] for option in item["options"]} - set(key))
    rank = _shuffled(item, key)
    exchanged = [{*key, other} - {one} for other, one in zip(others, rank * len(others), strict=False)]
    changed = [*exchanged[:2], *({*key} - {one} for one in rank[:2]), *({*key, other} for other in others[:2]), *exchanged[2:]]
    least, most = (item.get("choose", {}).get(name, default) for name, default in (("min", 1), ("max", len(item["options"]))))
    return key, [sorted(chosen) for chosen in changed if max(1, least) <= len(chosen) <= most] or [others[:1]]


def _pairs(item: Item) -> tuple[Response, Iterable[Response]]:
    """One pair wrong, two, and so on: each of them with the next thing on the other side."""
    key = dict(item["key"])
    sides = [choice["id"] for choice in item.get("right", item.get("columns", []))]
    lefts = _shuffled(item, key)
    following = {right: sides[(sides.index(right) + 1) % len(sides)] for right in key.values()}
    return key, ({**key, **{left: following[key[left]] for left in lefts[:count]}} for count in range(1, len(lefts) + 1))


def _order(item: Item) -> tuple[Response, Iterable[Response]]:
    """Two neighbours exchanged at the end, at the beginning, at both; the first one last; all backwards."""
    key = list(item["key"])
    start, end = [key[1], key[0]], [key[-1], key[-2]]
    both = [*start, *key[2:-2], *end] if len(key) > 3 else [*key[1:], key[0]]
    return key, [[*key[:-2], *end], [*start, *key[2:]], both, [*key[1:], key[0]], key[::-1]]


def _number(item: Item) -> tuple[Response, Iterable[Response]]:
    """Twice as much, half of it, ten times as much: what comes of a step forgotten."""
    accepted = str(item["key"]["accepted"][0]["value"])
    unit = _unit(item["key"].get("units", {}))
    value, places = Fraction(accepted), item.get("decimals", 2)
    away = -1 if value < 0 else 1
    wrong = (2 * value + away, value / 2 if value else Fraction(-1), 10 * value + away, Fraction(13, 10) * value + 2 * away)
    return accepted + unit, [f"{float(one):.{places}f}{unit}" for one in wrong]


def _unit(units: Mapping[str, Any]) -> str:
    """The unit to write where one must be written: that of the key."""
    own = [name for name, times in units.get("multipliers", {}).items() if Fraction(str(times)) == 1]
    return f" {own[0]}" if own and units.get("required") else ""


def _words(item: Item) -> tuple[Response, Iterable[Response]]:
    accepted = [(answer.get("match", "exact"), answer["text"]) for answer in item["key"]["accepted"]]
    exact = [text for match, text in accepted if match == "exact"]
    loose = [text.replace("*", "").strip() for match, text in accepted if match == "wildcard"]
    return [*exact, *loose, "?"][0], ["不清楚", "not sure", "?"]


def _gaps(item: Item) -> tuple[Response, Iterable[Response]]:
    """One gap wrong, two, and so on."""
    options = {name: responses_to(gap) for name, gap in item["gaps"].items()}
    right = {name: some[0] for name, some in options.items()}
    names = list(options)
    return right, ({**right, **{name: options[name][1] for name in names[:count]}} for count in range(1, len(names) + 1))


_FAMILIES: Final[dict[str, Callable[[Item], tuple[Response, Iterable[Response]]]]] = {
    "single_choice": _choice,
    "true_false": _truth,
    "multiple_choice": _choices,
    "matching": _pairs,
    "categorising": _pairs,
    "matrix": _pairs,
    "ordering": _order,
    "numeric": _number,
    "short_text": _words,
    "cloze": _gaps,
}
