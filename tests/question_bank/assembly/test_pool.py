import json

import numpy as np
import pytest

from question_bank.pool import PoolError, column_of, pool_of_items, provisional_parameters, read_pool


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "pool.csv"
    path.write_bytes(text.encode(encoding))
    return path


def problems_of(path):
    with pytest.raises(PoolError) as refusal:
        read_pool(path)
    return [str(problem).removeprefix(f"{path}: ") for problem in refusal.value.problems]


def test_a_table_gives_attributes_and_parameters(tmp_path):
    pool = read_pool(
        write(tmp_path, "id,domain,difficulty,a,b,c\ni1,incident,3,1.2,-0.5,0.2\n\ni2,change,4,,,\n", "utf-8-sig"), 1.7
    )
    assert pool.ids == ("i1", "i2")
    assert pool.places == ("line 2", "line 4")
    assert pool.a.tolist() == [1.2, 1.0]
    assert pool.c.tolist() == [0.2, 0.0]
    assert np.isnan(pool.b[1])
    assert pool.d == 1.7


def test_every_bad_row_is_reported_with_line_and_column(tmp_path):
    rows = "id,domain,a,b,c\ni1,x,1,0,0\ni1,x,1,0,0\n,x,1,0,0\ni4,x,one,inf,1\ni5,x,-1,0,-0.1\ni6,x,1\n"
    assert problems_of(write(tmp_path, rows)) == [
        'line 3, column id: "i1" stands already in line 2',
        "line 4, column id: is empty",
        'line 5, column a: "one" is not a number',
        'line 5, column b: "inf" is not a number',
        "line 5, column c: 1 is not possible: from 0 to less than 1",
        "line 6, column a: -1 is not possible: 0 or more",
        "line 6, column c: -0.1 is not possible: from 0 to less than 1",
        "line 7: the row has 3 cells, the heading 5",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'line 1: the heading has no column "id"'),
        ("name,a\nx,1\n", 'line 1: the heading has no column "id"'),
        ("id,a,a\nx,1,1\n", "line 1, column a: stands twice in the heading"),
        ("id,a\n", "the table holds no items"),
    ],
)
def test_a_table_without_ids_or_items_is_refused(tmp_path, text, said):
    assert problems_of(write(tmp_path, text)) == [said]


def test_a_table_in_another_encoding_is_refused_with_the_line(tmp_path):
    path = write(tmp_path, "id,domain\ni1,事件\n", "gb18030")
    assert problems_of(path) == ["line 2: is not UTF-8; save the table as CSV UTF-8"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (3, [True, False, False, False]),
        ("3", [True, False, False, False]),
        ([3, "hard"], [True, False, True, False]),
        ({"min": 3}, [True, True, False, False]),
        ({"min": 3.5, "max": 4}, [False, True, False, False]),
    ],
)
def test_a_condition_is_a_value_any_of_a_list_or_a_range(wanted, found):
    assert column_of(["3", "4", "hard", ""]).matches(wanted, 4).tolist() == found


def test_an_attribute_with_several_values_meets_a_condition_with_any_of_them():
    column = column_of([["email", "phone"], ["phone"], None, True])
    assert column.matches("phone", 4).tolist() == [True, True, False, False]
    assert column.matches(["email", True], 4).tolist() == [True, False, False, True]


def test_a_place_of_the_syllabus_takes_in_what_lies_below_it():
    pool = pool_of_items([item(str(n), syllabus=place) for n, place in enumerate(["process", "process.incident", "processes"])])
    assert pool.select({"syllabus": "process"}).tolist() == [True, True, False]


def item(item_id="i1", kind="true_false", **fields):
    return {"id": item_id, "type": kind, "stem": "?", "key": True, **fields}


@pytest.mark.parametrize(
    ("document", "parameters"),
    [
        (item(kind="single_choice", options=[{}] * 4, difficulty=1), {"a": 1, "b": -2, "c": 0.25}),
        (item(difficulty=3), {"a": 1, "b": 0, "c": 0.5}),
        (item(kind="ordering", difficulty=5), {"a": 1, "b": 2, "c": 0}),
    ],
)
def test_an_item_that_is_not_calibrated_gets_parameters_from_the_estimate(document, parameters):
    assert provisional_parameters(document) == parameters


def test_a_bank_gives_calibrated_parameters_attributes_tags_and_enemies(tmp_path):
    items = [
        item("i1", parameters={"a": 1.1, "b": -0.4, "c": 0.2}, tags={"practice": "desk"}, enemies=["i2"], difficulty=1),
        item("i2", difficulty=5),
    ]
    path = tmp_path / "bank.json"
    path.write_text(json.dumps(items), encoding="utf-8")
    pool = read_pool(path)
    assert (pool.a[0], pool.b[0], pool.c[0]) == (1.1, -0.4, 0.2)
    assert pool.provisional.tolist() == [False, True]
    assert pool.enemies == ((0, 1),)
    assert pool.select({"practice": "desk", "marks": 1, "type": "true_false"}).tolist() == [True, False]
    assert len(pool.documents) == 2


def test_a_bank_with_a_broken_item_is_refused(tmp_path):
    path = tmp_path / "bank.json"
    path.write_text(json.dumps([item(), {"id": "i2", "type": "true_false"}]), encoding="utf-8")
    with pytest.raises(PoolError, match="stem"):
        read_pool(path)


def test_information_of_extreme_items_stays_finite():
    extremes = [{"a": 3, "b": b, "c": c} for b in (-300, 300) for c in (0, 0.2)]
    pool = pool_of_items([item(f"i{number}", parameters=values) for number, values in enumerate(extremes)])
    assert np.isfinite(pool.information([-1000, 0, 1000])).all()
