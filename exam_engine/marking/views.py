"""Pages of the markers: their queues, and one anonymous script beside its rubric."""

from typing import Any, Final

from flask import jsonify, redirect, render_template, request, send_file, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from exam_engine.core.errors import Refusal
from exam_engine.core.page import current_language, get_site, require, signed_in, stage
from exam_engine.core.records import Role
from exam_engine.core.words import say_when
from exam_engine.delivery.files import FileDesk
from exam_engine.marking import actions, rules, script_page
from exam_engine.marking.queues import list_queues, list_set_aside, measure_progress
from exam_engine.marking.records import Mark
from exam_engine.marking.tasks import list_files, read_response, read_task

marking = stage("marking", __name__)

MARKERS: Final = (Role.MARKER, Role.SENIOR_MARKER)


@marking.get("/marking")
@require(*MARKERS)
def queues() -> str:
    """What waits for this marker, task by task."""
    with get_site().database.read() as session:
        return render_template(
            "marking_queues.html", queues=list_queues(session, signed_in()), aside=list_set_aside(session, signed_in()),
            say_title=script_page.say_title, done=request.args.get("done"),
        )


@marking.post("/marking/next")
@require(*MARKERS)
def take_next() -> Response:
    """Take the next script of a task."""
    return _go_on(request.form.get("item", ""), adjudicate=request.form.get("adjudicate") == "1")


@marking.get("/marking/scripts/<code>")
@require(*MARKERS)
def script(code: str) -> str:
    """One script beside its rubric."""
    with get_site().database.read() as session:
        mark = actions.get_mark(session, signed_in(), code)
        shown = _read_page(session, mark)
        return render_template("marking_script.html", mark=mark, code=code, wanted=request.args.get("wanted"), **shown)


@marking.post("/marking/scripts/<code>")
@require(*MARKERS)
def save_script(code: str) -> Response:
    """Save the whole form; then finish the mark and go on, set the script aside, or stay."""
    wish = request.form.get("do", "save")
    _save_form(code)
    if wish == "aside":
        with get_site().database.write() as session:
            mark = actions.set_aside(session, signed_in(), code, request.form.get("reason", ""), get_site().clock())
            item, adjudicate = mark.script.item, _is_disputed(mark)
        return _go_on(item, adjudicate=adjudicate)
    if wish != "finish":
        return redirect(url_for("marking.script", code=code))
    try:
        with get_site().database.write() as session:
            actions.finish_mark(session, signed_in(), code, get_site().clock())
            mark = actions.get_mark(session, signed_in(), code)
            item, adjudicate = mark.script.item, _is_disputed(mark)
    except Refusal as refusal:
        if "open" not in refusal.data:
            raise
        wanted = refusal.data["open"][0]
        return redirect(url_for("marking.script", code=code, wanted=wanted, _anchor=f"criterion-{wanted}"))
    return _go_on(item, adjudicate=adjudicate)


@marking.post("/marking/scripts/<code>/draft")
@require(*MARKERS)
def save_criterion(code: str) -> Any:
    """Save one criterion; told to the page's script, which shows when and where it was saved."""
    site, now = get_site(), get_site().clock()
    with site.database.write() as session:
        judgement = _read_judgement(request.form.get("criterion", ""), "marks", "comment")
        mark = actions.save_draft(session, signed_in(), code, judgement, now)
        missing = rules.list_open(read_task(session, mark.script).rubric, mark.criteria)
        answer = {"total": rules.sum_marks(mark.criteria), "open": missing}
    return jsonify({**answer, "saved": say_when(now, "clock", current_language(), site.settings.timezone)})


@marking.post("/marking/scripts/<code>/comments")
@require(*MARKERS)
def keep_comment(code: str) -> Any:
    """Keep a comment for later scripts of the task."""
    criterion, text = request.form.get("criterion", ""), request.form.get("text", "")
    with get_site().database.write() as session:
        actions.save_comment(session, signed_in(), code, criterion, text, get_site().clock())
    return jsonify({"kept": text.strip()})


@marking.post("/marking/scripts/<code>/take-up")
@require(*MARKERS)
def take_up(code: str) -> Response:
    """Go on with a script that was set aside."""
    with get_site().database.write() as session:
        actions.take_up(session, signed_in(), code, get_site().clock())
    return redirect(url_for("marking.script", code=code))


@marking.get("/marking/scripts/<code>/files/<int:number>")
@require(*MARKERS)
def download(code: str, number: int) -> Response:
    """A file of the answer, as a download under the script's code: its own name may tell whose it is."""
    with get_site().database.read() as session:
        mark = actions.get_mark(session, signed_in(), code)
        files = list_files(session, mark.script)
    if not 1 <= number <= len(files):
        raise Refusal("not_found", f"the answer has {len(files)} files")
    site = get_site()
    desk = FileDesk(site.database, site.settings.data_dir / "files", site.clock, site.settings.grace_s * 1000)
    path = desk.path_of(files[number - 1].id)
    if not path.is_file():
        raise Refusal("not_found", "the file is not in its place")
    name = f"{code}-{number}.{files[number - 1].type}"
    response = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _read_page(session: Session, mark: Mark) -> dict[str, Any]:
    """What the template of a script shows; nothing in it names the candidate."""
    task, response, language = read_task(session, mark.script), read_response(session, mark.script), current_language()
    answer = script_page.read_answer(response) if isinstance(response, str) else None
    kept = actions.list_comments(session, signed_in(), mark.script.item)
    return {
        "task": task,
        "title": script_page.say_title(task, language),
        "shown": script_page.show_task(task, language),
        "answer": answer,
        "files": list_files(session, mark.script) if answer is None else [],
        "criteria": script_page.list_criteria(task.rubric, mark.criteria, kept, language),
        "open": rules.list_open(task.rubric, mark.criteria),
        "total": rules.sum_marks(mark.criteria),
        "aside": mark.criteria.get(rules.SET_ASIDE),
        "progress": measure_progress(session, mark.script.item)[mark.script.item],
    }


def _go_on(item: str, *, adjudicate: bool) -> Response:
    with get_site().database.write() as session:
        mark = actions.next_script(session, signed_in(), item, get_site().clock(), adjudicate=adjudicate)
        if mark is None:
            return redirect(url_for("marking.queues", done=item))
        return redirect(url_for("marking.script", code=mark.script.code))


def _is_disputed(mark: Mark) -> bool:
    return mark.place in rules.SENIOR_PLACES


def _read_judgement(criterion: str, marks: str, comment: str) -> actions.Judgement:
    return actions.Judgement(criterion, request.form.get(marks) or None, request.form.get(comment, ""))


def _save_form(code: str) -> None:
    """Keep every criterion that the form names."""
    with get_site().database.write() as session:
        mark = actions.get_mark(session, signed_in(), code)
        for criterion in read_task(session, mark.script).rubric["criteria"]:
            marks, comment = f"marks.{criterion['id']}", f"comment.{criterion['id']}"
            if comment in request.form:
                judgement = _read_judgement(criterion["id"], marks, comment)
                actions.save_draft(session, signed_in(), code, judgement, get_site().clock())
