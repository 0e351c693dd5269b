"""The life of an item version and of a calibration, one table each; and where a cut score stands in a scheme."""

import re
from collections.abc import Mapping
from copy import deepcopy
from fractions import Fraction
from typing import Any, Final

from exam_engine.authoring.records import CalibrationState, ItemState
from exam_engine.core.errors import Refusal

TRANSITIONS: Final[dict[tuple[ItemState, str], ItemState]] = {
    (ItemState.DRAFT, "submit"): ItemState.IN_REVIEW,
    (ItemState.IN_REVIEW, "return"): ItemState.DRAFT,
    (ItemState.IN_REVIEW, "approve"): ItemState.APPROVED,
    (ItemState.APPROVED, "retire"): ItemState.RETIRED,
}


def next_state(state: ItemState, event: str) -> ItemState | None:
    """Where `event` leads from `state`; None when it is not possible there."""
    return TRANSITIONS.get((state, event))


CALIBRATION: Final[dict[tuple[CalibrationState, str], CalibrationState]] = {
    (CalibrationState.QUEUED, "start"): CalibrationState.RUNNING,
    (CalibrationState.RUNNING, "start"): CalibrationState.RUNNING,  # taken over from a worker that is not heard of any more
    (CalibrationState.RUNNING, "propose"): CalibrationState.PROPOSED,
    (CalibrationState.RUNNING, "fail"): CalibrationState.FAILED,
    (CalibrationState.PROPOSED, "accept"): CalibrationState.ACCEPTED,
    (CalibrationState.PROPOSED, "reject"): CalibrationState.REJECTED,
}


def next_calibration_state(state: CalibrationState, event: str) -> CalibrationState | None:
    """Where `event` leads a calibration from `state`; None when it is not possible there."""
    return CALIBRATION.get((state, event))


WHOLE: Final = "total"
"""The place of a cut that is for the whole level and not for one of its papers."""

_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?")


def with_cut(scheme: Mapping[str, Any], place: tuple[str, str], cut: str) -> dict[str, Any]:
    """The scheme with another cut score; the one that is given is left as it is.

    In a conjunctive standard a paper's cut stands in `cuts`. In a compensatory one the cut of the total is `cut`, which is
    also that of an only paper, and a paper among several has its own cut in `floors`.

    Parameters
    ----------
    scheme
        The document.
    place
        The level, and one of its papers or `WHOLE`.
    cut
        Percent, from 0 to 100, as it is written: it is compared exactly.

    Raises
    ------
    Refusal
        `bad_content` when `cut` is no percentage, or a conjunctive standard is given a cut for the whole.
    """
    if not _PERCENT.fullmatch(cut) or Fraction(cut) > 100:
        raise Refusal("bad_content", f"{cut!r} is not a number from 0 to 100", field="cut")
    found, (level, paper) = deepcopy(dict(scheme)), place
    standard = next(one for one in found["levels"] if one["id"] == level)["standard"]
    value: int | str = int(Fraction(cut)) if Fraction(cut).denominator == 1 else cut
    is_only = len(standard.get("weights", {})) == 1
    if standard["model"] == "conjunctive":
        if paper == WHOLE:
            raise Refusal(
                "bad_content", "every paper of this level has a cut of its own; there is none for the whole", field="cut"
            )
        standard["cuts"][paper] = value
        return found
    if paper == WHOLE or is_only:
        standard["cut"] = value
    if paper != WHOLE and (not is_only or paper in standard.get("floors", {})):
        standard["floors"] = {**standard.get("floors", {}), paper: value}
    return found
