"""What an assembly looks like on paper: the answer for machines, and one paper document a form."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from question_bank.assembly.assemble import Assembly, Form
from question_bank.assembly.rules import EarlierUse, Request

KIND: Final = "theory"


def assembly_document(assembly: Assembly) -> dict[str, Any]:
    """Give the whole answer as plain data."""
    return {
        "status": assembly.status,
        "seed": assembly.seed,
        "gap": assembly.gap,
        "forms": [_form_document(form) for form in assembly.forms],
    }


def _form_document(form: Form) -> dict[str, Any]:
    document: dict[str, Any] = {
        "items": list(form.items),
        "information": [{"theta": theta, "value": value} for theta, value in form.information],
        "counts": dict(form.counts),
    }
    if form.mean_b_logit is not None:
        document["mean_b"] = form.mean_b_logit
    return document


def paper_document(request: Request, form: Form, number: int) -> dict[str, Any]:
    """Give form `number` as a paper: slots q1, q2, … that refer to items by id (and version, from a bank).

    A level or a syllabus place is named where the bank knows one.
    """
    known = {document["id"]: document for document in request.pool.documents}
    items = [known.get(item, {}) for item in form.items]
    paper: dict[str, Any] = {
        "id": f"{request.blueprint.id}-{number}",
        "kind": KIND,
        "form": number,
        "blueprint": request.blueprint.id,
        "seed": request.seed,
    }
    levels = {document.get("level") for document in items}
    if len(levels) == 1 and None not in levels:
        paper["level"] = levels.pop()
    paper["slots"] = [
        _slot_document(f"q{place}", item, document)
        for place, (item, document) in enumerate(zip(form.items, items, strict=True), start=1)
    ]
    return paper


def _slot_document(slot: str, item: str, document: Mapping[str, Any]) -> dict[str, Any]:
    if not document:
        return {"slot": slot, "item": item}
    section = {"section": document["syllabus"]} if "syllabus" in document else {}
    reference = {"id": item, "version": document.get("version", 1)}
    return {"slot": slot, **section, "item": reference, "marks": document.get("marks", 1)}


def write_assembly(request: Request, assembly: Assembly, folder: Path) -> list[Path]:
    """Write assembly.json and form-1.json … into `folder`; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = {"assembly.json": assembly_document(assembly)} | {
        f"form-{number}.json": paper_document(request, form, number) for number, form in enumerate(assembly.forms, start=1)
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [folder / name for name in documents]


def read_earlier_use(paths: Iterable[Path]) -> EarlierUse:
    """Count the forms in earlier assembly.json files; raises ValueError for a file that is not one."""
    counts: dict[str, int] = {}
    total = 0
    for path in paths:
        try:
            forms = json.loads(path.read_text(encoding="utf-8"))["forms"]
            for item in [item for form in forms for item in form["items"]]:
                counts[item] = counts.get(item, 0) + 1
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: is not the assembly.json of an earlier assembly") from error
        total += len(forms)
    return EarlierUse(total, counts)
