"""Simulated candidates: what somebody of a given ability answers.

Whether an answer is right follows the three-parameter logistic model (Birnbaum, in Lord & Novick 1968, ch. 17) with the item's
own parameters, provisional ones where the item is not calibrated yet. A wrong answer is a plausible one, never a malformed one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from question_bank.pool import provisional_parameters

Item = Mapping[str, Any]
Response = Any

SENTENCES: Final = {
    "zh-CN": "先恢复服务，再查明原因。受影响的用户和时间段已在记录中列出。变更前要评估风险，并准备回退方案。"
    "结果由流程负责人复核，经验写入知识库。",
    "en": "Restore the service first, then look for the cause. The records list the users and times affected. "
    "Assess the risk before the change and prepare a way back. The process owner reviews the result, and what was learned goes "
    "into the knowledge base. ",
}


def chance_right(item: Item, theta_logit: float) -> float:
    """Probability that somebody of ability `theta_logit` answers `item` right."""
    parameters = item.get("parameters") or provisional_parameters(item)
    a, b, c = (float(parameters.get(name, default)) for name, default in (("a", 1), ("b", 0), ("c", 0)))
    return c + (1 - c) / (1 + float(np.exp(-1.2 * a * (theta_logit - b))))


def respond(item: Item, theta_logit: float, draw: Generator) -> Response:
    """A simulated response to `item`; None when the candidate leaves it out."""
    chance = chance_right(item, theta_logit)
    if draw.random() < 0.03 * (1 - chance):
        return None
    return _FAMILIES[item["type"]](item, chance, draw)


def _choice(item: Item, chance: float, draw: Generator) -> Response:
    others = [option["id"] for option in item["options"] if option["id"] != item["key"]]
    return item["key"] if draw.random() < chance else str(draw.choice(others))


def _truth(item: Item, chance: float, draw: Generator) -> Response:
    return bool(item["key"]) if draw.random() < chance else not item["key"]


def _choices(item: Item, chance: float, draw: Generator) -> Response:
    """The key, or the key with one right option exchanged for a wrong one."""
    key = list(item["key"])
    others = [option["id"] for option in item["options"] if option["id"] not in key]
    if draw.random() < chance or not others:
        return sorted(key)
    key[int(draw.integers(len(key)))] = str(draw.choice(others))
    return sorted(key)


def _pairs(item: Item, chance: float, draw: Generator) -> Response:
    rights = sorted({choice["id"] for choice in item.get("right", item.get("columns", []))})
    return {left: right if draw.random() < np.sqrt(chance) else str(draw.choice(rights)) for left, right in item["key"].items()}


def _order(item: Item, chance: float, draw: Generator) -> Response:
    entries = list(item["key"])
    for place in range(len(entries) - 1):
        if draw.random() > chance:
            entries[place], entries[place + 1] = entries[place + 1], entries[place]
    return entries


def _number(item: Item, chance: float, draw: Generator) -> Response:
    accepted = item["key"]["accepted"][0]["value"]
    if draw.random() < chance:
        return str(accepted)
    return f"{float(accepted) * float(draw.choice([0.5, 0.9, 1.1, 2])) + 1:.2f}"


def _words(item: Item, chance: float, draw: Generator) -> Response:
    exact = [answer["text"] for answer in item["key"]["accepted"] if answer.get("match", "exact") == "exact"]
    return exact[0] if exact and draw.random() < chance else "?"


def _gaps(item: Item, chance: float, draw: Generator) -> Response:
    return {name: _FAMILIES[gap["type"]](gap, np.sqrt(chance), draw) for name, gap in item["gaps"].items()}


def _text(item: Item, chance: float, draw: Generator) -> Response:
    language = str(draw.choice(["zh-CN", "en"]))
    sentences = SENTENCES[language]
    least = int(item.get("words", {}).get("min", 80))
    length = len(sentences) if language == "zh-CN" else len(sentences.split())
    return (sentences * (1 + int(least * (0.6 + 0.6 * chance)) // length)).strip()


def _nothing(_item: Item, _chance: float, _draw: Generator) -> Response:
    """Files come by another way."""
    return


_FAMILIES: Final[dict[str, Callable[[Item, float, Generator], Response]]] = {
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
    "written": _text,
    "files": _nothing,
}


def level_reached(levels: int, theta_logit: float, severity_logit: float, draw: Generator) -> int:
    """Which of a criterion's levels (0 is the lowest) a marker of this severity gives a script of this ability."""
    quality = 1 / (1 + np.exp(-(theta_logit - severity_logit + draw.normal(0, 0.35))))
    return int(min(levels - 1, np.floor(quality * levels)))
