"""Write the parts of the documentation that the code itself knows.

`python docs/generate.py` replaces what stands between `<!-- generated: NAME -->` and `<!-- end -->` in this folder's pages.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

import question_bank
from grading import psychometrics
from question_bank import load
from question_bank.editorial import BANK_RULES, CASE_RULES, ITEM_RULES, codes_of, coverage

DOCS: Final = Path(__file__).parent
_BLOCK: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def editorial_rules() -> Iterator[str]:
    """One row per editorial rule: what it reads, the codes of its warnings, its reason."""
    yield "| looks at | code | rule and reason |"
    yield "| --- | --- | --- |"
    read: list[tuple[str, tuple[Callable[..., Any], ...]]] = [
        ("item", ITEM_RULES),
        ("case", tuple(rule for rule in CASE_RULES if rule not in ITEM_RULES)),
        ("bank", (*BANK_RULES, coverage)),
    ]
    for what, rules in read:
        for rule in rules:
            yield f"| {what} | {' '.join(f'`{code}`' for code in codes_of(rule))} | {_first_paragraph(rule)} |"


def _first_paragraph(rule: Callable[..., Any]) -> str:
    return " ".join((inspect.getdoc(rule) or "").partition("\n\n")[0].split())


def sample_bank() -> Iterator[str]:
    """Counts of the sample bank: types and areas by level."""
    bank = load(Path(question_bank.__file__).parent / "banks" / "itsm")
    levels = list(dict.fromkeys(case["level"] for case in bank.cases))
    levels.sort(key=["junior", "intermediate", "senior"].index)
    yield f"{len(bank.items)} theory items and {len(bank.cases)} cases:"
    yield ""
    yield f"| | {' | '.join(levels)} | all |"
    yield "| --- |" + " --- |" * (len(levels) + 1)
    for name in ("type", "syllabus", "cognitive", "difficulty"):
        for value in sorted({item[name] for item in bank.items}):
            counts = [sum(item["level"] == level and item[name] == value for item in bank.items) for level in levels]
            label = f"difficulty {value}" if name == "difficulty" else value
            yield f"| {label} | {' | '.join(map(str, counts))} | {sum(counts)} |"
    cases = [sum(case["level"] == level for case in bank.cases) for level in levels]
    yield f"| cases | {' | '.join(map(str, cases))} | {sum(cases)} |"


def statistics() -> Iterator[str]:
    """One row per public function of the statistics: module, name, meaning, source."""
    yield "| function | gives | source |"
    yield "| --- | --- | --- |"
    for module in sorted(walk_packages(psychometrics.__path__, "grading.psychometrics."), key=lambda found: found.name):
        if ".charts" in module.name:
            continue
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction):
            if function.__module__ == module.name and not name.startswith("_") and (source := _source(function)):
                where = f"{module.name.removeprefix('grading.psychometrics.')}.{name}"
                yield f"| `{where}` | {_first_paragraph(function)} | {source} |"


def _source(function: Callable[..., Any]) -> str:
    """What stands under References, on one line; empty when nothing does."""
    found = re.search(r"References\n-+\n(.*?)(?:\n\n[A-Z]\w+\n-+|\Z)", inspect.getdoc(function) or "", re.DOTALL)
    return " ".join(found.group(1).split()).replace("|", "\\|") if found else ""


PARTS: Final[Mapping[str, Callable[[], Iterator[str]]]] = {
    "editorial-rules": editorial_rules,
    "sample-bank": sample_bank,
    "statistics": statistics,
}


def fill(page: str) -> str:
    """A page with its generated parts as the code says them now."""
    return _BLOCK.sub(lambda found: found[1] + "\n".join(PARTS[found[2]]()) + "\n" + found[3], page)


def main() -> int:
    """Rewrite the pages; answers how many changed."""
    changed = 0
    for path in sorted(DOCS.glob("*.md")):
        page = path.read_text("utf-8")
        if (filled := fill(page)) != page:
            path.write_text(filled, "utf-8")
            changed += 1
    return changed


if __name__ == "__main__":
    sys.stdout.write(f"{main()} pages changed\n")
