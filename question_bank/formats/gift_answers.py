"""The part of a GIFT question between its braces, by type."""

import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final, NamedTuple

from question_bank.formats.gift_text import show, to_markdown

_WEIGHT: Final = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{1,10})?)%")
_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?\Z")
_TRUTH: Final = re.compile(r"\s*(T|TRUE|F|FALSE)\s*(?:#(?P<one>[^#]*)(?:#(?P<two>[^#]*))?)?\Z", re.IGNORECASE)
_SHARES: Final = tuple(Fraction(part, whole) for whole in (3, 6, 7, 8, 9, 11, 12) for part in range(1, whole))


class AnswerError(ValueError):
    """An answer block that cannot be read."""


class Answer(NamedTuple):
    """One answer: its sign (`=` right, `~` wrong), its weight if it names one, its text and its feedback."""

    sign: str
    weight: Fraction | None
    text: str
    feedback: str


@dataclass(slots=True)
class Context:
    """What reading an answer needs to know, and what was lost on the way."""

    form: str
    losses: list[str] = field(default_factory=list)

    def markdown(self, text: str, what: str) -> str:
        """A text as Markdown."""
        return to_markdown(text, self.form, self.losses, what)


def read_answers(block: str, context: Context) -> dict[str, Any]:
    """Read what stands between the braces as the fields of an item.

    Raises
    ------
    AnswerError
        When it is none of the forms of GIFT.
    """
    if not block.strip():
        return {"type": "written"}
    if block.lstrip().startswith("#"):
        return _numeric(block.lstrip()[1:], context)
    if "~" in block:
        return _choice(_answers(block), context)
    if "=" in block and "->" in block:
        return _matching(_answers(block), context)
    if truth := _TRUTH.match(block):
        return _true_false(truth, context)
    return _short_text(_answers(block) if "=" in block else _answers(f"={block}"), context)


def _answers(block: str) -> list[Answer]:
    first, *rest = re.split(r"([~=])", block)
    if first.strip():
        message = f'"{show(first)[:40]}" stands before the first answer'
        raise AnswerError(message)
    return [_answer(sign, body) for sign, body in zip(rest[::2], rest[1::2], strict=True)]


def _answer(sign: str, body: str) -> Answer:
    match = _WEIGHT.match(body)
    text, _, feedback = (body[match.end() :] if match else body).partition("#")
    return Answer(sign, _share(match[1]) if match else None, text.strip(), feedback.strip())


def _share(percent: str) -> Fraction:
    """A weight; 33.33333 means a third."""
    value = Fraction(percent) / 100
    if len(percent.partition(".")[2]) < 2:
        return value
    near = min(_SHARES, key=lambda share: abs(share - abs(value)))
    return near * (1 if value > 0 else -1) if abs(near - abs(value)) < Fraction(1, 10_000) else value


def _written(share: Fraction) -> str:
    """A share as exact text: a decimal when it ends, else a fraction."""
    decimal = Decimal(share.numerator) / Decimal(share.denominator)
    return f"{decimal.normalize():f}" if Fraction(decimal) == share else f"{share.numerator}/{share.denominator}"


def _choice(answers: list[Answer], context: Context) -> dict[str, Any]:
    """Options: with a right one it is one of several; with weights alone, several may be chosen."""
    options = [_option(place, answer, context) for place, answer in enumerate(answers)]
    weights = [_weight_of(answer) for answer in answers]
    right = [option["id"] for option, weight in zip(options, weights, strict=True) if weight > 0]
    full = [option["id"] for option, weight in zip(options, weights, strict=True) if weight == 1]
    weighted = {option["id"]: _written(weight) for option, weight in zip(options, weights, strict=True) if weight}
    if not right:
        raise AnswerError("no answer is marked as right")
    marking: dict[str, dict[str, Any]] = {"marking": {"rule": "weighted", "weights": weighted}}
    if not any(answer.sign == "=" for answer in answers):
        return {"type": "multiple_choice", "options": options, "key": right} | marking
    if not full:
        raise AnswerError("no answer is worth 100 %")
    if min(weights) < 0:
        # Moodle keeps a single choice under 0; of several choices it takes the sum, never under 0.
        marking["marking"]["lower"] = _written(min(weights))
    plain = len(weighted) == 1
    return {"type": "single_choice", "options": options, "key": full[0]} | ({} if plain else marking)


def _weight_of(answer: Answer) -> Fraction:
    if answer.weight is not None:
        return answer.weight
    return Fraction(1 if answer.sign == "=" else 0)


