import csv
import json

import pytest
from click.testing import CliRunner

from exam_engine.cli import main
from schemas import check
from tests.question_bank.assembly.pools import MAXIMIN, information_of, make_pool


@pytest.fixture
def files(tmp_path):
    """Write a pool and a blueprint; the function returned runs `paper assemble` on them."""
    pool = make_pool(60)
    with (tmp_path / "pool.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "domain", "a", "b", "c"])
        rows.writerows(zip(pool.ids, pool.columns["domain"].text, pool.a, pool.b, pool.c, strict=True))

    def run(*options, **blueprint):
        (tmp_path / "b.json").write_text(json.dumps({"length": 10, **blueprint}), encoding="utf-8")
        paths = ["--pool", str(tmp_path / "pool.csv"), "--blueprint", str(tmp_path / "b.json")]
        return CliRunner().invoke(main, ["paper", "assemble", *paths, *options])

    run.pool, run.folder = pool, tmp_path
    return run


def test_the_answer_in_json_holds_items_information_counts_gap_and_seed(files):
    rules = {"information": MAXIMIN, "constraints": [{"name": "incident", "where": {"domain": "incident"}, "min": 2}]}
    result = files("--forms", "2", "--seed", "7", "--json", overlap={"max": 0}, **rules)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["status"] in {"optimal", "feasible"}
    assert answer["seed"] == 7
    assert 0 <= answer["gap"] < 0.05
    for form in answer["forms"]:
        assert len(form["items"]) == 10
        assert form["counts"]["incident"] >= 2
        for point in form["information"]:
            assert point["value"] == pytest.approx(information_of(files.pool, form["items"], point["theta"]))


def test_the_metric_is_chosen_by_d(files):
    one, other = (
        json.loads(files("--d", d, "--json", length=60, information=MAXIMIN).stdout)["forms"][0]["information"][1]["value"]
        for d in ("1", "1.7")
    )
    assert other > 1.5 * one


def test_the_answer_for_people_is_a_table(files):
    result = files("--forms", "2")
    assert result.exit_code == 0
    assert "form 2" in result.stdout
    assert "Form 1: i" in result.stdout
    assert "seed 0" in result.stdout


def test_papers_are_written_one_a_form(files):
    folder = files.folder / "out"
    assert files("--forms", "2", "--out", str(folder)).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["assembly.json", "form-1.json", "form-2.json"]
    paper = json.loads((folder / "form-2.json").read_text(encoding="utf-8"))
    assert check("paper", paper) == []
    assembly = json.loads((folder / "assembly.json").read_text(encoding="utf-8"))
    assert [slot["item"] for slot in paper["slots"]] == assembly["forms"][1]["items"]


def test_conflicting_rules_end_with_one_and_are_named(files):
    result = files("--forms", "7", "--json", overlap={"max": 0})
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "status": "infeasible",
        "minimal": True,
        "conflict": [
            {"rule": "length", "detail": "7 forms of 10 items, the pool has 60"},
            {"rule": "overlap", "detail": "any two of 7 forms share at most 0 items"},
        ],
    }
    said = files("--forms", "7", overlap={"max": 0})
    assert said.exit_code == 1
    assert "  length: 7 forms of 10 items, the pool has 60" in said.stderr


def test_bad_content_ends_with_one_and_says_every_place(files):
    rules = [{"name": "x", "where": {"colour": "red"}, "min": 1}, {"name": "y", "where": {"size": 1}, "min": 1}]
    result = files(constraints=rules)
    assert result.exit_code == 1
    assert "b.json: constraints[0].where.colour: the pool has no attribute" in result.stderr
    assert "b.json: constraints[1].where.size: the pool has no attribute" in result.stderr
    answer = json.loads(files("--json", constraints=rules).stdout)
    assert [problem["place"] for problem in answer["problems"]] == ["constraints[0].where.colour", "constraints[1].where.size"]


@pytest.mark.parametrize("options", [["--forms", "0"], ["--seed", "x"], ["--d", "0"], ["--out"], ["--shape", "round"]])
def test_bad_usage_ends_with_two(files, options):
    assert files(*options).exit_code == 2


def test_a_missing_file_is_bad_usage():
    assert CliRunner().invoke(main, ["paper", "assemble", "--pool", "no.csv", "--blueprint", "no.json"]).exit_code == 2


def test_forbidden_items_and_earlier_forms_are_left_out(files):
    folder = files.folder / "first"
    assert files("--out", str(folder), exposure={"max": 1}).exit_code == 0
    seen = json.loads((folder / "assembly.json").read_text(encoding="utf-8"))["forms"][0]["items"]
    (files.folder / "seen.txt").write_text("\n".join(seen), encoding="utf-8")
    makeup = json.loads(files("--forbid", str(files.folder / "seen.txt"), "--json").stdout)
    assert not set(makeup["forms"][0]["items"]) & set(seen)
    next_one = json.loads(files("--earlier", str(folder / "assembly.json"), "--json", exposure={"max": 0.5}).stdout)
    assert not set(next_one["forms"][0]["items"]) & set(seen)
    broken = files("--earlier", str(files.folder / "seen.txt"))
    assert broken.exit_code == 1
    assert "is not the assembly.json of an earlier assembly" in broken.stderr
