"""Measures item analysis, beside what plain NumPy needs to go over the same data: ratios can be compared between machines."""

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grading.psychometrics.items import analyse
from grading.psychometrics.large import open_scores
from grading.psychometrics.reliability import cronbach_alpha, lambda2
from grading.psychometrics.sufficient import Sufficient

BLOCK = 250_000


def best(call: Callable[[], Any], times: int) -> float:
    """Seconds of the fastest of several calls: what the machine can do when nothing else runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def whole(scores: Any) -> None:
    """Item analysis and two coefficients."""
    found = Sufficient.of(scores)
    analyse(found)
    cronbach_alpha(found)
    lambda2(found)


def passes(scores: NDArray[Any]) -> None:
    """What is compared with: means, variances, totals and the covariances of the items, each by a plain call."""
    for start in range(0, len(scores), BLOCK):
        block = scores[start : start + BLOCK].astype(np.float64)
        block.mean(axis=0)
        block.var(axis=0, ddof=1)
        block.sum(axis=1).var(ddof=1)
        np.cov(block, rowvar=False)


def in_memory(candidates: int = 20_000, items: int = 100) -> dict[str, float]:
    """A matrix in memory."""
    scores = (np.random.default_rng(1).random((candidates, items)) < 0.6).astype(np.float64)
    whole(scores)
    return {"seconds": best(lambda: whole(scores), 9), "plain": best(lambda: passes(scores), 9)}


def beyond_memory(candidates: int, items: int, folder: Path) -> dict[str, float]:
    """A file larger than what is held in memory, by Dask."""
    random = np.random.default_rng(2)
    matrix = np.lib.format.open_memmap(folder / "r.npy", mode="w+", dtype=np.int8, shape=(candidates, items))
    for start in range(0, candidates, BLOCK):
        rows = min(BLOCK, candidates - start)
        ability = random.normal(size=(rows, 1)).astype(np.float32)
        matrix[start : start + rows] = random.standard_normal((rows, items), dtype=np.float32) < ability
    matrix.flush()
    taken = best(lambda: whole(open_scores(folder / "r.npy")[1]), 1)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": taken, "peak_mb": memory, "plain": best(lambda: passes(matrix), 1)}


def show(name: str, found: dict[str, float]) -> None:
    """A line of figures."""
    memory = f", at most {found['peak_mb']:,.0f} MB" if "peak_mb" in found else ""
    print(f"{name}: {found['seconds']:.3f} s, {found['seconds'] / found['plain']:.2f} of plain passes{memory}")


def measure(*, at_scale: bool) -> dict[str, dict[str, float]]:
    """All figures, printed."""
    results = {"item analysis, 20,000 x 100": in_memory()}
    if at_scale:
        with tempfile.TemporaryDirectory() as folder:
            results["item analysis by Dask, 10,000,000 x 60"] = beyond_memory(10_000_000, 60, Path(folder))
    print()
    for name, found in results.items():
        show(name, found)
    return results
