# ruff: noqa: E501  (an object is a row)
"""Objects as other languages write and print them, and texts that only look like it."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langchain_nuextract.parsing import read_shape
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import ListShape, RecordShape
from tests.unit_tests.parsing.shapes import shape_of

FORM = shape_of(
    {
        "ship": "string",
        "tons": "number",
        "afloat": "boolean",
        "port": {"town": "string"},
        "crew": [{"name": "string", "age": "integer"}],
        "flags": ["string"],
    }
)
SHIP: JSON = {
    "ship": "Ann O'Day",
    "tons": 12.5,
    "afloat": None,
    "port": {"town": "Ulm"},
    "crew": [{"name": "Li Wei", "age": 31}, {"name": "Bo", "age": None}],
    "flags": ["red", "blue"],
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("""{:ship => "Ann O'Day", :tons => 12.5, :afloat => nil, :port => {:town => "Ulm"}, :crew => [{:name => "Li Wei", :age => 31},
                     {:name => "Bo", :age => nil}], :flags => ["red", "blue"]}""", id="Ruby"),
        pytest.param("""{:ship=>"Ann O'Day", :tons=>12.5, :afloat=>nil, :port=>{:town=>"Ulm"}, :crew=>[{:name=>"Li Wei", :age=>31},
                     {:name=>"Bo", :age=>nil}], :flags=>["red", "blue"]}""", id="Ruby, printed"),
        pytest.param("""#<struct Ship ship="Ann O'Day", tons=12.5, afloat=nil, port=#<struct Port town="Ulm">, crew=[#<struct Man name="Li Wei", age=31>,
                     #<struct Man name="Bo", age=nil>], flags=["red", "blue"]>""", id="Ruby's structs"),
        pytest.param("Ship[ship=Ann O'Day, tons=12.5, afloat=null, port=Port[town=Ulm], crew=[Man[name=Li Wei, age=31], "
                     "Man[name=Bo, age=null]], flags=[red, blue]]", id="Java's records"),
        pytest.param("Ship(ship=Ann O'Day, tons=12.5, afloat=null, port=Port(town=Ulm), crew=[Man(name=Li Wei, age=31), "
                     "Man(name=Bo, age=null)], flags=[red, blue])", id="Kotlin"),
        pytest.param("{ship=Ann O'Day, tons=12.5, afloat=null, port={town=Ulm}, crew=[{name=Li Wei, age=31}, {name=Bo, age=null}], "
                     "flags=[red, blue]}", id="Java's maps"),
        pytest.param("Map(ship -> Ann O'Day, tons -> 12.5, afloat -> null, port -> Map(town -> Ulm), crew -> List(Map(name -> Li Wei, age -> 31), "
                     "Map(name -> Bo, age -> null)), flags -> List(red, blue))", id="Scala"),
        pytest.param("""mapOf("ship" to "Ann O'Day", "tons" to 12.5, "afloat" to null, "port" to mapOf("town" to "Ulm"), "crew" to listOf(
                     mapOf("name" to "Li Wei", "age" to 31), mapOf("name" to "Bo", "age" to null)), "flags" to listOf("red", "blue"))""",
                     id="Kotlin's maps"),
        pytest.param("""&main.Ship{Ship: "Ann O'Day", Tons: 12.5, Afloat: nil, Port: main.Port{Town: "Ulm"}, Crew: []any{
                     main.Man{Name: "Li Wei", Age: 31}, main.Man{Name: "Bo", Age: nil}}, Flags: []string{"red", "blue"}}""", id="Go"),
        pytest.param("""Ship { ship: Some("Ann O'Day"), tons: Some(12.5), afloat: None, port: Some(Port { town: Some("Ulm") }), crew: vec![
                     Man { name: "Li Wei".to_string(), age: Some(31) }, Man { name: "Bo".into(), age: None }], flags: ["red", "blue"] }""", id="Rust"),
        pytest.param("""array (\n  'ship' => 'Ann O\\'Day',\n  'tons' => 12.5,\n  'afloat' => NULL,\n  'port' => array ('town' => 'Ulm',),
  'crew' => array (array ('name' => 'Li Wei', 'age' => 31,), array ('name' => 'Bo', 'age' => NULL,)),\n  'flags' => array ('red', 'blue'),\n)""",
                     id="PHP"),
        pytest.param("""%Ship{ship: "Ann O'Day", tons: 12.5, afloat: nil, port: %{town: "Ulm"}, crew: [%{"name" => "Li Wei", "age" => 31},
                     %{"name" => "Bo", "age" => nil}], flags: ["red", "blue"]}""", id="Elixir"),
        pytest.param("""{:ship "Ann O'Day" :tons 12.5 :afloat nil :port {:town "Ulm"} :crew [{:name "Li Wei" :age 31} {:name "Bo" :age nil}]
                     :flags ["red" "blue"]}""", id="Clojure"),
        pytest.param("""$VAR1 = { ship => 'Ann O\\'Day', tons => 12.5, afloat => undef, port => { town => 'Ulm' }, crew => [ { name => 'Li Wei', age => 31 },
                     { name => 'Bo', age => undef } ], flags => [ 'red', 'blue' ] };""", id="Perl"),
        pytest.param("""return { ["ship"] = "Ann O'Day", ["tons"] = 12.5, ["afloat"] = nil, ["port"] = { ["town"] = "Ulm" },
                     ["crew"] = { { name = "Li Wei", age = 31 }, { name = "Bo", age = nil } }, ["flags"] = { "red", "blue" } }""", id="Lua"),
        pytest.param("""Dict{String, Any}("ship" => "Ann O'Day", "tons" => 12.5, "afloat" => nothing, "port" => Dict("town" => "Ulm"),
                     "crew" => [Dict("name" => "Li Wei", "age" => 31), Dict("name" => "Bo", "age" => nothing)], "flags" => ["red", "blue"])""",
                     id="Julia"),
        pytest.param("""list(ship = "Ann O'Day", tons = 12.5, afloat = NULL, port = list(town = "Ulm"), crew = list(list(name = "Li Wei", age = 31),
                     list(name = "Bo", age = NULL)), flags = c("red", "blue"))""", id="R"),
        pytest.param("""new Ship { Ship = "Ann O'Day", Tons = 12.5, Afloat = null, Port = new Port { Town = "Ulm" }, Crew = new[] { new Man { Name = "Li Wei",
                     Age = 31 }, new Man { Name = "Bo", Age = null } }, Flags = new[] { "red", "blue" } };""", id="C#"),
        pytest.param("""@{@"ship": @"Ann O'Day", @"tons": @(12.5), @"afloat": [NSNull null], @"port": @{@"town": @"Ulm"}, @"crew": @[@{@"name": @"Li Wei",
                     @"age": @(31)}, @{@"name": @"Bo", @"age": [NSNull null]}], @"flags": @[@"red", @"blue"]}""", id="Objective-C"),
        pytest.param("""Ship {ship = "Ann O'Day", tons = 12.5, afloat = Nothing, port = Port {town = "Ulm"}, crew = [Man {name = "Li Wei", age = 31},
                     Man {name = "Bo", age = Nothing}], flags = ["red","blue"]}""", id="Haskell"),
    ],
)  # fmt: skip
def test_an_object_of_another_language_is_read(text: str):
    reading = read_shape(f"Here it is:\n{text}", FORM)
    assert (reading.value, reading.problems, reading.incomplete) == (SHIP, (), ())
    assert reading.repairs


