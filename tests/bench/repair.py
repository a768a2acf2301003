"""How well broken answers are read, next to json_repair and LangChain's parsers, in one run.

The corpora are read from `../shared/data` beside the repository. Run `python -m tests.bench.repair`, with `--quick`
for one cut in twenty only.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import json_repair
import orjson
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.utils.json import parse_partial_json
from pydantic import Field, TypeAdapter, create_model

from langchain_nuextract.parsing import read_answer, read_json, read_shape
from langchain_nuextract.parsing.fast_path import NOT_TEXT, fast_path_of
from langchain_nuextract.paths import JSON, leaves
from langchain_nuextract.schema.answer_shape import (
    AnswerShape,
    EnumShape,
    ListShape,
    MultiEnumShape,
    RecordShape,
    ScalarShape,
)
from langchain_nuextract.schema.sources import PYDANTIC
from langchain_nuextract.schema.target import Target
from tests.bench import hostile
from tests.bench.broken import FORMS, OTHER_FORMS, SLIPS, broken, form
from tests.unit_tests.parsing.shapes import shape_of

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
NOTHING = object()

Reader = Callable[[str, AnswerShape], JSON]


def ours(text: str, shape: AnswerShape) -> JSON:
    return read_shape(text, shape).value


def ours_safe(text: str, shape: AnswerShape) -> JSON:
    return read_shape(text, shape, policy="safe").value


def theirs_json_repair(text: str, shape: AnswerShape) -> JSON:
    return json_repair.loads(text)


def theirs_partial(text: str, shape: AnswerShape) -> JSON:
    return parse_partial_json(text)


def theirs_output_parser(text: str, shape: AnswerShape) -> JSON:
    return JsonOutputParser().parse(text)


READERS: dict[str, Reader] = {
    "ours": ours,
    "ours, safe": ours_safe,
    "json_repair": theirs_json_repair,
    "parse_partial_json": theirs_partial,
    "JsonOutputParser": theirs_output_parser,
}


def rows(name: str) -> list[dict[str, JSON]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def form_like(value: JSON) -> AnswerShape | None:
    """A form that a value fits, for answers that come without a template; None if there is no such form."""
    match value:
        case dict() if value:
            parts = {name: form_like(part) for name, part in value.items()}
            return None if None in parts.values() else RecordShape(tuple(parts.items()))
        case list():
            return form_like_items(value)
        case bool():
            return ScalarShape("boolean")
        case int() | float():
            return ScalarShape("number")
        case str() | None:
            return ScalarShape("string")
        case _:
            return None


def form_like_items(value: list[JSON]) -> AnswerShape | None:
    shapes = {form_like(item) for item in value if item is not None}
    return (
        ListShape(shapes.pop() or ScalarShape("string"))
        if len(shapes) == 1
        else ListShape(ScalarShape("string"))
        if not shapes
        else None
    )


def read(reader: Reader, text: str, shape: AnswerShape) -> JSON:
    """What a reader makes of a text; NOTHING if it raises."""
    try:
        return reader(text, shape)
    except Exception:  # noqa: BLE001  (whatever the others raise counts as not read)
        return NOTHING


def is_same(one: JSON, other: JSON) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    return dict(flat(one)) == dict(flat(other))


def flat(value: JSON) -> Iterator[tuple[JSON, JSON]]:
    """The leaves by path, empty lists and objects among them."""
    for path, leaf in leaves(value):
        yield path, (type(leaf) is bool, leaf)
    yield "shape", json.dumps(shape(value))


def shape(value: JSON) -> JSON:
    match value:
        case dict():
            return {name: shape(value[name]) for name in sorted(value)}
        case list():
            return [shape(item) for item in value]
        case _:
            return 0


def table(title: str, figures: dict[str, dict[str, str]]) -> None:
    """Print a table: a row for each reader, a column for each figure."""
    columns = list(next(iter(figures.values())))
    print(f"\n{title}")
    print(f"{'':20}" + "".join(f"{column:>18}" for column in columns))
    for name, row in figures.items():
        print(f"{name:20}" + "".join(f"{row[column]:>18}" for column in columns))


def percent(hits: int, of: int) -> str:
    return f"{100 * hits / of:.1f} % of {of}" if of else "-"


def core() -> None:
    """Broken text with the exact value expected."""
    all_rows = [(row, form_like(row["expected"])) for row in rows("broken_json/core_objects.jsonl")]
    whole = [(row, shape) for row, shape in all_rows if not is_cut(row["text"])]
    figures: dict[str, dict[str, str]] = {}
    for name, reader in READERS.items():
        hits = [hit(reader, row, shape) for row, shape in all_rows]
        figures[name] = {
            "all": percent(sum(hits), len(hits)),
            "not cut off": percent(sum(hit(reader, row, shape) for row, shape in whole), len(whole)),
        }
    table("broken text, exact value expected", figures)
    for row, shape in whole:
        if not hit(ours, row, shape):
            print("  ours misses", row["id"], json.dumps(row["text"], ensure_ascii=False)[:110])


def hit(reader: Reader, row: dict[str, JSON], shape: AnswerShape | None) -> bool:
    if shape is None and reader in {ours, ours_safe}:
        reader = unasked
    return is_same(read(reader, row["text"], shape), row["expected"])


def unasked(text: str, shape: AnswerShape | None) -> JSON:
    return read_json(text).value


def is_cut(text: str) -> bool:
    """Whether a text ends inside a string, number, key or literal, so that what there is of it must not be kept."""
    return any(repair.kind == "truncation" for repair in read_json(text).repairs)


def corrupted() -> None:
    """Gold answers with seeded damage, by kind of damage."""
    damaged = [
        (row, shape_of(row["template"])) for row in rows("broken_json/corrupted_gold.jsonl") if "expected" in row
    ]
    kinds = sorted({row["corruption"] for row, _ in damaged})
    print("\ncorrupted gold answers")
    print(f"{'':28}" + "".join(f"{name:>20}" for name in READERS))
    for kind in [*kinds, "all"]:
        some = [(row, shape) for row, shape in damaged if kind in {row["corruption"], "all"}]
        scores = [sum(hit(reader, row, shape) for row, shape in some) for reader in READERS.values()]
        print(f"{kind:28}" + "".join(f"{percent(score, len(some)):>20}" for score in scores))


def made() -> None:
    """Answers that are made and broken in known ways, alone and with the document they are from."""
    for title, forms in (("forms", FORMS), ("other forms", OTHER_FORMS)):
        there = [each for kind in SLIPS for number in range(6) if (each := broken(kind, number, forms))]
        alone, beside = (
            [is_same(read_shape(each.text, form(each.meant), document=text).value, each.meant) for each, text in pairs]
            for pairs in ([(each, "") for each in there], [(each, each.document) for each in there])
        )
        print(f"\nanswers broken in {len(SLIPS)} ways, {title}: {percent(sum(alone), len(there))}", end="")
        print(f", with the document {percent(sum(beside), len(there))}")


def aligned() -> None:
    """Answers to schemas, from the tests of BAML without its aliases; some expect values out of prose."""
    some = [row for row in rows("broken_json/baml.jsonl") if not row["uses_alias"]]
    missed = [row["case"] for row in some if not is_aligned(row)]
    print(f"\nanswers to schemas: {percent(len(some) - len(missed), len(some))}; missed: {', '.join(missed) or 'none'}")


def is_aligned(row: dict[str, JSON]) -> bool:
    """Whether what is read is what is expected, but for nulls: what is not there may be null or absent."""
    target = Target.of({"$schema": PYDANTIC, **row["schema"]})
    reading = read_answer(row["text"], target)
    if row.get("reject"):
        return reading.value is None or bool(reading.problems)
    value = None if reading.value is None else target.lift(reading.value)
    said = [{path: leaf for path, leaf in leaves(each) if leaf is not None} for each in (value, row["expected"])]
    return said[0] == said[1]


def golds() -> list[tuple[JSON, AnswerShape]]:
    """Every gold answer with the form it fits."""
    found = [
        (row.get("expected", row.get("full")), row["template"]) for row in rows("broken_json/corrupted_gold.jsonl")
    ]
    for path in sorted((DATA / "extraction").glob("*.jsonl")):
        found += [(row["expected"], row["template"]) for row in rows(f"extraction/{path.name}") if "template" in row]
    return [(value, shape_of(template)) for value, template in found]


def written(value: JSON) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def valid() -> None:
    """Valid answers: unchanged, with no repairs."""
    pairs = [(value, shape) for value, shape in golds() if fits(value, shape)]
    readings = [(value, read_shape(written(value), shape)) for value, shape in pairs]
    same = sum(is_same(value, reading.value) for value, reading in readings)
    repaired = sum(bool(reading.repairs or reading.problems or reading.incomplete) for _, reading in readings)
    print(f"\nvalid answers: unchanged {percent(same, len(pairs))}, with repairs or problems {repaired}")


def nothing() -> None:
    """Text with nothing to recover: no value may come out of it."""
    shape = golds()[0][1]
    figures: dict[str, dict[str, str]] = {}
    for name, reader in READERS.items():
        outcomes = [read(reader, text, shape) for text in NO_ANSWERS]
        invented = sum(
            any(leaf not in (None, "") for _, leaf in leaves(each)) for each in outcomes if each is not NOTHING
        )
        figures[name] = {"texts": str(len(NO_ANSWERS)), "with values": str(invented)}
    table("text with nothing to recover", figures)


NO_ANSWERS = (
    "", " ", "I could not find any of this in the document.", "None", "null", "The total is 12.50 on 2024-01-01.",
    "{", "[", "{}", "[]", "```json\n```", "<html><body>502 Bad Gateway</body></html>", "Sorry, [citation needed].",
    "# Template:\n", "<think>The user wants {fields}", "1", '"header"', "{{{{", "]]]]}}}}", '{"header', '{"header":',
)  # fmt: skip


def cuts(step: int, readers: dict[str, Reader]) -> None:
    """Gold answers cut at every byte, or one in some: how many leaves are invented, how many complete ones lost."""
    totals = {name: [0, 0, 0] for name in readers}
    count = 0
    for value, shape in golds():
        text = written(value)
        full = dict(leaves(value))
        ends = leaf_ends(value, text)
        for cut in range(1, len(text), step):
            count += 1
            kept = [path for path, end in ends if end <= cut]
            for name, reader in readers.items():
                tally(totals[name], read(reader, text[:cut], shape), full, kept)
    figures = {
        name: {"invented": str(invented), "lost": str(lost), "of complete": str(complete)}
        for name, (invented, lost, complete) in totals.items()
    }
    table(
        f"gold answers cut at {'every byte' if step == 1 else f'one byte in {step}'} ({count} texts), leaves", figures
    )


def tally(total: list[int], value: JSON, full: dict[JSON, JSON], kept: list[JSON]) -> None:
    found = {} if value is NOTHING else dict(leaves(value))
    total[0] += sum(leaf is not None and (path not in full or full[path] != leaf) for path, leaf in found.items())
    total[1] += sum(path not in found or found[path] != full[path] for path in kept)
    total[2] += len(kept)


def leaf_ends(value: JSON, text: str) -> list[tuple[JSON, int]]:
    """Where each leaf that is not null ends in its JSON text, a number one character later: only that shows its end."""
    ends: list[tuple[JSON, int]] = []
    at = 0
    for path, leaf in leaves(value):
        if isinstance(path[-1], str):
            at = text.index(json.dumps(path[-1], ensure_ascii=False) + ":", at) + 1
        wanted = json.dumps(leaf, ensure_ascii=False)
        at = find_value(text, wanted, at)
        if leaf is not None:
            ends.append((path, at + (isinstance(leaf, int | float) and not isinstance(leaf, bool))))
    return ends


def find_value(text: str, wanted: str, at: int) -> int:
    """Behind the next place where a value stands as such, not as a key or inside a string."""
    while True:
        start = text.index(wanted, at)
        before = text[:start].rstrip()[-1:] if start < 200 else text[start - 200 : start].rstrip()[-1:]
        after = text[start + len(wanted) : start + len(wanted) + 1]
        if before in {":", ",", "["} and after in {",", "\n", "]", "}"}:
            return start + len(wanted)
        at = start + 1


def fast_path() -> None:
    """What reading a valid answer costs, next to parsing it and validating it as an instance of a Pydantic model."""
    alone: list[float] = []
    both: list[float] = []
    for value, shape in golds():
        text = json.dumps(value, ensure_ascii=False, indent=4)
        if not fits(value, shape) or len(text) < 300:
            continue
        model = TypeAdapter(model_of(shape))
        direct = cost(lambda text=text, model=model: model.validate_python(orjson.loads(text)))
        alone.append(cost(lambda text=text, shape=shape: read_shape(text, shape)) / direct)
        both.append(cost(lambda text=text, shape=shape, model=model: model.validate_python(ours(text, shape))) / direct)
    print("\nvalid answers, times the cost of orjson.loads and validation by Pydantic (median, worst):")
    print(f"  reading                {median(alone):.2f} {max(alone):.2f}")
    print(f"  reading and validation {median(both):.2f} {max(both):.2f}")


def model_of(shape: AnswerShape) -> JSON:
    """The Pydantic type that a user would write for a form."""
    match shape:
        case RecordShape():
            fields = {
                f"f{at}": (model_of(part), Field(None, alias=name)) for at, (name, part) in enumerate(shape.fields)
            }
            return create_model("Answer", **fields) | None
        case ListShape():
            return list[model_of(shape.item)] | None
        case MultiEnumShape():
            return list[str] | None
        case EnumShape():
            return str | None
        case ScalarShape():
            return NOT_TEXT.get(shape.type, str) | None


def fits(value: JSON, shape: AnswerShape) -> bool:
    return fast_path_of(shape).value(written(value)) is not None


def cost(call: Callable[[], JSON]) -> float:
    """The least seconds of some rounds."""
    times: list[float] = []
    for _ in range(7):
        started = time.perf_counter()
        for _ in range(40):
            call()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    if not DATA.is_dir():
        print(f"no corpora at {DATA.relative_to(DATA.parents[2])}; nothing measured")
        return
    core()
    corrupted()
    made()
    aligned()
    valid()
    nothing()
    fast_path()
    cuts(20, READERS)
    if "--quick" not in sys.argv:
        hostile.main()
        cuts(1, {"ours": ours})


if __name__ == "__main__":
    main()
