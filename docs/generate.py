"""Write the parts of the documentation that the code itself knows.

`python docs/generate.py` replaces what stands between `<!-- generated: NAME -->` and `<!-- end -->` in this folder's pages.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

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


PARTS: Final[Mapping[str, Callable[[], Iterator[str]]]] = {"editorial-rules": editorial_rules}


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
