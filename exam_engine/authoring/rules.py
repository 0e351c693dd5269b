"""The life of an item version and of a calibration, one table each."""

from typing import Final

from exam_engine.authoring.records import CalibrationState, ItemState

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
