"""The rules of a blueprint as numbers over the items that may be used, each rule known by its name."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from question_bank.blueprint import Blueprint
from question_bank.pool import Flags, Floats, Pool

Whole = NDArray[np.int64]

EXPOSURE_ROUNDING: Final = 1e-9
# The solver keeps a row to within 1e-6; a window drawn in by more cannot be left.
WINDOW_MARGIN: Final = 2e-6
FIXED_RULES: Final = ("pool", "forbidden", "length", "exposure", "overlap", "enemies", "information")


@dataclass(frozen=True)
class EarlierUse:
    """Forms already in use: how many there are, and in how many of them each item stands."""

    forms: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What to assemble: `forms` papers from `pool` by `blueprint`, drawn by `seed`.

    `forbidden` are ids no form may hold (a candidate has seen them); `earlier` counts towards the exposure.
    """

    pool: Pool
    blueprint: Blueprint
    forms: int = 1
    seed: int = 0
    forbidden: Collection[str] = ()
    earlier: EarlierUse = field(default_factory=EarlierUse)


@dataclass(frozen=True)
class Quota:
    """At least `minimum` and at most `maximum` of the marked items."""

    name: str
    members: Flags
    minimum: int
    maximum: float


@dataclass(frozen=True)
class Rules:
    """Rules in force, over the usable items only (`items` are their rows in the pool).

    A rule that is not in force is None, empty or boundless. `points` is the information matrix (points × items) when
    information is asked for, `window` its lowest and highest value; `cap` says in how many forms an item may stand.
    """

    forms: int
    items: Whole
    length: int | None
    quotas: tuple[Quota, ...]
    enemies: Whole
    overlap: int | None
    cap: Whole
    points: Floats | None
    window: tuple[float, float] | None


def quota_name(name: str) -> str:
    """Name the rule of a constraint; one that is called like a fixed rule says that it is a constraint."""
    return f"constraint {name}" if name in FIXED_RULES else name


def rule_names(request: Request) -> list[str]:
    """List the rules that can exclude a form; a maximin goal is a wish and excludes none."""
    blueprint = request.blueprint
    in_force = {
        "pool": bool(blueprint.where),
        "forbidden": bool(request.forbidden),
        "length": True,
        "exposure": blueprint.exposure is not None,
        "overlap": blueprint.overlap is not None and request.forms > 1,
        "enemies": bool(blueprint.enemies or request.pool.enemies),
        "information": blueprint.information is not None and blueprint.information.target is not None,
    }
    return [name for name in FIXED_RULES if in_force[name]] + [quota_name(rule.name) for rule in blueprint.constraints]


def compile_rules(request: Request, names: Collection[str]) -> Rules:
    """Turn the rules called `names` into numbers; the others are not in force."""
    blueprint, pool = request.blueprint, request.pool
    items = np.flatnonzero(usable(request, names))
    cap = exposure_caps(request)[items] if "exposure" in names else np.full(len(items), request.forms)
    overlap = blueprint.overlap if "overlap" in names else None
    if overlap == 0:
        # No shared item at all is the same as one form an item, which is far easier to search.
        cap, overlap = np.minimum(cap, 1), None
    information = blueprint.information
    return Rules(
        forms=request.forms,
        items=items,
        length=blueprint.length if "length" in names else None,
        quotas=tuple(
            Quota(rule.name, pool.select(rule.where)[items], rule.minimum, math.inf if rule.maximum is None else rule.maximum)
            for rule in blueprint.constraints
            if quota_name(rule.name) in names
        ),
        enemies=enemy_pairs(request, items) if "enemies" in names else np.empty((0, 2), dtype=np.int64),
        overlap=overlap,
        cap=cap,
        points=np.nan_to_num(pool.information(information.at)[:, items]) if information else None,
        window=target_window(blueprint) if "information" in names else None,
    )


def usable(request: Request, names: Collection[str]) -> Flags:
    """Mark the items that `pool` and `forbidden` leave."""
    found = request.pool.select(request.blueprint.where if "pool" in names else {})
    if "forbidden" in names:
        found &= ~np.isin(np.array(request.pool.ids), list(request.forbidden))
    return found


def exposure_caps(request: Request) -> Whole:
    """Say in how many of the new forms each item of the pool may stand, earlier use taken off."""
    most = request.blueprint.exposure
    if most is None:
        return np.full(len(request.pool), request.forms)
    allowed = math.floor(most * (request.forms + request.earlier.forms) + EXPOSURE_ROUNDING)
    used = np.array([request.earlier.counts.get(item, 0) for item in request.pool.ids])
    return np.clip(np.int64(allowed) - used, 0, request.forms)


def enemy_pairs(request: Request, items: Whole) -> Whole:
    """Give the pairs of usable items that exclude each other, named by the blueprint or by the items themselves."""
    rows = {item: row for row, item in enumerate(request.pool.ids)}
    named = {tuple(sorted(rows[item] for item in pair)) for pair in request.blueprint.enemies}
    place = {int(row): index for index, row in enumerate(items)}
    pairs = sorted(named | set(request.pool.enemies))
    found = [(place[one], place[other]) for one, other in pairs if one in place and other in place]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def target_window(blueprint: Blueprint) -> tuple[float, float] | None:
    """Give the lowest and highest information allowed at every point, a hair inside so that rounding cannot cross it."""
    information = blueprint.information
    if information is None or information.target is None:
        return None
    reach = max(information.tolerance - WINDOW_MARGIN, 0.0)
    return information.target * (1.0 - reach), information.target * (1.0 + reach)