PAIR = shape_of({"a": "string", "b": "string"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("Pair(a=Smith, Ann, b=Hale & Co)", {"a": "Smith, Ann", "b": "Hale & Co"}, id="comma in a text"),
        pytest.param(
            "Pair(a=Hale (UK) Ltd, b=x (y))", {"a": "Hale (UK) Ltd", "b": "x (y)"}, id="parentheses in a text"
        ),
        pytest.param("Pair[a=x [1], b=y]", {"a": "x [1]", "b": "y"}, id="brackets in a text"),
        pytest.param("Pair(a=x, c=z, b=y)", {"a": "x", "b": "y"}, id="a name that was not asked for ends a text"),
        pytest.param("{A:North Sea B:x}", {"a": "North Sea", "b": "x"}, id="Go's structs without names of types"),
        pytest.param("Array\n(\n    [a] => x, y\n    [b] => z\n)\n", {"a": "x, y", "b": "z"}, id="PHP, printed"),
        pytest.param('{:a=>"x, :b=>", :b=>"nil"}', {"a": "x, :b=>", "b": "nil"}, id="the notation in a text"),
    ],
)
def test_a_text_ends_where_the_next_name_begins(text: str, value: JSON):
    assert read_shape(text, PAIR).value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(
            '{"a": "Pair(a=x, b=y)", "b": ":c => nil",}', {"a": "Pair(a=x, b=y)", "b": ":c => nil"}, id="texts"
        ),
        pytest.param("{a: nil by mouth, b: undef}", {"a": "nil by mouth", "b": "undef"}, id="words"),
        pytest.param("a: Hale (UK)\nb: Map(c -> d)\n", {"a": "Hale (UK)", "b": "Map(c -> d)"}, id="lines"),
        pytest.param("We use Pair(x, y) and f(a) here.", None, id="calls in prose"),
        pytest.param("def f(a, b):\n    return a", None, id="code"),
    ],
)
def test_what_only_looks_like_a_notation_is_none(text: str, value: JSON):
    assert read_shape(text, PAIR).value == value


