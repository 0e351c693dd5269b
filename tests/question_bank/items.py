"""One good item of every type, and a case with every kind of exhibit, for the tests of this folder."""

from typing import Any


def text(word: str) -> dict[str, str]:
    return {"zh-CN": f"{word} 中文", "en": word}


def choices(*ids: str) -> list[dict[str, Any]]:
    return [{"id": name, "text": text(f"choice {name}")} for name in ids]


RUBRIC: dict[str, Any] = {
    "criteria": [
        {
            "id": "clear",
            "title": text("canary criterion"),
            "max": 2,
            "levels": [
                {"marks": 0, "title": text("canary low"), "text": text("canary anchor")},
                {"marks": 2, "title": text("high")},
            ],
            "comments": [text("canary comment")],
        }
    ],
    "model_answer": text("canary model answer"),
    "double": {"total_tolerance": 1, "criterion_tolerance": "0.5", "rounding": {"step": "0.5", "mode": "half_up"}},
}

SHARED: dict[str, Any] = {
    "version": 2,
    "level": "junior",
    "syllabus": "process.incident",
    "cognitive": "recall",
    "difficulty": 2,
    "time_s": 61,
    "marks": 2,
    "parameters": {"a": 1.25, "b": -0.5, "c": 0.2},
    "tags": {"practice": "canary tag"},
    "references": ["canary reference"],
    "context": text("the situation"),
    "stem": text("the question"),
    "rationale": text("canary rationale"),
    "notes": "canary note",
}

_OF_TYPE: dict[str, dict[str, Any]] = {
    "single_choice": {
        "options": [
            {"id": "A", "text": text("one"), "rationale": text("canary wrong because")},
            {"id": "B", "text": text("two")},
            {"id": "C", "text": text("all of these"), "fixed": True},
        ],
        "key": "B",
        "marking": {"rule": "weighted", "weights": {"A": "0.25", "B": 1}, "lower": 0, "upper": 1},
    },
    "multiple_choice": {
        "options": choices("A", "B", "C", "D"),
        "choose": {"min": 1, "max": 3},
        "key": ["A", "C"],
        "marking": {"rule": "balanced"},
    },
    "true_false": {"key": False},
    "matching": {"left": choices("l1", "l2"), "right": choices("r1", "r2", "r3"), "key": {"l1": "r2", "l2": "r1"}},
    "categorising": {"left": choices("x", "y", "z"), "right": choices("p", "q"), "key": {"x": "p", "y": "p", "z": "q"}},
    "matrix": {"rows": choices("row1", "row2"), "columns": choices("yes", "no"), "key": {"row1": "no", "row2": "no"}},
    "ordering": {"entries": choices("e1", "e2", "e3"), "key": ["e2", "e1", "e3"], "marking": {"rule": "adjacent_pairs"}},
    "numeric": {
        "unit": "%",
        "decimals": 1,
        "locale": "en",
        "key": {
            "accepted": [
                {"value": "98.76", "tolerance": {"kind": "absolute", "bound": "0.05"}},
                {"value": "98.7", "tolerance": {"kind": "rounded", "significant": 3}, "credit": "0.5"},
            ],
            "units": {"multipliers": {"h": 1, "min": "1/60"}, "required": False, "penalty": "0.1", "penalty_of": "mark"},
        },
    },
    "short_text": {
        "max_length": 40,
        "key": {"accepted": [{"text": "canary answer", "match": "wildcard"}], "ignore_case": True},
    },
    "cloze": {
        "text": {"zh-CN": "先 {{g1}} 后 {{g2}} 再 {{g3}}", "en": "first {{g1}} then {{g2}} and {{g3}}"},
        "gaps": {
            "g1": {"type": "single_choice", "options": choices("A", "B"), "key": "A", "weight": 2},
            "g2": {"type": "numeric", "key": {"accepted": [{"value": "97.31"}]}},
            "g3": {"type": "short_text", "key": {"accepted": [{"text": "canary gap"}]}},
        },
    },
    "written": {"words": {"min": 50, "max": 200}, "rubric": RUBRIC},
    "files": {"accept": ["pdf", "docx"], "max_files": 2, "max_bytes": 1_000_000, "rubric": RUBRIC},
}


def item(kind: str, **changes: Any) -> dict[str, Any]:
    return {"id": f"i-{kind}", "type": kind, **SHARED, **_OF_TYPE[kind]} | changes


TYPES = tuple(_OF_TYPE)


def every_item() -> list[dict[str, Any]]:
    return [item(kind) for kind in TYPES]


def case() -> dict[str, Any]:
    return {
        "id": "case-1",
        "level": "junior",
        "syllabus": ["process.incident"],
        "minutes": 45,
        "title": text("A bad morning"),
        "scenario": text("Payments **stop**."),
        "notes": "canary case note",
        "exhibits": [
            {
                "id": "A",
                "kind": "table",
                "tab": text("Queue"),
                "title": text("Tickets"),
                "columns": [{"title": text("No."), "nowrap": True}, {"title": text("Count"), "align": "end"}],
                "rows": [[text("INC-1"), "3"], ["", text("`none`")]],
            },
            {
                "id": "B",
                "kind": "thread",
                "title": text("Mail"),
                "messages": [{"from": text("Ana"), "text": text("It *hangs*")}],
            },
            {"id": "C", "kind": "document", "title": text("SLA"), "text": text("Four hours"), "note": text("Signed")},
            {
                "id": "D",
                "kind": "relations",
                "title": text("Map"),
                "nodes": [
                    {"id": "n1", "title": text("db"), "x": 0, "y": 0, "state": "hurt"},
                    {"id": "n2", "title": "app", "x": 1, "y": 0},
                ],
                "edges": [{"from": "n2", "to": "n1", "text": text("uses"), "shared": True}],
            },
            {
                "id": "E",
                "kind": "bars",
                "title": text("Load"),
                "unit": "%",
                "target": 60,
                "bars": [{"title": text("Mon"), "value": 48}],
            },
        ],
        "tasks": [
            {"id": "t1", "title": text("Sort it"), "parts": [item("single_choice", id="a"), item("written", id="b")]},
        ],
    }