def _option(place: int, answer: Answer, context: Context) -> dict[str, Any]:
    if not answer.text:
        message = f"answer {place + 1} is empty"
        raise AnswerError(message)
    name = chr(ord("A") + place) if place < 26 else f"A{place + 1}"
    option: dict[str, Any] = {"id": name, "text": context.markdown(answer.text, f"option {name}")}
    if rationale := context.markdown(answer.feedback, f"feedback of option {name}"):
        option["rationale"] = rationale
    return option


def _matching(answers: list[Answer], context: Context) -> dict[str, Any]:
    """Pairs; a right-hand side that occurs twice is one choice, and one without a left-hand side fits nothing."""
    pairs = []
    for answer in answers:
        left, arrow, right = answer.text.partition("->")
        if not arrow or not right.strip():
            message = f'"{show(answer.text)[:40]}" is not a pair'
            raise AnswerError(message)
        pairs.append((left.strip(), context.markdown(right, "right-hand side")))
        _lose_feedback(answer, context)
    choices = sorted({right for _, right in pairs}, key=lambda text: sha256(text.encode()).digest())
    ids = {text: f"r{place}" for place, text in enumerate(choices, start=1)}
    lefts = [(context.markdown(left, "left-hand side"), ids[right]) for left, right in pairs if left]
    if not lefts:
        raise AnswerError("no pair has a left-hand side")
    return {
        "type": "matching",
        "left": [{"id": f"l{place}", "text": text} for place, (text, _) in enumerate(lefts, start=1)],
        "right": [{"id": name, "text": text} for text, name in ids.items()],
        "key": {f"l{place}": right for place, (_, right) in enumerate(lefts, start=1)},
    }


def _true_false(truth: re.Match[str], context: Context) -> dict[str, Any]:
    """Right or wrong, with feedback for the wrong and for the right answer."""
    fields: dict[str, Any] = {"type": "true_false", "key": truth[1].upper().startswith("T")}
    if rationale := context.markdown(truth["two"] or "", "feedback"):
        fields["rationale"] = rationale
    if truth["one"] and truth["one"].strip():
        context.losses.append("feedback of the wrong answer")
    return fields


def _short_text(answers: list[Answer], context: Context) -> dict[str, Any]:
    accepted: list[dict[str, Any]] = []
    for answer in answers:
        if not answer.text:
            raise AnswerError("an accepted answer is empty")
        text = show(answer.text)
        found: dict[str, Any] = {"text": text} | ({"match": "wildcard"} if "*" in text else {})
        _accept(accepted, found, answer, context)
    return _any_accepted("short_text", accepted)


def _numeric(block: str, context: Context) -> dict[str, Any]:
    block, answers = block.strip(), []
    accepted: list[dict[str, Any]] = []
    answers = _answers(block if block[:1] in ("=", "~") else f"={block}")
    for answer in answers:
        if answer.sign == "~" or answer.text == "*":
            context.losses.append("feedback of wrong answers")
            continue
        _accept(accepted, _value(answer.text), answer, context)
    return _any_accepted("numeric", accepted)


def _value(text: str) -> dict[str, Any]:
    """`3`, `3:0.5` or `1..5`."""
    low, dots, high = text.partition("..")
    if dots:
        first, last = _decimal(low), _decimal(high)
        if first > last:
            message = f'"{text}" runs downwards'
            raise AnswerError(message)
        return {"value": f"{(first + last) / 2:f}", "tolerance": {"kind": "absolute", "bound": f"{(last - first) / 2:f}"}}
    value, _, bound = text.partition(":")
    found: dict[str, Any] = {"value": str(_decimal(value))}
    if bound.strip() and _decimal(bound):
        found["tolerance"] = {"kind": "absolute", "bound": str(abs(_decimal(bound)))}
    return found


def _decimal(text: str) -> Decimal:
    try:
        if _NUMBER.match(text.strip()):
            return Decimal(text.strip())
    except InvalidOperation:
        pass
    message = f'"{show(text)[:40]}" is not a number'
    raise AnswerError(message)


def _accept(accepted: list[dict[str, Any]], found: dict[str, Any], answer: Answer, context: Context) -> None:
    """Take up an accepted answer with its credit; one worth nothing says nothing."""
    _lose_feedback(answer, context)
    weight = _weight_of(answer)
    if weight > 0:
        accepted.append(found | ({"credit": _written(weight)} if weight != 1 else {}))


def _any_accepted(kind: str, accepted: list[dict[str, Any]]) -> dict[str, Any]:
    if not accepted:
        raise AnswerError("no answer is right")
    return {"type": kind, "key": {"accepted": accepted}}


def _lose_feedback(answer: Answer, context: Context) -> None:
    if answer.feedback:
        context.losses.append(f'feedback of the answer "{show(answer.text)[:40]}"')