@pytest.mark.parametrize(
    "text", ["Pair(a=x, b=y", '{:a => "x", :b => "y', "Pair(a=x, b=Pa", '{"c": {"a": "x"}, "b": "y']
)
def test_a_notation_that_was_cut_off_is_not_taken_for_whole(text: str):
    reading = read_shape(text, PAIR)
    assert reading.value in ({"a": "x"}, {}, None)


WORDS = st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{2,6}){0,2}", fullmatch=True).filter(
    lambda text: text.lower() not in {"true", "false", "null", "nil", "none", "nan", "nothing"}
)
VALUES = st.fixed_dictionaries(
    {
        "ship": st.none() | WORDS,
        "tons": st.integers(0, 9_999) | st.none(),
        "afloat": st.booleans() | st.none(),
        "port": st.fixed_dictionaries({"town": WORDS}),
        "crew": st.lists(st.fixed_dictionaries({"name": WORDS, "age": st.integers(0, 99)}), min_size=1, max_size=3),
        "flags": st.lists(WORDS, min_size=1, max_size=3),
    }
)


class Notation(NamedTuple):
    brackets: str
    pair: str
    string: Callable[[str], str]
    nothing: str
    opening: str = ""

    def written(self, value: JSON) -> str:
        match value:
            case dict():
                members = ", ".join(self.pair.format(name, self.written(part)) for name, part in value.items())
                return f"{self.opening}{self.brackets[0]}{members}{self.brackets[1]}"
            case list():
                return f"[{', '.join(map(self.written, value))}]"
            case str():
                return self.string(value)
            case _:
                return self.nothing if value is None else json.dumps(value)


NOTATIONS = [
    pytest.param(Notation("{}", ":{} => {}", json.dumps, "nil"), id="Ruby"),
    pytest.param(Notation("()", "{}={}", str, "null", "Ship"), id="Kotlin"),
    pytest.param(Notation("[]", "{}={}", str, "null", "Ship"), id="Java"),
    pytest.param(Notation("{}", "{}={}", str, "null"), id="maps"),
    pytest.param(Notation("{}", "{}: {}", json.dumps, "nil", "%"), id="Elixir"),
    pytest.param(Notation("()", '"{}" => {}', json.dumps, "nothing", "Dict"), id="Julia"),
]


@pytest.mark.parametrize("notation", NOTATIONS)
@given(value=VALUES)
@settings(max_examples=50)
def test_what_a_language_prints_is_read_back(notation: Notation, value: JSON):
    assert read_shape(notation.written(value), FORM).value == value


@pytest.mark.parametrize("unit", ["Pair(", "{:a => ", "Pair(a=", "(a=x, ", "[a] => ", "#<struct A a=", "a=(", "', "])
def test_notations_without_end_are_read_in_time(unit: str):
    form = RecordShape((("a", ListShape(PAIR)),))
    for head in ("", "Pair(a=x, ", "{:a => 1, "):
        read_shape(head + unit * 2_000, form)
