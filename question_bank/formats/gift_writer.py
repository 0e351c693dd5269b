"""Items as GIFT questions, and what GIFT cannot hold."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from question_bank.formats.entries import Entry
from question_bank.formats.gift_text import escape

Item = Mapping[str, Any]
Say = Callable[[Any], str]

_KEPT: Final = frozenset(
    {"id", "type", "stem", "key", "rationale", "level", "syllabus", "options", "left", "right", "context", "marking"}
)
_USUAL: Final = {"version": 1, "marks": 1, "shuffle": True}


def write_item(item: Item, language: str, entry: Entry) -> str | None:
    """Write an item as a GIFT question in one language; None, with the reason in `entry`, when GIFT has no such type."""
    write = _WRITERS.get(item["type"])
    if write is None:
        entry.refuse("gift", f"GIFT has no questions of the type {item['type']}")
        return None

    def say(text: str | Mapping[str, str]) -> str:
        if isinstance(text, str):
            return escape(text)
        chosen = language if language in text else next(iter(text))
        entry.losses.extend(f"text in {other}" for other in text if other != chosen and f"text in {other}" not in entry.losses)
        return escape(text[chosen])

    lost = sorted(name for name in item if name not in _KEPT and item[name] != _USUAL.get(name))
    entry.losses.extend(f"the field {name}" for name in lost)
    stem = "\\n\\n".join(say(item[name]) for name in ("context", "stem") if name in item)
    answers = write(item, say, entry.losses)
    general = f"####{say(item['rationale'])}" if "rationale" in item else ""
    return f"// [id:{item['id']}]\n::{escape(item['id'])}::[markdown]{stem} {{{answers}{general}}}\n"


def _single(item: Item, say: Say, losses: list[str]) -> str:
    marking = item.get("marking", {"rule": "all_or_nothing"})
    weights = marking.get("weights", {}) if marking["rule"] == "weighted" else {}
    if marking["rule"] not in ("all_or_nothing", "match", "weighted"):
        losses.append(f"the marking rule {marking['rule']}")
    losses.extend(_lost_bounds(marking, min([Fraction(0), *(Fraction(str(weight)) for weight in weights.values())])))
    lines = []
    for option in item["options"]:
        sign = "=" if option["id"] == item["key"] else "~"
        weight = Fraction(str(weights.get(option["id"], 0)))
        percent = f"%{_percent(weight)}%" if sign == "~" and weight else ""
        lines.append(f"\n{sign}{percent}{_option(option, say, losses)}")
    return "".join(lines) + "\n"


def _multiple(item: Item, say: Say, losses: list[str]) -> str:
    """Right options share 100 %; the rules of GIFT are weights, so another rule is lost."""
    marking = item.get("marking", {"rule": "all_or_nothing"})
    if marking["rule"] == "weighted":
        weights = {name: Fraction(str(weight)) for name, weight in marking["weights"].items()}
        losses.extend(_lost_bounds(marking, Fraction(0)))
    else:
        losses.append(f"the marking rule {marking['rule']}, written as weights")
        weights = {name: Fraction(1, len(item["key"])) for name in item["key"]}
    lines = []
    for option in item["options"]:
        weight = weights.get(option["id"], Fraction(0 if marking["rule"] == "weighted" else -1))
        lines.append(f"\n~%{_percent(weight)}%{_option(option, say, losses)}")
    return "".join(lines) + "\n"


def _lost_bounds(marking: Item, lowest: Fraction) -> list[str]:
    """Bounds of weights that GIFT cannot say: it reads its own, from `lowest` to 1."""
    if marking["rule"] != "weighted":
        return []
    own = {"lower": lowest, "upper": Fraction(1)}
    usual = {"lower": 0, "upper": 1}
    return [f"the bound {name} of the weights" for name in own if Fraction(str(marking.get(name, usual[name]))) != own[name]]


def _option(option: Item, say: Say, losses: list[str]) -> str:
    if option.get("fixed"):
        losses.append(f"the fixed place of option {option['id']}")
    feedback = f"#{say(option['rationale'])}" if "rationale" in option else ""
    return f"{say(option['text'])}{feedback}"


def _true_false(item: Item, _say: Say, losses: list[str]) -> str:
    if item.get("marking", {}).get("rule", "all_or_nothing") != "all_or_nothing":
        losses.append(f"the marking rule {item['marking']['rule']}")
    return "TRUE" if item["key"] else "FALSE"


def _matching(item: Item, say: Say, losses: list[str]) -> str:
    if item.get("marking", {}).get("rule", "per_pair") != "per_pair":
        losses.append(f"the marking rule {item['marking']['rule']}")
    right = {choice["id"]: say(choice["text"]) for choice in item["right"]}
    lines = [f"\n={say(choice['text'])} -> {right[item['key'][choice['id']]]}" for choice in item["left"]]
    spare = [f"\n= -> {text}" for name, text in right.items() if name not in item["key"].values()]
    return "".join([*lines, *spare]) + "\n"


def _numeric(item: Item, _say: Say, losses: list[str]) -> str:
    if "units" in item["key"]:
        losses.append("the units")
    lines = []
    for accepted in item["key"]["accepted"]:
        tolerance = accepted.get("tolerance", {"kind": "absolute", "bound": "0"})
        if tolerance["kind"] == "absolute" and "bound" in tolerance and "/" not in str(accepted["value"]):
            lines.append(f"\n={_credit(accepted)}{accepted['value']}:{tolerance['bound']}")
        else:
            losses.append(f"the accepted answer {accepted['value']} with its tolerance")
    return f"#{''.join(lines)}\n"


def _short_text(item: Item, _say: Say, losses: list[str]) -> str:
    losses.extend(f"the way texts are compared ({name})" for name in item["key"] if name != "accepted")
    lines = []
    for accepted in item["key"]["accepted"]:
        match = accepted.get("match", "exact")
        if match == "pattern":
            losses.append(f'the pattern "{accepted["text"]}"')
        else:
            text = accepted["text"] if match == "wildcard" else accepted["text"].replace("*", r"\*")
            lines.append(f"\n={_credit(accepted)}{escape(text)}")
    return "".join(lines) + "\n"


def _written(_item: Item, _say: Say, _losses: list[str]) -> str:
    return ""


def _credit(accepted: Item) -> str:
    credit = Fraction(str(accepted.get("credit", 1)))
    return "" if credit == 1 else f"%{_percent(credit)}%"


def _percent(share: Fraction) -> str:
    """A weight as GIFT writes it, five decimals at most."""
    percent = round(Decimal(share.numerator * 100) / Decimal(share.denominator), 5)
    return f"{percent.normalize():f}"


_WRITERS: Final[Mapping[str, Callable[[Item, Say, list[str]], str]]] = {
    "single_choice": _single,
    "multiple_choice": _multiple,
    "true_false": _true_false,
    "matching": _matching,
    "categorising": _matching,
    "numeric": _numeric,
    "short_text": _short_text,
    "written": _written,
}
