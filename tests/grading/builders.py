"""Small items to mark: only what a rule looks at."""

from fractions import Fraction

from grading import compile_item, mark


def entries(ids):
    return [{"id": name, "text": name} for name in ids]


def single(rule="all_or_nothing", options="ABCD", key="B", **marking):
    return {"id": "i", "type": "single_choice", "options": entries(options), "key": key, "marking": {"rule": rule, **marking}}


def multiple(rule="all_or_nothing", options="ABCDE", key="AC", **marking):
    item = single(rule, options, list(key), **marking)
    return item | {"type": "multiple_choice"}


def true_false(key, rule="all_or_nothing"):
    return {"id": "i", "type": "true_false", "key": key, "marking": {"rule": rule}}


def matching(rule="per_pair", key="1a 2b 3c 4d", rights="abcde", lefts="1234"):
    pairs = {pair[0]: pair[1] for pair in key.split()}
    item = {"id": "i", "type": "matching", "left": entries(lefts), "right": entries(rights)}
    return item | {"key": pairs, "marking": {"rule": rule}}


def ordering(rule, key="ABCD"):
    return {"id": "i", "type": "ordering", "entries": entries(sorted(key)), "key": list(key), "marking": {"rule": rule}}


def numeric(*accepted, units=None, **fields):
    key = {"accepted": [entry if isinstance(entry, dict) else {"value": entry} for entry in accepted]}
    return {"id": "i", "type": "numeric", "key": key | ({"units": units} if units else {}), **fields}


def short_text(*accepted, **options):
    key = {"accepted": [entry if isinstance(entry, dict) else {"text": entry} for entry in accepted]}
    return {"id": "i", "type": "short_text", "key": key | options}


def credit(item, response):
    """Exact credit, by the checked way and by the compiled way: they never differ."""
    marked = mark(item, response)
    assert compile_item(item)(response) == marked
    return marked.exact_credit


def share(text):
    return Fraction(text)
