"""What the schema compiler holds of real schemas and instances, and what it costs.

Reads `../shared/data/schemas` beside the repository, where it is present. `python tests/bench/schema.py [--verbose]`
"""

import json
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import process_time
from types import SimpleNamespace
from typing import Any

from jsonschema import Draft202012Validator

from langchain_nuextract.errors import UnsupportedSchema
from langchain_nuextract.paths import EACH, leaves, show
from langchain_nuextract.schema.target import Target
from langchain_nuextract.schema.vocabulary import NUEXTRACT_1, NUEXTRACT_2, NUEXTRACT_3

Engines = Mapping[str, Callable[[str], object]]
SIZES = (500, 1000, 2000, 4000)
DATA = Path(__file__).parents[3] / "shared" / "data" / "schemas"
DIALECTS = {
    name: SimpleNamespace(vocabulary=vocabulary)
    for name, vocabulary in (("1", NUEXTRACT_1), ("2.0", NUEXTRACT_2), ("3", NUEXTRACT_3))
}
VERBOSE = "--verbose" in sys.argv


def say(*words: object) -> None:
    if VERBOSE:
        print(*words)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def compiled(schema: Any, name: str, counts: Counter[str]) -> Target[Any] | None:
    """Compile one schema, and count how it went."""
    counts["schemas"] += 1
    try:
        target = Target.of(schema)
        target.losses, target.instructions, target.answer_schema  # noqa: B018 computing them is the point
    except UnsupportedSchema as error:
        counts["refused"] += 1
        say("refused", name, str(error)[:200])
        return None
    except Exception:  # noqa: BLE001 a crash is what is counted
        counts["crashed"] += 1
        say("crashed", name, traceback.format_exc()[-600:])
        return None
    counts["compiled"] += 1
    return target


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal, true and 1 being different."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and a == b


def under(path: tuple[Any, ...], loss: tuple[Any, ...]) -> bool:
    """Whether a path lies at or below that of a loss."""
    return len(loss) <= len(path) and all(
        step in (EACH, place) for step, place in zip(loss, path[: len(loss)], strict=True)
    )


def held(target: Target[Any], instance: Any, name: str, counts: Counter[str]) -> None:
    """Count whether an instance comes back whole, in each vocabulary."""
    counts["instances"] += 1
    for dialect, speaks in DIALECTS.items():
        answer = target.lower(instance, speaks)
        back = target.lift(answer, speaks)
        if same(back, instance):
            counts[f"whole in {dialect}"] += 1
            if dialect == "3":
                fits(target, answer, name, counts)
        else:
            missed(target, instance, dialect, name, counts)


def fills(template: Any, answer: Any) -> bool:
    """Whether an answer has a place for all that a template asks for, each with what may stand there."""
    if answer is None:
        return True
    if isinstance(template, dict):
        return isinstance(answer, dict) and all(
            name in answer and fills(part, answer[name]) for name, part in template.items()
        )
    if isinstance(template, list) and len(template) > 1:
        return answer in template
    if isinstance(template, list):
        return isinstance(answer, list) and all(fills(template[0], item) for item in answer)
    return isinstance(answer, str | int | float)


def fits(target: Target[Any], answer: Any, name: str, counts: Counter[str]) -> None:
    """Count whether the lowered instance fits the template, and whether it is valid under the answer schema."""
    counts["fits the template"] += fills(target.template(DIALECTS["3"]), answer)
    error = next(Draft202012Validator(target.answer_schema).iter_errors(answer), None)
    counts["fits the answer schema"] += error is None
    if error is not None:
        path = tuple(error.absolute_path)
        counts["fits not, but is named in losses"] += any(under(path, loss.path) for loss in target.losses)
        say("fits not", name, show(path), error.message[:150])


def missed(target: Target[Any], instance: Any, dialect: str, name: str, counts: Counter[str]) -> None:
    """Count the leaves that did not come back, and those of them that no loss names."""
    speaks = DIALECTS[dialect]
    back = target.lift(target.lower(instance, speaks), speaks)
    there = dict(leaves(back))
    lost = [path for path, value in leaves(instance) if path not in there or not same(there[path], value)]
    named = [loss.path for loss in (*target.losses, *target.downgrades(speaks))]
    unnamed = [path for path in lost if not any(under(path, place) for place in named)]
    counts[f"leaves lost in {dialect}"] += len(lost)
    counts[f"leaves lost in {dialect} without a word"] += len(unnamed)
    say("not whole in", dialect, name, [show(path) for path in lost][:4] or "shape", "UNNAMED" if unnamed else "")
    if not lost:
        say("   ", json.dumps(instance)[:300], "\n   ", json.dumps(back)[:300])


