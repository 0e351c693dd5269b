"""docs/simulation.md says what the code does."""

import re
from pathlib import Path
from typing import Any

import pytest

from exam_engine.demo.crowd import LEAKED_SHARE
from exam_engine.demo.exam_day import MARKERS, SCRIPT_SD_LOGIT
from exam_engine.demo.simulate import LEARNED_LOGIT, POPULATION
from grading.psychometrics.simulated_raters import STEP_SPREAD_LOGIT
from grading.psychometrics.simulation import COPIED_TIME, KNOWN_CHANCE, KNOWN_TIME, Population

PAGE = (Path(__file__).parents[2] / "docs" / "simulation.md").read_text("utf-8")


def test_the_example_runs_and_gives_what_it_names() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    named = re.findall(r"\.(\w+)", example.rpartition("#")[2])
    assert named
    assert {getattr(names["responses"], name).shape for name in named} == {(20_000, 100)}


@pytest.mark.parametrize(
    "said",
    [
        f"means 0, sd {Population().theta_sd_logit:g} and {Population().speed_sd:g}",
        f"correlation {Population().speed_correlation:g}",
        f"mean −{-Population().omit_mean_logit:g}, sd {Population().omit_sd_logit:g}",
        f"{100 * Population().copied_least:g} to {100 * Population().copied_most:g} %",
        f"mean −{-POPULATION.theta_mean_logit:g}, sd {POPULATION.theta_sd_logit:g}",
        f"intermediate level have {LEARNED_LOGIT['intermediate']} more, to the senior level {LEARNED_LOGIT['senior']}",
        f"{100 * POPULATION.copiers:g} % each",
        f"{100 * LEAKED_SHARE:g} % of the theory items",
        f"chance {KNOWN_CHANCE}, in {KNOWN_TIME} of the time",
        f"{COPIED_TIME} of the time",
        f"steps evenly from −{STEP_SPREAD_LOGIT} to {STEP_SPREAD_LOGIT} logits",
        f"severities {MARKERS['novak'].severity_logit[0]} and −{-MARKERS['liu'].severity_logit[0]} logits",
        f"consistency {MARKERS['novak'].consistency[0]:g};",
        f"by sd {SCRIPT_SD_LOGIT}",
    ],
)
def test_the_page_says_the_figures_of_the_code(said: str) -> None:
    assert said in PAGE


def test_every_source_named_in_the_tables_is_listed() -> None:
    text, _, listed = PAGE.partition("## Sources")
    for name, year in re.findall(r"([A-Z]\w+),? (\d{4})", text.partition("```")[2].rpartition("```")[2]):
        assert name in listed, name
        assert year in listed, year
