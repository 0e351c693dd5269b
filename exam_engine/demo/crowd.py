"""The simulated candidates of one site by number, and what is true of the items they meet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from sqlalchemy.orm import Session

from exam_engine.authoring.actions import approved_documents
from exam_engine.demo.answers import BY_PERSONS, GRADED, responses_to
from exam_engine.sittings.papers import parts_of
from grading.psychometrics.simulation import Estimates, Items, People, draw_items, draw_people
from question_bank.pool import provisional_parameters

Item = Mapping[str, Any]

LEAKED_SHARE: Final = 0.3
"""Share of the theory items that somebody has carried outside."""

TYPICAL_TIME: Final = 2 / 3
"""Authors say how long an item or a case may take; the typical candidate takes this share of it."""

USUAL_TIME_S: Final = 60.0


@dataclass(frozen=True)
class Crowd:
    """Simulated candidates; `rows` says by a candidate's number which of `people` it is."""

    rows: Mapping[str, int]
    people: People

    @classmethod
    def of_abilities(cls, thetas_logit: Mapping[str, float], draw: Generator) -> "Crowd":
        """Honest candidates with these abilities."""
        people = draw_people(len(thetas_logit), draw)
        return cls.of_people(thetas_logit, replace(people, theta_logit=np.array(list(thetas_logit.values()))))

    @classmethod
    def of_people(cls, numbers: Iterable[str], people: People) -> "Crowd":
        """These people under these numbers, in their order."""
        return cls({number: row for row, number in enumerate(numbers)}, people)

    def learned(self, gain_logit: float) -> "Crowd":
        """The same candidates with more ability."""
        return replace(self, people=self.people.learned(gain_logit))

    def seat(self, numbers: Sequence[str]) -> People:
        """Those who sit together with the same form, in the order of their seats."""
        return self.people.take([self.rows[number] for number in numbers])

    def theta_logit(self, number: str) -> float:
        """A candidate's ability."""
        return float(self.people.theta_logit[self.rows[number]])


class ItemPool:
    """The true parameters of every item on a site by its code; what is not calibrated is drawn around the author's estimate."""

    def __init__(self, session: Session, levels: Iterable[str], draw: Generator) -> None:
        self.documents: dict[str, Item] = {}
        for level in levels:
            self.documents |= {item["id"]: item for item in approved_documents(session, "item", level)}
        theory = len(self.documents)
        times_s = [TYPICAL_TIME * item["time_s"] if "time_s" in item else USUAL_TIME_S for item in self.documents.values()]
        for level in levels:
            for case in approved_documents(session, "case", level):
                parts = {f"{case['id']}/{name}": part for name, part in parts_of(case).items()}
                self.documents |= parts
                times_s += _case_times(case, list(parts.values()))
        self._columns = {code: column for column, code in enumerate(self.documents)}
        drawn = draw_items(estimate_items(list(self.documents.values()), times_s), draw, leaked_share=LEAKED_SHARE)
        self._items = replace(drawn, leaked=drawn.leaked & (np.arange(len(drawn)) < theory))

    def take(self, codes: Iterable[str]) -> Items:
        """The items with these codes, in that order."""
        return self._items.take([self._columns[code] for code in codes])


def _case_times(case: Item, parts: Sequence[Item]) -> list[float]:
    """The parts share the time of their case as they share its marks."""
    marks = np.array([float(part.get("marks", 1)) for part in parts])
    return list(60 * case.get("minutes", len(parts)) * TYPICAL_TIME * marks / marks.sum())


def estimate_items(items: Sequence[Item], times_s: Sequence[float]) -> Estimates:
    """What the authors say of these items, and the seconds a typical candidate takes for each."""
    parameters = [item.get("parameters") or provisional_parameters(item) for item in items]
    wrong = [1 if item["type"] in BY_PERSONS else len(responses_to(item)) - 1 for item in items]
    return Estimates(
        b_logit=np.array([one.get("b", 0.0) for one in parameters]),
        guess=np.array([one.get("c", 0.0) for one in parameters]),
        time_s=np.array(times_s),
        wrong=np.array(wrong),
        graded=np.array([item["type"] in GRADED for item in items]),
    )
