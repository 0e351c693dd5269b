"""The pages of markers: anonymous, escaped, usable without JavaScript, and closed to everybody else."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from exam_engine.core import sign_in
from exam_engine.core.config import Settings
from exam_engine.core.database import Database
from exam_engine.core.page import Site, prepare_app
from exam_engine.core.views import core
from exam_engine.delivery.files import FileDesk
from exam_engine.marking.records import ScriptState
from exam_engine.marking.views import marking
from tests.conftest import NOW, SECRET
from tests.marking.desk import FILES, WRITTEN, Desk, build_desk


def make_app(desk: Desk, folder: Path) -> Flask:
    """A site that has no other stage than marking."""
    app = Flask("exam_engine", static_folder=None)
    settings = Settings(data_dir=folder, database_url=desk.database.url, secret=SECRET)
    prepare_app(app, Site(settings, desk.database, lambda: NOW))
    app.register_blueprint(core)
    app.register_blueprint(marking)
    return app


class Browser:
    """One signed-in person: reads pages, sends forms with the right token."""

    def __init__(self, desk: Desk, app: Flask, login: str) -> None:
        with desk.database.write() as session:
            self.token = sign_in.open_session(session, desk.users[login], NOW, hours=1)
        self.client: FlaskClient = app.test_client()
        self.client.set_cookie(sign_in.COOKIE, self.token)
        self.client.set_cookie("language", "en")

    def get(self, path: str, **headers: str):
        return self.client.get(path, headers=headers)

    def post(self, path: str, **fields: str):
        return self.client.post(path, data={"csrf": sign_in.csrf_token(self.token, SECRET), **fields})


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return build_desk(sqlite_database, candidates=2)


@pytest.fixture
def app(desk: Desk, tmp_path: Path) -> Flask:
    for file in ("fc1", "fc2"):
        path = FileDesk(desk.database, tmp_path / "files", lambda: NOW, 0).path_of(file)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"%PDF")
    return make_app(desk, tmp_path)


@pytest.fixture
def mia(desk: Desk, app: Flask) -> Browser:
    return Browser(desk, app, "mia")


def open_script(browser: Browser, item: str = WRITTEN) -> str:
    """Take the next script of a task; its address."""
    response = browser.post("/marking/next", item=item)
    assert response.status_code == 302
    return response.location


FULL = {"marks.cause": "1.5", "comment.cause": "", "marks.clarity": "2", "comment.clarity": "clear"}


def test_the_queues_show_each_task_with_what_waits(mia: Browser) -> None:
    page = mia.get("/marking").text
    assert "Task 1a: Write the problem statement" in page
    assert "0 of 2 marked" in page
    assert "2 for you to mark" in page


def test_the_page_of_a_script_shows_answer_task_model_and_rubric(mia: Browser) -> None:
    page = mia.get(open_script(mia)).text
    for words in (
        "Shops in the east cannot take cards.",
        "Shops open at 08:00.",
        "The backup fills uplink 2.",
        "Most likely cause",
        "English, 17 words",
    ):
        assert words in page
    assert "an early draft" not in page
    assert re.findall(r"<p><i>(\d)</i>", page) == ["1", "2"]
    for exhibit in ("INC-1", "The third morning.", "pos-gw-02", "Restored within <strong>60</strong> minutes."):
        assert exhibit in page


def test_no_page_address_or_header_names_the_candidate(mia: Browser, desk: Desk) -> None:
    seen = []
    for item in (WRITTEN, FILES):
        address = open_script(mia, item)
        for path in (address, "/marking", f"{address}/files/1"):
            response = mia.get(path)
            seen.append(f"{path}\n{response.headers}\n{response.get_data(as_text=True)}")
            response.close()
    assert len(seen) == 6
    for name in [*desk.names, "R-c", "/attempts/"]:
        assert all(name not in text for text in seen), name


def test_what_a_candidate_wrote_is_never_markup(mia: Browser) -> None:
    page = mia.get(open_script(mia)).text
    assert "&lt;b&gt;full&lt;/b&gt;" in page
    assert "<b>full</b>" not in page


def test_the_page_has_no_inline_script_or_style(mia: Browser) -> None:
    page = mia.get(open_script(mia)).text
    assert " style=" not in page
    assert re.findall(r"<script[^>]*>([^<]*)</script>", page) == [""]


def test_the_plain_form_saves_finishes_and_brings_the_next_script(mia: Browser, desk: Desk) -> None:
    address = open_script(mia)
    after = mia.post(address, do="finish", **FULL)
    assert after.status_code == 302
    assert after.location.startswith("/marking/scripts/")
    assert after.location != address
    with desk.database.read() as session:
        script = desk.script(session, address.rsplit("/", 1)[1])
        assert (script.state, script.marks) == (ScriptState.SETTLED, "3.5")


def test_when_nothing_more_waits_the_queues_say_so(mia: Browser) -> None:
    mia.post(open_script(mia), do="finish", **FULL)
    last = mia.post(open_script(mia), do="finish", **FULL)
    assert unquote(last.location) == f"/marking?done={WRITTEN}"
    assert "Nothing more of this task waits for you at the moment." in mia.get(last.location).text


def test_an_incomplete_mark_is_kept_and_the_page_opens_what_is_missing(mia: Browser) -> None:
    address = open_script(mia)
    after = mia.post(address, do="finish", **{"marks.cause": "3", "comment.cause": "right", "comment.clarity": ""})
    assert after.location == f"{address}?wanted=clarity#criterion-clarity"
    page = mia.get(after.location).text
    assert "of 5, one criterion open" in page
    assert re.search(r'name="marks.cause" value="3" data-level="3" checked', page)
    assert re.search(r'id="criterion-clarity"[^>]* open>', page)


def test_a_draft_answers_with_time_total_and_what_is_open(mia: Browser) -> None:
    address = open_script(mia)
    response = mia.post(f"{address}/draft", criterion="cause", marks="1.5", comment="place only")
    assert response.json == {"total": "1.5", "open": ["clarity"], "saved": "10:00:00"}


def test_a_draft_that_no_level_gives_is_refused_as_a_problem_document(mia: Browser) -> None:
    address = open_script(mia)
    token = sign_in.csrf_token(mia.token, SECRET)
    headers = {"Accept": "application/json", "X-CSRF-Token": token}
    response = mia.client.post(f"{address}/draft", data={"criterion": "cause", "marks": "2"}, headers=headers)
    assert (response.status_code, response.mimetype, response.json["code"]) == (422, "application/problem+json", "bad_content")


def test_a_final_mark_is_shown_but_cannot_be_changed(mia: Browser) -> None:
    address = open_script(mia)
    mia.post(address, do="finish", **FULL)
    page = mia.get(address).text
    assert "Your mark is final." in page
    assert 'name="do"' not in page
    assert mia.post(address, do="save", **{**FULL, "marks.cause": "0"}).status_code == 409


def test_setting_aside_and_taking_up_again(mia: Browser) -> None:
    address = open_script(mia)
    assert mia.post(address, do="aside", reason="cannot be read", **FULL).location != address
    assert "cannot be read" in mia.get("/marking").text
    assert "You set this script aside: cannot be read" in mia.get(address).text
    assert mia.post(f"{address}/take-up").location == address
    assert 'value="finish"' in mia.get(address).text


def test_kept_comments_come_back_as_chips_on_the_next_script(mia: Browser) -> None:
    address = open_script(mia)
    assert mia.post(f"{address}/comments", criterion="cause", text="No <i>step</i>").json == {"kept": "No <i>step</i>"}
    following = mia.post(address, do="finish", **FULL).location
    page = mia.get(following).text
    assert '<button class="snip" type="button">No &lt;i&gt;step&lt;/i&gt;</button>' in page
    assert '<button class="snip" type="button">Change not named</button>' in page


def test_files_come_as_downloads_under_the_scripts_code(mia: Browser) -> None:
    address = open_script(mia, FILES)
    page = mia.get(address).text
    assert "PDF, 4 Bytes" in page
    response = mia.get(f"{address}/files/1")
    response.close()
    code = address.rsplit("/", 1)[1]
    assert response.headers["Content-Disposition"] == f"attachment; filename={code}-1.pdf"
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert mia.get(f"{address}/files/2").status_code == 404
    assert mia.get(f"{address}/files/{10**30}").status_code == 404


def test_a_script_that_was_not_given_to_a_marker_stays_closed(mia: Browser, desk: Desk, app: Flask) -> None:
    address = open_script(mia)
    noa = Browser(desk, app, "noa")
    for path in (address, f"{address}/files/1"):
        assert noa.get(path).status_code == 403
    for path in (address, f"{address}/draft", f"{address}/comments", f"{address}/take-up"):
        assert noa.post(path, criterion="cause", text="x", **FULL).status_code in {403, 409}
    assert noa.get("/marking/scripts/S-NONE0").status_code == 404


@pytest.mark.parametrize("login", ["off", "c1"])
def test_other_people_have_no_way_in(desk: Desk, app: Flask, login: str) -> None:
    browser = Browser(desk, app, login)
    assert browser.get("/marking").status_code == 403
    assert browser.post("/marking/next", item=WRITTEN).status_code == 403
    assert browser.get(f"/marking/scripts/{desk.written['c1']}").status_code == 403


def test_an_administrator_marks_nothing_even_with_a_markers_role(desk: Desk, app: Flask) -> None:
    assert Browser(desk, app, "root").get("/marking").status_code == 403


def test_a_change_needs_the_forms_token(mia: Browser) -> None:
    address = open_script(mia)
    assert mia.client.post(address, data={"do": "finish", **FULL}).status_code == 400


def test_every_sentence_of_the_pages_has_a_chinese_one(mia: Browser) -> None:
    folder = Path(__file__).parents[2] / "exam_engine" / "marking"
    with (folder / "zh_CN.po").open("rb") as file:
        known = {str(entry.id) for entry in read_po(file) if entry.string}
    used = {found for page in (folder / "templates").glob("*.html") for found in re.findall(r'_\("([^"]+)"', page.read_text())}
    assert used - known == set()
