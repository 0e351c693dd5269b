"""How far an answer may be from an accepted number.

A tolerance gives one `bound`, or `lower` (t0) and `upper` (t1); each end is met inclusively unless it is strict.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from grading.errors import ItemError
from grading.exact import exact, round_to_decimals, round_to_significant

Matches = Callable[[Fraction], bool]


def read_tolerance(value: Fraction, tolerance: dict[str, Any] | None, where: str) -> Matches:
    """Turn an accepted value and its tolerance into a test of a number."""
    if tolerance is None:
        return lambda x: x == value
    kind = tolerance.get("kind", "")
    if kind == "rounded":
        return rounded(value, tolerance, where)
    if kind not in BOUNDS:
        raise ItemError("unknown_tolerance", f"{kind!r} is no kind of tolerance", where)
    below, above = (_bound(tolerance, side, where) for side in ("lower", "upper"))
    return _between(*BOUNDS[kind](value, below, above), tolerance)


def _bound(tolerance: dict[str, Any], side: str, where: str) -> Fraction:
    if side not in tolerance and "bound" not in tolerance:
        raise ItemError("missing_bound", f"the tolerance has neither bound nor {side}", where)
    bound = exact(tolerance.get(side, tolerance.get("bound")), f"{where}.{side}")
    if bound < 0:
        raise ItemError("negative_bound", "a tolerance is not negative", where)
    return bound


def absolute(value: Fraction, below: Fraction, above: Fraction) -> tuple[Fraction, Fraction]:
    """|x − a| ≤ t: from a − t0 to a + t1."""
    return value - below, value + above


def relative(value: Fraction, below: Fraction, above: Fraction) -> tuple[Fraction, Fraction]:
    """|x − a| ≤ t·|a|: from a − t0·|a| to a + t1·|a|."""
    return value - below * abs(value), value + above * abs(value)


def geometric(value: Fraction, below: Fraction, above: Fraction) -> tuple[Fraction, Fraction]:
    """Between a/(1 + t0) and a·(1 + t1), which is the lower end when a is negative."""
    return value / (1 + below), value * (1 + above)


def _between(first: Fraction, second: Fraction, tolerance: dict[str, Any]) -> Matches:
    """Each end keeps its own strictness, also where a negative value turns the two around."""
    ends = [(first, bool(tolerance.get("lower_strict"))), (second, bool(tolerance.get("upper_strict")))]
    (low, low_strict), (high, high_strict) = ends if first <= second else ends[::-1]
    return lambda x: (low < x if low_strict else low <= x) and (x < high if high_strict else x <= high)


def rounded(value: Fraction, tolerance: dict[str, Any], where: str) -> Matches:
    """Equal after both are rounded half up to so many significant figures or decimal places."""
    if "significant" in tolerance:
        figures = int(tolerance["significant"])
        if figures < 1:
            raise ItemError("no_figures", "at least one significant figure is needed", where)
        target = round_to_significant(value, figures)
        return lambda x: round_to_significant(x, figures) == target
    if "decimals" not in tolerance:
        raise ItemError("missing_bound", "rounded needs significant or decimals", where)
    decimals = int(tolerance["decimals"])
    nearest = round_to_decimals(value, decimals)
    return lambda x: round_to_decimals(x, decimals) == nearest


BOUNDS: Final = {"absolute": absolute, "relative": relative, "geometric": geometric}
KINDS: Final[dict[str, Callable[..., object]]] = {**BOUNDS, "rounded": rounded}
