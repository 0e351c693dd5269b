"""Each candidate's own order of items and options, drawn so that any machine draws the same."""

import hashlib
import itertools
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np

T = TypeVar("T")
Document = Mapping[str, Any]

# What is shown in a drawn order, by type; rows and columns of a matrix, categories and the gaps of a cloze keep theirs.
SHUFFLED: Final = {
    "single_choice": "options",
    "multiple_choice": "options",
    "matching": "right",
    "ordering": "entries",
}


def candidate_seed(sitting_seed: int | str, candidate: str) -> int:
    """Derive a candidate's seed: the SHA-256 of the sitting's seed and the candidate's number, as a whole number."""
    # The length in front keeps ("1", "23") and ("12", "3") apart.
    text = f"{len(str(sitting_seed))}:{sitting_seed}{candidate}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def draw_form(forms: Sequence[T], seed: int) -> T:
    """Draw the candidate's form, each as likely as the other."""
    return forms[int(_generator(seed, "form").integers(len(forms)))]


def draw_order(form: Document, items: Mapping[str, Document], seed: int) -> dict[str, Any]:
    """Draw the order in which a candidate sees a form.

    Parameters
    ----------
    form
        A paper document. Parts of a case (ids such as `case/t1/a`) keep their order and stay together; with
        `shuffle: false` all its slots stay in their places.
    items
        The items of the form by id. An item's `shuffle: false` keeps its options in place, an option's `fixed: true` its
        own place.
    seed
        The candidate's seed, see `candidate_seed`.

    Returns
    -------
    `{"slots": [{"slot", "item", "options"}]}` in the order drawn. A slot keeps its name wherever it stands; `options` are
    the ids in the order drawn (of `right` for matching, of `entries` for ordering), left out where nothing is shuffled.
    """
    groups = [list(group) for _, group in itertools.groupby(enumerate(form["slots"]), key=_group)]
    drawn = _generator(seed, "items").permutation(len(groups))
    order = drawn if form.get("shuffle", True) else range(len(groups))
    return {"slots": [_drawn(slot, items, seed) for index in order for _, slot in groups[index]]}


def _generator(seed: int, purpose: str) -> np.random.Generator:
    """Make a generator of its own for each purpose, so that a change to one item leaves the order of others alone."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def _item_id(slot: Document) -> str:
    item = slot["item"]
    return str(item["id"] if isinstance(item, Mapping) else item)


def _group(numbered: tuple[int, Document]) -> Hashable:
    """Give the case of a part, or the place of an item that stands alone."""
    place, slot = numbered
    case, separator, _ = _item_id(slot).partition("/")
    return case if separator else place


def _drawn(slot: Document, items: Mapping[str, Document], seed: int) -> dict[str, Any]:
    item_id = _item_id(slot)
    item = items[item_id]
    drawn = {"slot": slot["slot"], "item": item_id}
    field = SHUFFLED.get(item["type"])
    if field is None or not item.get("shuffle", True):
        return drawn
    return {**drawn, "options": _shuffled(item[field], _generator(seed, f"options/{slot['slot']}/{item_id}"))}


def _shuffled(options: Sequence[Document], generator: np.random.Generator) -> list[str]:
    """Give the ids in a drawn order; fixed ones stay where they are."""
    ids = [str(option["id"]) for option in options]
    loose = [place for place, option in enumerate(options) if not option.get("fixed", False)]
    drawn = list(ids)
    for place, source in zip(loose, generator.permutation(loose), strict=True):
        drawn[place] = ids[source]
    return drawn
