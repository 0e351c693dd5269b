"""No acknowledged answer is lost when the server is killed. The long version is in tests/soak."""

from pathlib import Path

from exam_engine.core.database import Database
from tests.delivery.killing import kill_again_and_again
from tests.delivery.test_devices import check_chain


def test_no_acknowledged_answer_is_lost_when_the_server_is_killed(database: Database, tmp_path: Path) -> None:
    assert kill_again_and_again(database, tmp_path, kills=2, saves_between=60) >= 180
    check_chain(database)
