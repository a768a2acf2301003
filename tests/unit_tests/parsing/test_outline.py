# ruff: noqa: RUF001  (marks that look alike are what this is about)
"""Replies that write an object in lines, tables or elements."""

import pytest

from langchain_nuextract.parsing import read_shape
from langchain_nuextract.paths import JSON
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of(
    {"name": "string", "age": "integer", "tags": ["string"], "pets": [{"kind": "string", "legs": "integer"}]}
)
ANN: JSON = {"name": "Ann Lee", "age": 31}
PETS: JSON = {"pets": [{"kind": "cat", "legs": 4}, {"kind": "hen", "legs": 2}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("name: Ann Lee\nage: 31\n", ANN, id="lines"),
        pytest.param("```yaml\nname: 'Ann Lee'\nage: 31\n```", ANN, id="YAML in a fence"),
        pytest.param("- **Name**: Ann Lee\n- **Age**: 31\n", ANN, id="Markdown"),
        pytest.param("name = Ann Lee\nage = 31<|im_end|>", ANN, id="before a control mark"),
        pytest.param("name: Ann Lee\ntags:\n  - a\n  - b\nage: 31\n", {**ANN, "tags": ["a", "b"]}, id="list below"),
        pytest.param("| name | age |\n|---|---|\n| Ann Lee | 31 |", ANN, id="table of one row"),
        pytest.param("\n| name | age |\n|---|---|\n| Ann Lee | |\n", {"name": "Ann Lee", "age": None}, id="empty cell"),
        pytest.param("| Field | Value |\n| :-- | --: |\n| name | Ann Lee |\n| age | 31 |", ANN, id="table of fields"),
        pytest.param("| kind | legs |\n|---|---|\n| cat | 4 |\n| hen | 2 |", PETS, id="table of items"),
        pytest.param("<person><name>Ann Lee</name><age>31</age></person>", ANN, id="elements"),
        pytest.param("```xml\n<name>Ann Lee</name>\n<age>31</age>\n```", ANN, id="elements in a fence"),
        pytest.param("<tags><tag>a &amp; b</tag><tag>c</tag></tags>", {"tags": ["a & b", "c"]}, id="list of elements"),
        pytest.param("<pets><pet><kind>cat</kind><legs>4</legs></pet><pet><kind>hen</kind><legs>2</legs></pet></pets>",
                     PETS, id="list of objects"),
    ],
)  # fmt: skip
def test_an_outline_is_read_as_the_object_it_writes(text: str, value: JSON):
    reading = read_shape(text, FORM)
    assert reading.value == value
    assert reading.repairs
    assert not reading.problems


@pytest.mark.parametrize(
    "text",
    [
        "name:Ann Lee\nage:31", "name=Ann Lee\nage=31", "name -> Ann Lee\nage -> 31", "name => Ann Lee\nage => 31",
        "name\tAnn Lee\nage\t31", "name - Ann Lee\nage - 31", "* **Name** – Ann Lee\n* **Age** – 31",
        "name：Ann Lee\nage：31",
        "> name: Ann Lee\n> age: 31", "- [x] name: Ann Lee\n- [ ] age: 31",
        "\\item name: Ann Lee\n\\item age: 31", "‣ name: Ann Lee\n‣ age: 31", "- name: Ann Lee\n  age: 31",
        "name: Ann Lee\n  age: 31", "# Name\nAnn Lee\n# Age\n31", "### name\n\nAnn Lee\n\n### age\n\n31",
        "[name]\nAnn Lee\n[age]\n31",
        "name: Ann Lee, age: 31", "Name: Ann Lee; Age: 31", "name: Ann Lee | age: 31", "- name: Ann Lee, age: 31",
        "name | age\n--- | ---\nAnn Lee | 31", "| name | Ann Lee |\n|---|---|\n| age | 31 |", "name,age\nAnn Lee,31",
        'name;age\n"Ann Lee";31', "name\tage\nAnn Lee\t31",
        "+---------+-----+\n| name    | age |\n+=========+=====+\n| Ann Lee | 31  |\n+---------+-----+",
        "<table><tr><th>name</th><td>Ann Lee</td></tr><tr><th>age</th><td>31</td></tr></table>",
        "<table><thead><tr><th>name</th><th>age</th></tr></thead><tr><td>Ann Lee</td><td>31</td></tr></table>",
        "<b>Name</b>: Ann Lee<br><b>Age</b>: 31", "<ul><li>name: Ann Lee</li><li>age: 31</li></ul>",
    ],
)  # fmt: skip
def test_outlines_have_many_marks(text: str):
    reading = read_shape(f"{text}\n", FORM)
    assert (reading.value, reading.problems, reading.incomplete) == (ANN, (), ())


