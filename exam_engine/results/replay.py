"""Replaying a sealed bundle: the chain, the score and the decision computed again from the bundle alone, with no database."""

from collections.abc import Iterator, Mapping
from typing import Any

from exam_engine.core.audit import Finding
from exam_engine.core.canonical import canonical_json
from exam_engine.delivery.rules import VIEW_SLOT, fold_newest, link, save_digest
from exam_engine.results.rules import component_of
from grading import GradingError
from grading.score import canonical, score
from grading.standards import decide

Bundle = Mapping[str, Any]


def replay(bundle: Bundle) -> list[Finding]:
    """Everything in which the bundle is not what its parts give; nothing when it replays byte for byte.

    `bundle` has been checked against its schema.
    """
    return [*_chain_faults(bundle), *_score_faults(bundle)]


def _chain_faults(bundle: Bundle) -> Iterator[Finding]:
    chain, answers = bundle["chain"], bundle["answers"]
    head, seen = chain.get("start", ""), set()
    for place, answer in enumerate(answers, 1):
        where = f"answer {place} (slot {answer['slot']}, number {answer['seq']})"
        digest = save_digest(bundle["attempt"], answer["slot"], answer["seq"], canonical_json(answer["response"]))
        if digest != answer["digest"]:
            yield Finding(where, "its digest is not that of its content")
        if answer["seq"] in seen:
            yield Finding(where, "its number stands twice")
        seen.add(answer["seq"])
        head = link(head, digest)
    if chain.get("length", len(answers)) != len(answers):
        yield Finding("chain", f"names {chain['length']} answers, but the bundle holds {len(answers)}")
    if head != chain["head"]:
        yield Finding("chain", f"ends at {head}, not at the head {chain['head']}")


def _score_faults(bundle: Bundle) -> Iterator[Finding]:
    try:
        scored = score_bundle(bundle)
        decided = _decide(bundle, scored)
    except GradingError as error:
        yield Finding("score", f"cannot be computed: {error}")
        return
    if canonical(scored) != canonical(bundle["score"]):
        yield from _differences("score", scored, bundle["score"])
    if decided is not None and canonical(decided) != canonical(bundle["decision"]):
        yield from _differences("decision", decided, bundle["decision"])


def score_bundle(bundle: Bundle) -> dict[str, Any]:
    """The score of the bundle's answers under its keys and people's marks."""
    saves = [(answer["slot"], answer["seq"], answer["response"]) for answer in bundle["answers"] if answer["slot"] != VIEW_SLOT]
    responses = {slot: response for slot, (_, response) in fold_newest(saves).items()}
    return score(bundle["paper"]["slots"], responses, bundle.get("persons", {}))


def _decide(bundle: Bundle, scored: Mapping[str, Any]) -> dict[str, Any] | None:
    """The decision over this paper and the others; None when none was made yet."""
    if bundle.get("decision") is None or bundle.get("standard") is None:
        return None
    others = bundle.get("others", [])
    code = bundle["paper"]["id"]
    own = [] if any(part["id"] == code for part in others) else [component_of(code, scored)]
    return decide(bundle["standard"], [*own, *others]).as_json()


def _differences(place: str, computed: Any, given: Any) -> Iterator[Finding]:
    """The innermost places at which two documents differ."""
    if isinstance(computed, dict) and isinstance(given, dict):
        for name in sorted(computed.keys() | given.keys()):
            yield from _differences(f"{place}.{name}", computed.get(name), given.get(name))
    elif isinstance(computed, list) and isinstance(given, list) and len(computed) == len(given):
        for number, (one, other) in enumerate(zip(computed, given, strict=True)):
            yield from _differences(f"{place}[{number}]", one, other)
    elif computed != given or type(computed) is not type(given):
        yield Finding(place, f"is {_short(given)}, but the answers give {_short(computed)}")


def _short(value: Any) -> str:
    text = canonical(value).decode()
    return text if len(text) <= 80 else f"{text[:77]}…"
