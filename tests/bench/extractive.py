"""What decoding constrained to the document gives and costs, on a real vLLM with a tiny model: `make bench-held`.

    python -m tests.bench.extractive [--documents 200] [--backend guidance] [--skip-cost]

For each document the model is asked twice for the same fields, by the plain JSON Schema and by the document's grammar,
16 requests in flight, one call each. Counted are verbatim values that the document does not have, and verbatim values
that are filled and right. Then: time and size of grammars by length of the document, and time a token.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from langchain_nuextract import ChatNuExtract, NuExtractor, RecoveryPolicy
from langchain_nuextract.dialects import dialect_named
from langchain_nuextract.dialects.extractive_grammar import extractive_grammar
from langchain_nuextract.engine.verbatim import LONG
from langchain_nuextract.schema.target import Target
from tests.integration_tests.vllm import build
from tests.integration_tests.vllm.server import Server

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "extraction"
MODEL = "numind/NuExtract-2.0-2B"
IN_FLIGHT = 16
MOST_TOKENS = 200
FIELDS = 6
"""Fields of a row of the corpus that are asked for; those of its longest templates would be thousands of tokens."""
SHORTEST, LONGEST = 500, 6_000
SCRIPTS = {
    "latin": "Straße Garten Müller Größe Wasser Haus Brücke Käse Mühle Wiese",
    "cyrillic": "улица сад Иванов размер вода дом мост сыр мельница луг",
    "greek": "οδός κήπος Παπαδόπουλος μέγεθος νερό σπίτι γέφυρα τυρί μύλος λιβάδι",
    "arabic": "شارع حديقة الحسن حجم ماء بيت جسر جبن طاحونة مرج",
    "hebrew": "רחוב גינה כהן גודל מים בית גשר גבינה טחנה אחו",
    "devanagari": "सड़क बगीचा शर्मा आकार पानी मकान पुल पनीर चक्की मैदान",
    "thai": "ถนน สวน สมชาย ขนาด น้ำ บ้าน สะพาน ชีส โรงสี ทุ่งหญ้า",
    "han": "街道 花园 王明 大小 清水 房屋 大桥 奶酪 磨坊 草地",
    "japanese": "とおり にわ タナカ おおきさ みず いえ はし チーズ すいしゃ くさはら",
    "hangul": "거리 정원 김철수 크기 물 집 다리 치즈 방앗간 초원",
}
FILLING = (
    "the",
    "and",
    "of",
    "order",
    "goods",
    "from",
    "our",
    "stock",
    "in",
    "good",
    "time",
    "with",
    "best",
    "regards",
    "agreed",
)
NAMES = (
    "Alder",
    "Birch",
    "Cedar",
    "Dahlia",
    "Elm",
    "Fern",
    "Gorse",
    "Hazel",
    "Iris",
    "Juniper",
    "Kale",
    "Larch",
    "Maple",
)
SURNAMES = ("O'Neil", "Sørensen", "Łukasz", "d'Arc", "Müller")
COMPILE = """
import json, sys, time
import llguidance, llguidance.hf, xgrammar
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
known = llguidance.hf.from_tokenizer(tokenizer, len(tokenizer))
vocabulary = xgrammar.TokenizerInfo.from_huggingface(tokenizer)
compiler = xgrammar.GrammarCompiler(vocabulary, max_threads=1, cache_enabled=False)
for line in sys.stdin:
    grammar, both = json.loads(line)
    start = time.process_time()
    matcher = llguidance.LLMatcher(known, llguidance.grammar_from("grammar", grammar))
    matcher.compute_bitmask()
    one = time.process_time() - start
    assert not matcher.is_error(), matcher.get_error()
    start = time.process_time()
    size = compiler.compile_lark(grammar).memory_size_bytes if both else None
    print(json.dumps([one, time.process_time() - start if both else None, size]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A document, what is asked of it, and what is right."""

    name: str
    text: str
    template: dict[str, Any]
    expected: dict[str, Any]


@dataclass
class Score:
    """What came of one way to ask."""

    asked: int = 0
    filled: int = 0
    right: int = 0
    outside: list[str] = field(default_factory=list)
    failed: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.right:5} right and {self.filled:5} filled of {self.asked} verbatim values, "
            f"{len(self.outside):4} outside of their document, {self.failed} without an answer, "
            f"{self.tokens} tokens in {self.seconds:.0f} s"
        )


def made(number: int, seed: int = 7) -> Iterator[Row]:
    """Documents of this generator: letters, tables and notes between filling, with broken lines here and there."""
    draw = random.Random(seed)
    for at in range(number):
        seller = f"{draw.choice(NAMES)} & {draw.choice(NAMES)} {draw.choice(['Ltd', 'GmbH', 'S.A.', 'Inc.'])}"
        code = f"{draw.choice('ABKR')}{draw.randint(10, 99)}-{draw.randint(1000, 9999)}/{draw.randint(1, 9)}"
        street = f"{draw.randint(1, 99)} {draw.choice(NAMES)} Lane"
        person = f"{draw.choice(NAMES)} {draw.choice(SURNAMES)}"
        facts = [f"Seller: {seller}", f"Reference: {code}", f"Address:   {street}", f'Contact: "{person}"']
        size = int(SHORTEST * (LONGEST / SHORTEST) ** draw.random())
        lines = list(facts)
        while sum(map(len, lines)) < size:
            lines.insert(draw.randint(0, len(lines)), " ".join(draw.choices(FILLING, k=draw.randint(6, 14))) + ".")
        expected = {"seller": seller, "reference": code, "address": street, "contact": person}
        yield Row(f"made-{at}", "\n".join(lines), dict.fromkeys(expected, "verbatim-string"), expected)


def in_scripts(number: int, seed: int = 11) -> Iterator[Row]:
    """Documents in ten scripts."""
    draw = random.Random(seed)
    for at in range(number):
        script = list(SCRIPTS)[at % len(SCRIPTS)]
        words = SCRIPTS[script].split()
        gap = "" if script in {"thai", "han", "japanese"} else " "
        name, place = gap.join(draw.sample(words, 2)), gap.join(draw.sample(words, 2))
        lines = [gap.join(draw.choices(words, k=8)) + "." for _ in range(draw.randint(3, 12))]
        lines[1:1] = [f"name: {name}", f"place: {place}"]
        expected = {"name": name, "place": place}
        yield Row(f"{script}-{at}", "\n".join(lines), dict.fromkeys(expected, "verbatim-string"), expected)


def corpus() -> Iterator[Row]:
    """Rows of the shared corpus that ask for verbatim texts, some fields of each."""
    for file in sorted(DATA.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            template, expected, text = row.get("template"), row.get("expected"), row["text"] or ""
            if not (isinstance(template, dict) and isinstance(expected, dict) and 0 < len(text) <= LONGEST):
                continue
            kept = [name for name in template if "verbatim-string" in json.dumps(template[name])]
            kept = sorted(kept, key=lambda name: not expected.get(name))[:FIELDS]
            if kept:
                yield Row(row["id"], row["text"], {n: template[n] for n in kept}, {n: expected.get(n) for n in kept})


def verbatim(value: Any, template: Any) -> Iterator[str]:
    """The verbatim texts of an answer."""
    match template:
        case "verbatim-string" if isinstance(value, str) and value.strip():
            yield value
        case [inner] if isinstance(value, list):
            for item in value:
                yield from verbatim(item, inner)
        case dict() if isinstance(value, dict):
            for name, inner in template.items():
                yield from verbatim(value.get(name), inner)


def plain(text: str) -> str:
    """A text without differences of blanks and case."""
    return " ".join(text.casefold().split())


def count(score: Score, row: Row, answer: Any) -> None:
    """Add what one answer is worth."""
    wanted = [*map(plain, verbatim(row.expected, row.template))]
    found = [*verbatim(answer, row.template)]
    score.asked += len(wanted)
    score.filled += len(found)
    there = plain(row.text)
    # A pair of lines that are joined by a comma is said to be of the document, too.
    score.outside += [each for each in found if plain(each) not in there and plain(each.replace(",", "")) not in there]
    for each in map(plain, found):
        if each in wanted:
            wanted.remove(each)
            score.right += 1


def ask(server: Server, rows: Sequence[Row], mode: str) -> Score:
    """Ask about all documents in one way, so many at a time."""
    score = Score()
    policy = RecoveryPolicy(max_calls=1, on_failure="partial")
    if mode == "grammar":
        policy = replace(policy, verbatim="constrained")
    model = ChatNuExtract(
        model=MODEL, base_url=server.url, dialect="instruct", temperature=0, max_tokens=MOST_TOKENS, timeout=1_200
    )

    def one(row: Row) -> tuple[Any, int]:
        found = NuExtractor(row.template, llm=model, recovery=policy).detailed.invoke(row.text)
        return found.json, found.usage.output_tokens

    start = time.perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        answers = [threads.submit(one, row) for row in rows]
        for row, answer in zip(rows, answers, strict=True):
            try:
                value, tokens = answer.result()
            except Exception as error:  # noqa: BLE001 it is counted and shown
                score.failed += 1
                say(f"  {mode} {row.name}: {type(error).__name__} {str(error)[:160]!r}")
                value, tokens = None, 0
            score.tokens += tokens
            count(score, row, value)
    score.seconds = time.perf_counter() - start
    return score


def compare(server: Server, title: str, rows: Sequence[Row]) -> bool:
    """Show both ways side by side; tell whether the grammar keeps its promise."""
    lengths = [len(row.text) for row in rows]
    say(f"\n{title}: {len(rows)} documents of {min(lengths)} to {max(lengths)} letters")
    schema, grammar = (ask(server, rows, mode) for mode in ("schema", "grammar"))
    say(f"  JSON Schema  {schema}\n  grammar      {grammar}")
    for each in grammar.outside[:5]:
        say(f"  outside: {each!r}")
    return not grammar.outside and grammar.right >= schema.right


def costs() -> None:
    """Compile grammars of documents of growing length, in both engines, without a server."""
    rows = [next(made(1, seed)) for seed in range(4)]
    sizes = (1_000, 5_000, 10_000, 50_000)
    lines: list[str] = []
    for size, row in zip(sizes, rows, strict=True):
        text = "\n".join(each.text for each in made(80, seed=size))[:size]
        shape = Target.of({**row.template, "items": [{"name": "verbatim-string", "price": "number"}]}).shape(
            dialect_named("nuextract-3")
        )
        start = time.process_time()
        grammar = extractive_grammar(shape, text, LONG)
        say(f"{size:6} letters: grammar of {len(grammar)} letters, written in {time.process_time() - start:.3f} s")
        lines.append(json.dumps([grammar, size <= 10_000]))
    command = [build.PYTHON, "-c", COMPILE, str(build.MODEL)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    for size, line in zip(sizes, done.stdout.splitlines(), strict=True):
        one, two, memory = json.loads(line)
        other = f"xgrammar {two:.2f} s and {memory / 1e6:.0f} MB" if memory else "xgrammar not asked"
        say(f"{size:6} letters: llguidance {one:.3f} s with its first mask, {other}")


def token_times(server: Server) -> None:
    """Seconds a token, by length of the document, with 1 and 16 in flight."""
    for size, flights in ((1_000, (1, IN_FLIGHT)), (5_000, (1, IN_FLIGHT)), (10_000, (1, IN_FLIGHT))):
        text = "\n".join(each.text for each in made(80, seed=size))[:size]
        row = Row("", text, {"seller": "verbatim-string", "names": ["verbatim-string"]}, {})
        for flight in flights:
            times = []
            for mode in ("schema", "grammar"):
                # Other words first, so that no prompt is found in the cache of the one before.
                rows = [replace(row, text=f"{mode} {at} {text}"[:size]) for at in range(flight)]
                score = ask(server, rows, mode)
                times.append(f"{mode} {1000 * score.seconds / max(score.tokens, 1):.0f} ms ({score.tokens} tokens)")
            say(f"{size:6} letters, {flight:2} in flight, a token with its share of the prompt: {', '.join(times)}")


def main() -> int:
    """Start a server, ask, and show what came of it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--documents", type=int, default=200)
    asked.add_argument("--backend", default="guidance")
    asked.add_argument("--skip-cost", action="store_true")
    options = asked.parse_args()
    if not options.skip_cost:
        costs()
    extra = () if options.backend == "auto" else ("--structured-outputs-config.backend", options.backend)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "vllm.log"
        server = Server.start(
            MODEL,
            chat_template="nuextract2.jinja",
            log=log,
            # Two threads on a busy machine wait for each other most of the time.
            cores=sorted(os.sched_getaffinity(0))[:1],
            options=("--max-model-len", "8192", *extra),
        )
        try:
            server.wait()
            rows = [*corpus()][: options.documents // 4]
            rows += [*made(options.documents - len(rows))]
            kept = compare(server, "corpus and generator", rows)
            kept = compare(server, "ten scripts", [*in_scripts(max(10, options.documents // 4))]) and kept
            if not options.skip_cost:
                token_times(server)
        finally:
            server.stop()
    say("the grammar keeps its promise" if kept else "THE GRAMMAR DOES NOT KEEP ITS PROMISE")
    return 0 if kept else 1


def say(line: str) -> None:
    """Show a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
