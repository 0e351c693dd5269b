"""Completed training opens the exam; officers and trainers record it, nobody for themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from exam_engine.core.errors import Refusal
from exam_engine.core.records import AuditEntry, Role
from exam_engine.enrolment.records import EnrolmentState, HistoryEntry
from exam_engine.training.actions import list_training, record_training
from exam_engine.training.records import TrainingRecord
from tests.conftest import NOW
from tests.results.browser import Site, words
from tests.results.centre import Centre
from tests.results.conftest import centre, scheme  # noqa: F401  fixtures


def _record(centre, enrolment, *, hours=16, trainer="zhou", by="chen"):  # noqa: F811  the fixture above
    taught_by = centre.users[trainer] if trainer else None
    return record_training(centre.session, enrolment, hours, taught_by, centre.users[by], NOW)


def test_a_training_enters_record_history_and_audit_trail(centre):  # noqa: F811
    enrolment = centre.enrol(1, "junior", trained=False)
    _record(centre, enrolment)
    entry = centre.session.scalars(select(HistoryEntry)).one()
    assert (entry.event, entry.data) == ("trained", {"on": "2026-11-21", "hours": 16})
    assert centre.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("training"))).all() == [
        "training.recorded"
    ]


@pytest.mark.parametrize(
    ("change", "code"), [({"hours": 0}, "bad_content"), ({"hours": -3}, "bad_content"), ({"trainer": "silva"}, "not_allowed")]
)
def test_a_training_that_cannot_be_is_refused(centre, change, code):  # noqa: F811
    with pytest.raises(Refusal) as refused:
        _record(centre, centre.enrol(1, "junior", trained=False), **change)
    assert refused.value.code == code
    assert centre.session.scalars(select(TrainingRecord)).all() == []


def test_nobody_records_their_own_training(centre):  # noqa: F811
    enrolment = centre.enrol(1, "junior", trained=False)
    enrolment.candidate.user.roles = [Role.CANDIDATE, Role.TRAINER]
    with pytest.raises(Refusal) as refused:
        record_training(centre.session, enrolment, 16, None, enrolment.candidate.user, NOW)
    assert refused.value.code == "same_person"


def test_a_way_that_has_ended_takes_no_training(centre):  # noqa: F811
    enrolment = centre.enrol(1, "junior", trained=False)
    enrolment.state = EnrolmentState.WITHDRAWN
    with pytest.raises(Refusal) as refused:
        _record(centre, enrolment)
    assert refused.value.code == "wrong_state"


def test_the_list_begins_with_those_who_have_no_training_and_is_found_by_number(centre):  # noqa: F811
    centre.enrol(1, "junior")
    centre.enrol(2, "junior", trained=False)
    assert [row.enrolment.candidate.number for row in list_training(centre.session)] == ["C-0002", "C-0001"]
    assert [row.enrolment.candidate.number for row in list_training(centre.session, "0001")] == ["C-0001"]
    assert list_training(centre.session, "%") == []


@pytest.fixture
def site(sqlite_database, scheme, tmp_path) -> Site:  # noqa: F811
    """One candidate who has not trained yet."""
    with sqlite_database.write() as session:
        Centre.open(session, scheme, NOW).enrol(1, "junior", trained=False)
    return Site(sqlite_database, tmp_path, NOW + timedelta(days=1))


def _records(site):
    with site.database.read() as session:
        return [
            (row.hours, row.trainer and row.trainer.login, row.recorded_by.login, row.note)
            for row in session.scalars(select(TrainingRecord))
        ]


def test_an_officer_names_the_trainer(site):
    assert "none yet" in words(site.get("/training", "chen"))
    assert site.post("/training/1", "chen", hours="16", trainer="zhou", note="autumn").status_code == 302
    assert _records(site) == [(16, "zhou", "chen", "autumn")]
    assert "22 November 2026" in words(site.get("/training/1", "chen"))


def test_a_trainer_records_what_they_taught_themselves(site):
    assert site.post("/training/1", "zhou", hours="16", trainer="").status_code == 302
    assert _records(site) == [(16, "zhou", "zhou", "")]


@pytest.mark.parametrize(
    "form", [{"hours": ""}, {"hours": "0"}, {"hours": "many"}, {"hours": "１６"}, {"hours": "16", "trainer": "nobody"}]
)
def test_a_form_that_cannot_be_recorded_is_shown_again_with_the_reason(site, form):
    response = site.post("/training/1", "chen", **form)
    assert response.status_code == 422
    assert "The training was not recorded." in words(response)
    assert _records(site) == []


def test_only_officers_and_trainers_see_training(site):
    assert [site.get("/training", login).status_code for login in ("chen", "zhou", "c-1", "admin")] == [200, 200, 403, 403]
    assert site.get("/training/99", "chen").status_code == 404
    assert site.post("/training/1", "c-1", hours="16").status_code == 403