@pytest.mark.parametrize(
    "text",
    [
        "pets:\n| kind | legs |\n|---|---|\n| cat | 4 |\n| hen | 2 |",
        "## Pets\nkind | legs\n---|---\ncat | 4\nhen | 2",
        "# Found\n\n## Pets\n\n| kind | legs |\n|---|---|\n| cat | 4 |\n| hen | 2 |",
        "kind,legs\ncat,4\nhen,2", "kind: cat\nlegs: 4\n\nkind: hen\nlegs: 2",
        "1. kind: cat, legs: 4\n2. kind: hen, legs: 2",
        "pets:\n- kind: cat; legs: 4\n- kind: hen; legs: 2",
        "<table><tr><th>kind</th><th>legs</th></tr><tr><td>cat</td><td>4</td></tr><tr><td>hen</td><td>2</td></tr></table>",
    ],
)  # fmt: skip
def test_outlines_of_items_have_many_marks(text: str):
    reading = read_shape(f"{text}\n", FORM)
    assert (reading.value, reading.problems) == (PETS, ())


@pytest.mark.parametrize(
    "text",
    ["job.title: cook\njob.town: Ulm\nname: Ida\n", "- name: Ida\n- job:\n  - title: cook\n  - town: Ulm\n"],
    ids=["ways to parts", "a bullet for each part"],
)
def test_objects_below_names_have_many_marks(text: str):
    form = shape_of({"name": "string", "job": {"title": "string", "town": "string"}})
    assert read_shape(text, form).value == {"name": "Ida", "job": {"title": "cook", "town": "Ulm"}}


@pytest.mark.parametrize(
    "text",
    [
        "name,age\nAnn Lee,3", "name | age\n---|---\nAnn Lee | 3", "name: Ann Lee, age: 3", "# name\nAnn Lee\n# age\n3",
        "<b>name</b>: Ann Lee<br><b>age</b>: 3",
    ],
)  # fmt: skip
def test_the_last_value_of_a_cut_outline_is_absent_whatever_its_marks(text: str):
    reading = read_shape(text, FORM)
    assert reading.value == {"name": "Ann Lee"}
    assert ("age",) in reading.incomplete


def test_a_comma_before_a_word_that_is_no_name_is_text():
    assert read_shape("name: Lee, Ann: Dr\nage: 31\n", FORM).value == {"name": "Lee, Ann: Dr", "age": 31}
    assert read_shape("name: Lee, age: unknown\nage: 31\n", FORM).value == {"name": "Lee, age: unknown", "age": 31}


