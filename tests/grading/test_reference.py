import ast
from pathlib import Path

import pytest

from grading.marking import BY_PERSON, RULES
from grading.reference import moves_table, rules_table, tolerances_table
from grading.retakes import VOID

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "marking.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "grading").glob("*.py"))


@pytest.mark.parametrize("table", [rules_table, tolerances_table, moves_table])
def test_the_tables_of_the_page_are_those_the_code_writes(table):
    assert table() in PAGE


def codes():
    """Every literal code given to a refusal, or handed to a check that refuses with it."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error") and node.args:
                yield from (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_check_known", "_check_distinct"):
                yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant))


def test_every_code_of_a_refusal_is_on_the_page():
    found = {code for code in codes() if isinstance(code, str) and code.isidentifier()}
    assert {"ambiguous_number", "unknown_row", "missing_cut"} <= found
    assert not sorted(code for code in found if f"`{code}`" not in PAGE)


def test_every_reason_for_a_void_sitting_is_on_the_page():
    assert not [reason for reason in (*VOID.values(), "too_early") if f"| `{reason}` |" not in PAGE]


def test_the_formats_page_lists_the_rules_of_every_type_with_the_default_first():
    for kind, rules in RULES.items():
        row = next(line for line in FORMATS.splitlines() if line.startswith(f"| `{kind}` |"))
        named = row.split("|")[-2] if kind not in ("categorising", "matrix") else " ".join(f"`{rule}`" for rule in rules)
        assert [word.strip("`") for word in named.split()] == list(rules)
    assert BY_PERSON.isdisjoint(RULES)


def test_the_package_imports_nothing_but_the_schemas_and_numbers():
    allowed = {"grading", "schemas", "numpy", "scipy", "re2"}
    standard = __import__("sys").stdlib_module_names
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] not in allowed | standard], source
