"""Files: pieces, resumption, what is checked, and where the bytes lie."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from exam_engine.core.database import Database
from exam_engine.delivery import files
from exam_engine.delivery.records import StoredFile
from tests.delivery.site import FILES, Reply, Site, Sitter, TestClock, sample_items, seed

SLOT = "q5"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 2_000


def docx() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    return packed.getvalue()


@pytest.fixture
def sitter(database: Database, site: Site) -> Sitter:
    return site.sit(seed(database, 2, [*sample_items(), FILES]))


def announce(sitter: Sitter, content: bytes, name: str = "change.pdf", **changes: Any) -> Reply:
    document = {"slot": SLOT, "name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return sitter.post("files", {**document, **changes})


def put(sitter: Sitter, file: str, offset: int, piece: bytes) -> Reply:
    path = f"/api/v1/attempts/{sitter.attempt}/files/{file}?offset={offset}"
    return sitter.site.call("PUT", path, piece, {"Authorization": f"Exam {sitter.started['token']}"})


def send_all(sitter: Sitter, content: bytes, name: str = "change.pdf", **changes: Any) -> Reply:
    reply = announce(sitter, content, name, **changes)
    if reply.status != 200:
        return reply
    file, offset, piece = (reply.json[field] for field in ("file", "offset", "piece"))
    while offset < len(content):
        reply = put(sitter, file, offset, content[offset : offset + piece])
        if reply.status != 200:
            return reply
        offset = reply.json["offset"]
    return reply


def path_of(site: Site, file: str) -> Path:
    return site.settings.data_dir / "files" / file[1:3] / file


def test_a_file_arrives_in_pieces_and_its_bytes_are_what_was_sent(site: Site, sitter: Sitter, clock: TestClock) -> None:
    file = announce(sitter, PDF).json["file"]
    assert put(sitter, file, 0, PDF[:262_144]).json == {"offset": 262_144, "complete": False}
    assert put(sitter, file, 262_144, PDF[262_144:]).json == {"offset": len(PDF), "complete": True, "stored_ms": clock.ms}
    assert path_of(site, file).read_bytes() == PDF
    with site.database.read() as session:
        assert session.scalars(select(StoredFile.type)).one() == "pdf"
    answer = [{"name": "change.pdf", "sha256": hashlib.sha256(PDF).hexdigest(), "size": len(PDF)}]
    assert sitter.save(SLOT, answer).json["results"][0]["state"] == "stored"


def test_the_same_file_announced_again_goes_on_where_it_stopped(sitter: Sitter) -> None:
    first = announce(sitter, PDF).json
    put(sitter, first["file"], 0, PDF[:100])
    assert announce(sitter, PDF).json == {**first, "offset": 100}
    wrong = put(sitter, first["file"], 0, PDF[:100])
    assert (wrong.status, wrong.json["code"], wrong.json["offset"]) == (409, "wrong_offset", 100)
    assert put(sitter, first["file"], 100, PDF[100:]).json["complete"] is True
    assert put(sitter, first["file"], 0, PDF).json["complete"] is True


def test_what_arrived_must_be_what_was_announced(site: Site, sitter: Sitter) -> None:
    reply = send_all(sitter, PDF, sha256="0" * 64)
    assert (reply.status, reply.json["code"]) == (422, "digest_mismatch")
    again = announce(sitter, PDF, sha256="0" * 64).json
    assert again["offset"] == 0
    assert not path_of(site, again["file"]).exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + bytes(500), "change.pdf"), (PDF, "change.exe"), (b"<html><script>alert(1)</script>\x00", "change.pdf"),
        (b"PK\x03\x04" + bytes(100), "change.docx"), (b"\x89PNG\r\n\x1a\n" + bytes(64), "change.pdf"), (PDF, "change"),
    ],
)  # fmt: skip
def test_the_kind_is_told_from_the_bytes_and_the_name_is_not_believed(sitter: Sitter, content: bytes, name: str) -> None:
    reply = send_all(sitter, content, name)
    assert (reply.status, reply.json["code"]) == (415, "wrong_type")


@pytest.mark.parametrize(
    ("content", "name"), [(docx(), "plan.docx"), ("变更计划\n第一步".encode(), "计划.txt"), (PDF, "PLAN.PDF")]
)
def test_accepted_kinds_are_accepted(sitter: Sitter, content: bytes, name: str) -> None:
    assert send_all(sitter, content, name).json["complete"] is True


def test_sizes_are_capped_when_announced_and_when_sent(sitter: Sitter) -> None:
    assert announce(sitter, PDF, size=700_001).json["code"] == "too_large"
    file = announce(sitter, PDF).json["file"]
    assert put(sitter, file, 0, PDF + b"x").json["code"] == "too_large"
    assert put(sitter, file, 0, b"x" * (files.LARGEST_PIECE + 1)).json["code"] == "too_large"


def test_a_name_never_leads_anywhere(site: Site, sitter: Sitter) -> None:
    reply = send_all(sitter, PDF, "../../../../tmp/evil.pdf")
    assert reply.json["complete"] is True
    assert {path.parent.parent for path in (site.settings.data_dir / "files").rglob("f*") if path.is_file()} == {
        site.settings.data_dir / "files"
    }
    for name in ("../../../secret", "f" + "0" * 32, "f%2e%2e"):
        assert put(sitter, name, 0, b"x").json["code"] == "not_found"


def test_a_file_belongs_to_one_attempt_and_one_question(site: Site, sitter: Sitter) -> None:
    file = announce(sitter, PDF).json["file"]
    with site.database.read() as session:
        other_paper = session.scalars(select(StoredFile.attempt_id)).one()
    assert other_paper == sitter.attempt
    assert announce(sitter, PDF, slot="q1").json["code"] == "unknown_slot"
    assert announce(sitter, PDF, slot="q99").json["code"] == "unknown_slot"
    assert announce(sitter, PDF, name="a\nb.pdf").json["code"] == "bad_request"
    assert announce(sitter, PDF, owner=2).json["code"] == "bad_request"
    assert file


def test_nobody_fills_the_disk_by_announcing(sitter: Sitter) -> None:
    codes = [announce(sitter, PDF, sha256=f"{number:064x}").json.get("code") for number in range(files.MOST_FILES + 1)]
    assert codes == [None] * files.MOST_FILES + ["too_large"]


def test_no_piece_is_taken_after_the_end(sitter: Sitter, clock: TestClock) -> None:
    file = announce(sitter, PDF).json["file"]
    clock.pass_time(minutes=30, seconds=11)
    assert put(sitter, file, 0, PDF).json["code"] == "too_late"
    sitter.submit(0)
    assert put(sitter, file, 0, PDF).json["code"] == "handed_in"
    assert announce(sitter, PDF).json["code"] == "handed_in"


def test_a_full_disk_is_answered_503_and_the_file_goes_on_afterwards(sitter: Sitter, monkeypatch: pytest.MonkeyPatch) -> None:
    file = announce(sitter, PDF).json["file"]

    def fail(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("exam_engine.delivery.files.os.fsync", fail)
        assert put(sitter, file, 0, PDF).json["code"] == "storage_unavailable"
    assert announce(sitter, PDF).json["offset"] == 0
    assert put(sitter, file, 0, PDF).json["complete"] is True


def test_a_list_of_names_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    from exam_engine.delivery.sniffing import sniff

    hostile = tmp_path / "hostile"
    end = b"PK\x05\x06" + bytes(8) + (50_000_000).to_bytes(4, "little") + bytes(6)
    hostile.write_bytes(b"PK\x03\x04" + bytes(30) + end)
    assert sniff(hostile) == "zip"
