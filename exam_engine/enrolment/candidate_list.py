"""What the officers' page of candidates shows: who they are, and the levels each of them is on the way to."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from exam_engine.core.errors import Refusal
from exam_engine.enrolment.records import Candidate, Enrolment, EnrolmentState

MOST_LISTED: Final = 200


@dataclass
class CandidateRow:
    """One candidate with every way to a level."""

    candidate: Candidate
    enrolments: list[Enrolment]

    def levels_left(self, levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of `levels` that the candidate is not on the way to."""
        active = {one.level for one in self.enrolments if one.state is EnrolmentState.ACTIVE}
        return [level for level in levels if level["id"] not in active]


def list_candidates(session: Session, wanted: str = "") -> tuple[list[CandidateRow], bool]:
    """Candidates whose number holds `wanted`, the newest first, and whether there are more than are listed."""
    query = select(Candidate).options(joinedload(Candidate.user)).where(Candidate.number.icontains(wanted, autoescape=True))
    found = list(session.scalars(query.order_by(Candidate.id.desc()).limit(MOST_LISTED + 1)))
    rows = {one.id: CandidateRow(one, []) for one in found[:MOST_LISTED]}
    ways = select(Enrolment).options(joinedload(Enrolment.scheme_version)).where(Enrolment.candidate_id.in_(rows))
    for enrolment in session.scalars(ways.order_by(Enrolment.id)):
        rows[enrolment.candidate_id].enrolments.append(enrolment)
    return list(rows.values()), len(found) > MOST_LISTED


def get_candidate(session: Session, candidate_id: int) -> Candidate:
    """The candidate of this id.

    Raises
    ------
    Refusal
        `not_found`.
    """
    found = session.get(Candidate, candidate_id)
    if found is None:
        raise Refusal("not_found", f"there is no candidate {candidate_id}")
    return found
