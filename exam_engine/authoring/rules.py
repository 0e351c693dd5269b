"""The life of an item version, as one table."""

from typing import Final

from exam_engine.authoring.records import ItemState

TRANSITIONS: Final[dict[tuple[ItemState, str], ItemState]] = {
    (ItemState.DRAFT, "submit"): ItemState.IN_REVIEW,
    (ItemState.IN_REVIEW, "return"): ItemState.DRAFT,
    (ItemState.IN_REVIEW, "approve"): ItemState.APPROVED,
    (ItemState.APPROVED, "retire"): ItemState.RETIRED,
}


def next_state(state: ItemState, event: str) -> ItemState | None:
    """Where `event` leads from `state`; None when it is not possible there."""
    return TRANSITIONS.get((state, event))
