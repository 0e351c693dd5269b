import json

import pytest

from question_bank.blueprint import BlueprintError, Information, parse_blueprint, read_blueprint


def faults_of(document):
    with pytest.raises(BlueprintError) as refusal:
        parse_blueprint(document, "b.json")
    return [str(problem) for problem in refusal.value.problems]


def test_a_blueprint_says_length_quotas_enemies_overlap_exposure_and_information():
    blueprint = parse_blueprint(
        {
            "length": 30,
            "constraints": [{"name": "incident", "where": {"domain": "incident", "difficulty": {"min": 3}}, "min": 4}],
            "enemies": [["i1", "i2"]],
            "overlap": {"max": 8},
            "exposure": {"max": 0.25},
            "information": {"at": [0], "target": 20, "tolerance": 0.02},
        }
    )
    assert (blueprint.length, blueprint.overlap, blueprint.exposure) == (30, 8, 0.25)
    assert (blueprint.constraints[0].minimum, blueprint.constraints[0].maximum) == (4, None)
    assert blueprint.information == Information((0.0,), 20, 0.02)


def test_every_fault_is_named_with_its_place():
    rule = {"name": "x", "where": {"difficulty": {"min": 4, "max": 3}}, "min": 5, "max": 4}
    assert faults_of({"length": 10, "constraints": [rule, {**rule, "min": 1}], "enemies": [["i1", "i1"]]}) == [
        'b.json: constraints[0]: "x": min 5 is over max 4',
        "b.json: constraints[0].where.difficulty: min 4 is over max 3",
        'b.json: constraints[1].name: "x" is used twice; rules are reported by name',
        "b.json: constraints[1].where.difficulty: min 4 is over max 3",
        'b.json: enemies[0]: "i1" is named as its own enemy',
    ]


@pytest.mark.parametrize(
    "document", [[], {}, {"length": 0}, {"length": 5, "colour": "red"}, {"length": 5, "information": {"at": []}}]
)
def test_what_is_not_a_blueprint_is_refused(document):
    assert faults_of(document)


def test_a_file_that_is_not_json_is_refused_with_the_line(tmp_path):
    path = tmp_path / "b.json"
    path.write_text('{"length": 5,\n}', encoding="utf-8")
    with pytest.raises(BlueprintError, match=r"is not JSON: .* line 2"):
        read_blueprint(path)
    path.write_text(json.dumps({"length": 5}), encoding="utf-8-sig")
    assert read_blueprint(path).length == 5
