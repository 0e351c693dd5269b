"""`exam-engine replay BUNDLE`: 0 when it replays, 1 and every difference when it does not, 2 for bad usage."""

from datetime import timedelta

import orjson
import pytest
from click.testing import CliRunner

from exam_engine.cli import main
from exam_engine.results.bundle import seal_attempt
from tests.conftest import NOW
from tests.results.centre import Centre
from tests.results.conftest import scheme  # noqa: F401  a fixture


@pytest.fixture
def bundle(sqlite_database, scheme, tmp_path):  # noqa: F811  the fixture above
    with sqlite_database.read() as session:
        centre = Centre.open(session, scheme, NOW)
        sitting = centre.sitting([centre.enrol(1, "junior")], NOW)
        attempt = centre.theory(sitting.bookings[0], 4)
        sealed = seal_attempt(session, attempt.id, centre.users["chen"], NOW + timedelta(hours=3))
    path = tmp_path / "bundle.json"
    path.write_bytes(orjson.dumps(sealed))
    return path


def _run(*arguments):
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


def _change(path, **fields):
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **fields}))


def test_a_good_bundle_replays(bundle):
    result = _run(bundle)
    assert result.exit_code == 0
    assert "80 of 100 marks" in result.output


def test_the_answer_for_machines(bundle):
    assert orjson.loads(_run(bundle, "--json").output) == {"bundle": str(bundle), "replays": True, "findings": []}


def test_a_changed_bundle_ends_with_1_and_says_what_differs(bundle):
    score = orjson.loads(bundle.read_bytes())["score"]
    _change(bundle, score={**score, "marks": "100"})
    result = _run(bundle)
    assert result.exit_code == 1
    assert 'score.marks: is "100", but the answers give "80"' in result.output


def test_a_changed_bundle_is_reported_to_machines_too(bundle):
    _change(bundle, chain={**orjson.loads(bundle.read_bytes())["chain"], "head": "0" * 64})
    result = CliRunner().invoke(main, ["replay", str(bundle), "--json"])
    assert result.exit_code == 1
    said = orjson.loads(result.stdout)
    assert (said["replays"], [finding["place"] for finding in said["findings"]]) == (False, ["chain"])


def test_what_is_no_bundle_is_refused_with_file_and_place(bundle):
    _change(bundle, answers="none")
    result = _run(bundle)
    assert result.exit_code == 1
    assert f"{bundle}: answers" in result.output


def test_what_is_no_json_is_refused(tmp_path):
    path = tmp_path / "bundle.json"
    path.write_text("{")
    assert (_run(path).exit_code, "is no JSON" in _run(path).output) == (1, True)


def test_a_file_that_is_not_there_is_bad_usage(tmp_path):
    assert _run(tmp_path / "none.json").exit_code == 2
