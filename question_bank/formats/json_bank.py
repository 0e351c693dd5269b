"""JSON: one item or case, a list of them, a bank file, or a bank folder with `bank.json`."""

import json
from collections.abc import Iterator, Mapping
from errno import EEXIST
from pathlib import Path
from typing import Any

from question_bank.formats import HasBank
from question_bank.formats.entries import Document, Entry, Kind, Read
from question_bank.formats.files import UnreadableError, decode_utf8, parse_json, read_bytes
from schemas import Problem, check


def read(path: Path) -> Read:
    """Read a JSON file or a bank folder; a broken file or item never hides the others."""
    found = Read(id=path.resolve().stem, title=path.resolve().stem)
    head = path / "bank.json" if path.is_dir() else path
    if path.is_dir() and not head.is_file():
        found.problems.append(Problem(str(path), "", "no_bank_file", "the folder has no bank.json"))
        return found
    for document in _parse(head, found):
        if isinstance(document, Mapping) and _is_bank(document):
            _read_bank(document, head, found)
        else:
            found.entries.extend(_entries(document, head))
    return found


def write(bank: HasBank, dest: Path) -> list[Entry]:
    """Write a bank file, or a bank folder when `dest` is a folder or has no suffix; JSON keeps everything.

    Raises
    ------
    FileExistsError
        When the folder is not empty: files left in it would be read as part of the bank.
    """
    head = {"id": bank.id, "title": bank.title, "languages": bank.languages}
    if dest.suffix and not dest.is_dir():
        _dump({**head, "items": bank.items, "cases": bank.cases}, dest)
    else:
        if dest.is_dir() and any(dest.iterdir()):
            raise FileExistsError(EEXIST, "the folder is not empty", str(dest))
        (dest / "items").mkdir(parents=True)
        (dest / "cases").mkdir()
        _dump({**head, "items": ["items/*.json"], "cases": ["cases/*.json"]}, dest / "bank.json")
        for folder, documents in (("items", bank.items), ("cases", bank.cases)):
            for document in documents:
                _dump(document, dest / folder / f"{document['id']}.json")
    kinds: tuple[tuple[Kind, list[Document]], ...] = (("item", bank.items), ("case", bank.cases))
    return [Entry(str(dest), "", kind, document["id"], document) for kind, documents in kinds for document in documents]


def _dump(document: object, dest: Path) -> None:
    dest.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")


def _parse(path: Path, found: Read) -> Iterator[Any]:
    """Yield the one document of a file, or none when it cannot be read."""
    try:
        yield parse_json(decode_utf8(read_bytes(path)))
    except UnreadableError as error:
        found.problems.append(Problem(str(path), error.place, error.code, str(error)))


def _is_bank(document: Mapping[str, Any]) -> bool:
    return not {"stem", "type", "tasks"} & document.keys() and bool({"items", "cases", "languages"} & document.keys())


def _read_bank(document: Mapping[str, Any], head: Path, found: Read) -> None:
    """Check the bank's own fields, then take up what it holds and what it names."""
    lists = {name: document[name] for name in ("items", "cases", "blueprints") if isinstance(document.get(name), list)}
    named = {name: [entry for entry in entries if isinstance(entry, str)] for name, entries in lists.items()}
    found.problems.extend(check("bank", {**document, **named}, str(head)))
    found.id = document["id"] if isinstance(document.get("id"), str) else found.id
    found.title = document.get("title", found.title)
    languages = document.get("languages")
    if isinstance(languages, list):
        found.languages = [language for language in languages if isinstance(language, str)]
    parallel = document.get("parallel")
    found.parallel = parallel if isinstance(parallel, int) else found.parallel
    for number, pattern in enumerate(lists.pop("blueprints", [])):
        for path in _named(head, pattern, f"blueprints[{number}]", found):
            found.blueprints.extend((str(path), blueprint) for blueprint in _parse(path, found))
    for name, entries in lists.items():
        for number, entry in enumerate(entries):
            if isinstance(entry, str):
                for path in _named(head, entry, f"{name}[{number}]", found):
                    for inner in _parse(path, found):
                        found.entries.extend(_entries(inner, path))
            else:
                found.entries.append(_entry(entry, str(head), f"{name}[{number}]", "item" if name == "items" else "case"))


def _named(head: Path, pattern: object, place: str, found: Read) -> Iterator[Path]:
    """Find the files of a bank folder that `pattern` names; nothing outside the folder is ever read."""
    folder = head.parent.resolve()
    if not isinstance(pattern, str) or any(problem.place == place for problem in found.problems):
        return
    try:
        paths = sorted(path for path in head.parent.glob(pattern) if path.is_file())
    except (NotImplementedError, ValueError, OSError):  # an absolute path, or no pattern at all
        found.problems.append(Problem(str(head), place, "outside", f'"{pattern}" is no path inside the bank\'s folder'))
        return
    if not paths and "*" not in pattern:
        found.problems.append(Problem(str(head), place, "no_file", f"there is no file {pattern}"))
    for path in paths:
        if not path.resolve().is_relative_to(folder):
            found.problems.append(Problem(str(head), place, "outside", f"{path.name} leads out of the bank's folder"))
            continue
        yield path


def _entries(document: object, path: Path) -> Iterator[Entry]:
    """Entries of a file that holds one document or a list of them."""
    if isinstance(document, list):
        for number, inner in enumerate(document):
            yield _entry(inner, str(path), f"[{number}]", _kind_of(inner))
    else:
        yield _entry(document, str(path), "", _kind_of(document))


def _kind_of(document: object) -> Kind:
    return "case" if isinstance(document, Mapping) and "tasks" in document and "type" not in document else "item"


def _entry(document: object, file: str, place: str, kind: Kind) -> Entry:
    name = document.get("id") if isinstance(document, dict) else None
    entry = Entry(file, place, kind, name if isinstance(name, str) else "(no id)")
    if isinstance(document, dict):
        entry.document = document
    else:
        entry.add(check(kind, document))
    return entry
