"""Pools and blueprints for the tests, and the rules of a form counted once more by other means."""

import itertools
import math

import numpy as np

from question_bank.assembly import Request
from question_bank.blueprint import Blueprint, parse_blueprint
from question_bank.pool import Pool, column_of

DOMAINS = ("incident", "problem", "change", "release", "desk")
MAXIMIN = {"at": [-1, 0, 1], "goal": "maximin"}


def make_pool(size, seed=0, domains=DOMAINS):
    rng = np.random.default_rng(seed)
    b = rng.normal(size=size)
    ids = tuple(f"i{number}" for number in range(1, size + 1))
    columns = {
        "id": column_of(ids),
        "domain": column_of(domains[place] for place in rng.integers(len(domains), size=size)),
        "difficulty": column_of(np.clip(np.rint(b + 3), 1, 5).tolist()),
    }
    return Pool(
        source="pool.csv",
        ids=ids,
        places=tuple(f"line {line}" for line in range(2, size + 2)),
        columns=columns,
        a=np.exp(rng.normal(0, 0.25, size)),
        b=b,
        c=rng.uniform(0, 0.25, size),
        d=1.0,
        provisional=np.zeros(size, dtype=bool),
    )


def make_blueprint(length, **rules) -> Blueprint:
    return parse_blueprint({"length": length, **rules})


def quota(name, low=None, high=None, **where):
    bounds = {key: value for key, value in (("min", low), ("max", high)) if value is not None}
    return {"name": name, "where": where or {"domain": name}, **bounds}


def quotas_for(length):
    return [quota(domain, length // 6, length // 3) for domain in DOMAINS]


def information_of(pool: Pool, items, theta):
    """Sum the 3PL information one item at a time, straight from the formula."""
    total = 0.0
    for item in items:
        row = pool.ids.index(item)
        a, b, c = pool.a[row], pool.b[row], pool.c[row]
        p = c + (1 - c) / (1 + math.exp(-pool.d * a * (theta - b)))
        total += a**2 * pool.d**2 * ((1 - p) / p) * ((p - c) / (1 - c)) ** 2
    return total


def keeps(request: Request, forms, names=None) -> bool:
    """Say whether forms (tuples of ids) keep the rules called `names` (all of them when None), counted naively."""
    blueprint = request.blueprint

    def asked(name):
        return names is None or name in names

    counts = {item: sum(item in form for form in forms) for item in request.pool.ids}
    cap = math.floor((blueprint.exposure or 1) * request.forms + 1e-9)
    pairs = list(itertools.combinations(map(set, forms), 2))
    return all(
        (
            all(_form_keeps(request, form, asked) for form in forms),
            not asked("exposure") or blueprint.exposure is None or max(counts.values()) <= cap,
            not asked("overlap") or blueprint.overlap is None or all(len(a & b) <= blueprint.overlap for a, b in pairs),
        )
    )


def _form_keeps(request, form, asked):
    blueprint, pool = request.blueprint, request.pool
    if len(set(form)) != len(form) or (asked("length") and len(form) != blueprint.length):
        return False
    if asked("enemies") and any(set(pair) <= set(form) for pair in blueprint.enemies):
        return False
    if asked("forbidden") and set(form) & set(request.forbidden):
        return False
    for rule in blueprint.constraints:
        found = sum(_meets(pool, item, rule.where) for item in form)
        if asked(rule.name) and not rule.minimum <= found <= (rule.maximum if rule.maximum is not None else math.inf):
            return False
    wanted = blueprint.information
    if wanted and wanted.target and asked("information"):
        values = [information_of(pool, form, theta) for theta in wanted.at]
        return all(abs(value - wanted.target) <= wanted.target * wanted.tolerance * (1 + 1e-9) for value in values)
    return True


def _meets(pool, item, where):
    row = pool.ids.index(item)
    for name, wanted in where.items():
        value = str(pool.columns[name].text[row])
        if isinstance(wanted, dict):
            if not wanted.get("min", -math.inf) <= float(value) <= wanted.get("max", math.inf):
                return False
        elif value != str(wanted):
            return False
    return True


def all_forms(request: Request):
    """Every subset of the pool."""
    ids = request.pool.ids
    return [form for size in range(len(ids) + 1) for form in itertools.combinations(ids, size)]


def forms_exist(request: Request, names) -> bool:
    """Try every combination of forms."""
    single = Request(request.pool, request.blueprint, 1, forbidden=request.forbidden)
    alone = [name for name in names if name not in {"exposure", "overlap"}]
    candidates = [form for form in all_forms(request) if keeps(single, [form], alone)]
    choices = itertools.combinations_with_replacement(candidates, request.forms)
    return any(keeps(request, forms, names) for forms in choices)
