"""The document kept with a result: what was decided, on which marks and by which standard, as pages and appeals need it."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from exam_engine.results.collect import TakenPaper
from exam_engine.results.rules import Judged, find_cut, outcome_entry, percent, sum_areas
from exam_engine.sittings import gate
from exam_engine.sittings.records import Booking
from exam_engine.sittings.rules import paper_of
from grading.exact import written
from grading.score import Score

Document = dict[str, Any]


def describe(booking: Booking, judged: Judged, papers: Sequence[TakenPaper], scores: Mapping[int, Score]) -> Document:
    """The decision with everything it rests on; numbers are exact strings, texts come from the scheme and the papers."""
    enrolment, sitting = booking.enrolment, booking.sitting
    level = enrolment.scheme_version.get_level(enrolment.level)
    sat = [(one.candidate_paper.form.slots, scores[one.attempt.id]) for one in papers if one.attempt]
    entry = outcome_entry(level["standard"], judged, (str(sitting.id), gate.sitting_day(sitting)))
    return {
        **judged.decision.as_json(),
        "final": judged.is_final,
        "scheme": {"id": enrolment.scheme_version.scheme, "version": enrolment.scheme_version.version},
        "standard": level["standard"],
        "papers": [_describe_paper(level, one, judged) for one in papers],
        "areas": _name_areas(sum_areas(sat), enrolment.scheme_version.document["syllabus"]),
        "history": entry,
    }


def _describe_paper(level: Document, taken: TakenPaper, judged: Judged) -> Document:
    """One paper: what it counts, what was needed, and what it brought (`marks` is None when it was not sat)."""
    paper = taken.candidate_paper.sitting_paper
    rule, standard = paper_of(level, paper.code), level["standard"]
    part = next((one for one in judged.components if one["id"] == paper.code), None)
    cut, weights = find_cut(standard, paper.code), standard.get("weights", {})
    return {
        "id": paper.code, "kind": paper.kind, "title": rule.get("short_title", paper.title),
        "attempt": taken.attempt.id if taken.attempt else None,
        "carried": paper.code in judged.carried, "needed": None if cut is None else written(cut),
        "weight": str(weights[paper.code]) if len(weights) > 1 else None,
        "marks": part["marks"] if part else None, "max": part["max"] if part else None,
        "score": written(percent(part)) if part else None, "sections": dict(part["sections"]) if part else {},
        "titles": _task_titles(taken) if rule.get("sections") == "task" else {},
    }  # fmt: skip


def _task_titles(taken: TakenPaper) -> Document:
    case = orjson.loads(taken.candidate_paper.form.marking).get("case")
    return {task["id"]: task["title"] for task in case["tasks"]} if case else {}


def _name_areas(areas: Sequence[Document], syllabus: Sequence[Mapping[str, Any]]) -> list[Document]:
    """Areas with their titles, in the order of the syllabus."""
    places = [place["place"] for place in syllabus]
    titles = {place["place"]: place["title"] for place in syllabus}
    ranked = sorted(areas, key=lambda area: places.index(area["id"]) if area["id"] in places else len(places))
    return [{**area, "title": titles.get(area["id"], area["id"]), "score": written(percent(area))} for area in ranked]