@pytest.mark.parametrize(
    "unit", ["name: ", ", age: ", "[name]\n", "# name\n", "name | ", "<td>", "- ", "\t", "“", " - "]
)
def test_outlines_without_end_are_read_in_time(unit: str):
    for head in ("", "name: x\n", "name,age\n"):
        read_shape(head + unit * 2_000, FORM)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("name: Ann Lee\nage: 3", {"name": "Ann Lee"}, id="line"),
        pytest.param("name: Ann Lee\ntags:\n- a\n- b", {"name": "Ann Lee", "tags": ["a"]}, id="item of a list"),
        pytest.param("<name>Ann Lee</name><age>3", {"name": "Ann Lee"}, id="element"),
    ],
)
def test_what_an_outline_ends_in_is_absent(text: str, value: JSON):
    reading = read_shape(text, FORM)
    assert reading.value == value
    assert reading.incomplete


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Here is what I found:\nname: Ann Lee\nage: 31\n", id="prose before it"),
        pytest.param("# Letter\n\nName: Ann Lee\n\nDear Ann,\nyour age: 31\n", id="document"),
        pytest.param("Name: nothing was found.\n", id="one name alone"),
        pytest.param("<p>Ann Lee</b>", id="elements that are not closed in order"),
        pytest.param("a < b, name > age", id="signs of comparison"),
        pytest.param("<p>Ann Lee</p>", id="elements of another kind"),
        pytest.param("<name>Ann <b>Lee</b></name><age>31</age>", id="elements between words"),
        pytest.param("<name><b>Ann</b> Lee</name><age>31</age>", id="words between elements"),
        pytest.param("| kind | colour |\n|---|---|\n| cat | red |", id="table of other columns"),
    ],
)
def test_what_is_more_than_an_outline_is_not_read_as_one(text: str):
    assert read_shape(text, FORM).value is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("name: Ida\njob:\n  title: cook\n  town: Ulm\ntags:\n- a\n- b\n",
         {"name": "Ida", "job": {"title": "cook", "town": "Ulm"}, "tags": ["a", "b"], "rows": None}),
        ("name: 'It''s'\nrows:\n  - item: pen # blue\n    price: 2\n  - item: \"ink\"\n    price: 3.5\n",
         {"name": "It's", "rows": [{"item": "pen", "price": 2}, {"item": "ink", "price": 3.5}]}),
        ('```yaml\n---\n# all of it\nname: |\n  two\n  lines\ntags: [a, "b"]\njob: {title: cook}\n```',
         {"name": "two\nlines", "tags": ["a", "b"], "job": {"title": "cook"}}),
        ('name: "Ida"\njob {\n  title: "cook"\n  town: "Ulm"\n}',
         {"name": "Ida", "job": {"title": "cook", "town": "Ulm"}}),
    ],
    ids=["objects and lists", "list of objects", "block, flow and notes", "braces without colon"],
)  # fmt: skip
def test_lines_may_have_others_below_them(text: str, value: JSON):
    form = {"name": "string", "job": {"title": "string", "town": "string"}, "tags": ["string"],
            "rows": [{"item": "string", "price": "number"}]}  # fmt: skip
    read = read_shape(text, shape_of(form)).value
    assert read == {name: part for name, part in value.items() if part is not None}


def test_the_last_of_some_lines_below_others_may_be_cut_off():
    form = {"name": "string", "rows": [{"item": "string", "price": "number"}]}
    text = "name: Ida\nrows:\n- item: pen\n  price: 2\n- item: ink\n  price: 3"
    reading = read_shape(text, shape_of(form))
    assert reading.value == {"name": "Ida", "rows": [{"item": "pen", "price": 2}, {"item": "ink"}]}
    assert ("rows", 1, "price") in reading.incomplete


PENS: JSON = {"rows": [{"item": "pen", "price": 2}, {"item": "ink", "price": 3.5}]}


@pytest.mark.parametrize(
    ("template", "text", "value"),
    [
        ({"rows": [{"item": "string", "price": "number"}]},
         "- item: pen\n  price: 2\n- item: ink\n  price: 3.5\n", PENS),
        ({"name": "string", "rows": [{"item": "string", "price": "number"}]},
         "```yaml\n- item: pen\n  price: 2\n- item: ink\n  price: 3.5\n```", PENS),
        ({"rows": [{"item": "string", "price": "number"}]},
         "1. item: pen\n   price: 2\n2. item: ink\n   price: 3.5\n", PENS),
        ({"tags": ["string"]}, "- red wine\n- 'it''s'\n", {"tags": ["red wine", "it's"]}),
    ],
    ids=["objects", "objects of a part, in a fence", "numbered", "texts"],
)  # fmt: skip
def test_lines_with_bullets_may_be_the_only_list(template: JSON, text: str, value: JSON):
    assert read_shape(text, shape_of(template)).value == value


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ({"tags": ["string"]}, "- I found nothing.\n"),
        ({"tags": ["string"], "name": "string"}, "- red\n- blue\n"),
        ({"tags": ["string"]}, "Tags found:\n- red\n- blue\n"),
    ],
    ids=["one bullet", "several parts", "prose before it"],
)
def test_other_lines_with_bullets_are_no_list(template: JSON, text: str):
    assert read_shape(text, shape_of(template)).value is None


def test_the_last_line_of_a_list_may_be_cut_off():
    form = shape_of({"rows": [{"item": "string", "price": "number"}]})
    reading = read_shape("- item: pen\n  price: 2\n- item: ink\n  price: 3", form)
    assert reading.value == {"rows": [{"item": "pen", "price": 2}, {"item": "ink"}]}
    assert ("rows", 1, "price") in reading.incomplete


def test_a_mark_alone_is_no_heading():
    assert read_shape("# name\nAnn\n#\nLee\n# age\n31\n", FORM).value == {"name": "Ann\nLee", "age": 31}