def grammar(target: Target[Any], name: str, engines: Engines, counts: Counter[str]) -> None:
    """Count whether the answer schema compiles under the grammar engines, where they are installed."""
    text = json.dumps(target.answer_schema)
    for engine, compile_ in engines.items():
        try:
            compile_(text)
            counts[f"compiles under {engine}"] += 1
        except Exception as error:  # noqa: BLE001 a refusal is what is counted
            say("no grammar", engine, name, str(error)[:200])


def installed() -> Engines:
    """Find the grammar engines that are installed."""
    found: dict[str, Callable[[str], object]] = {}
    try:
        import xgrammar

        found["xgrammar"] = xgrammar.Grammar.from_json_schema
    except ImportError:
        pass
    try:
        import llguidance

        def check(text: str) -> None:
            error = llguidance.LLMatcher.validate_grammar(llguidance.LLMatcher.grammar_from_json_schema(text))
            if error:
                raise ValueError(error)

        found["llguidance"] = check
    except ImportError:
        pass
    return found


def corpus(engines: Engines) -> Counter[str]:
    """Measure the JSON Schemas with their instances."""
    counts: Counter[str] = Counter()
    seconds: list[tuple[float, int]] = []
    for row in rows("instances.jsonl"):
        started = process_time()
        target = compiled(row["schema"], row["id"], counts)
        seconds.append((process_time() - started, len(json.dumps(row["schema"]))))
        if target is None:
            continue
        grammar(target, row["id"], engines, counts)
        for instance in row["valid"]:
            held(target, instance, row["id"], counts)
    times = sorted(time for time, _ in seconds)
    slow = times[int(len(times) * 0.95)]
    print(f"  compile, CPU: median {median(times) * 1e3:.1f} ms, 95 % {slow * 1e3:.1f} ms, ", end="")
    print(f"longest {times[-1] * 1e3:.0f} ms; {sum(times) / sum(size for _, size in seconds) * 1e6:.2f} ms a kB")
    return counts


def models(engines: Engines) -> Counter[str]:
    """Measure the Pydantic models."""
    counts: Counter[str] = Counter()
    for row in rows("pydantic_models.jsonl"):
        scope: dict[str, Any] = {"__name__": "models"}
        exec(PRELUDE, scope)
        run(row["pydantic_source"], scope)
        target = compiled(scope[row["class"]], row["file"], counts)
        if target is not None:
            grammar(target, row["file"], engines, counts)
    return counts


def growth() -> None:
    """Show that what a part of a schema costs does not depend on how many there are."""
    text = {"type": "string"}
    shapes: dict[str, Callable[[int], Any]] = {
        "properties": lambda n: {"properties": {f"p{i}": text for i in range(n)}},
        "anyOf branches": lambda n: {"properties": {"a": {"anyOf": [branch(i) for i in range(n)]}}},
        "allOf members": lambda n: {"allOf": [branch(i) for i in range(n)]},
        "referenced types": lambda n: {
            "$defs": {f"d{i}": branch(i) for i in range(n)},
            "properties": {f"p{i}": {"$ref": f"#/$defs/d{i}"} for i in range(n)},
        },
        "labels of an enum": lambda n: {"properties": {"a": {"enum": [f"label {i}" for i in range(n)]}}},
    }
    for name, shape in shapes.items():
        costs = [cost({"type": "object", **shape(n)}) / n * 1e6 for n in SIZES]
        print(f"  {name:36}", *(f"{microseconds:7.0f} µs" for microseconds in costs))


def branch(number: int) -> dict[str, Any]:
    return {"type": "object", "properties": {"same": {"type": "string"}, f"own {number}": {"type": "integer"}}}


def cost(schema: Any) -> float:
    """Give the seconds that it takes to compile a schema."""
    started = process_time()
    compiled(schema, "made up", Counter())
    return process_time() - started


def run(source: str, scope: dict[str, Any]) -> None:
    """Run the source of models; a name that it lacks stands for any type."""
    for _ in range(20):
        try:
            exec(source, scope)
        except NameError as error:
            scope[error.name] = Any
        else:
            return


PRELUDE = """
import sys, types
from typing import *
from datetime import *
from decimal import *
from enum import *
from pathlib import Path
from uuid import *
from pydantic import *
sys.modules.setdefault("models", types.ModuleType("models"))
"""


def main() -> None:
    print("Compile time a part, for", ", ".join(f"{n:,}" for n in SIZES), "of them")
    growth()
    if not DATA.exists():
        print(f"nothing measured: {DATA} is not there")
        return
    engines = installed()
    for title, measure in (("JSON Schemas", corpus), ("Pydantic models", models)):
        print(title)
        counts = measure(engines)
        for name, count in counts.items():
            of = "instances" if name.startswith(("whole", "fits")) else "schemas"
            print(f"  {name:36} {count:6}  {count / counts[of]:7.2%}")


if __name__ == "__main__":
    main()
