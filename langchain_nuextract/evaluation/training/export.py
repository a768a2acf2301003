"""A gold as files to train with."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Final

from langchain_nuextract.dialects.messages import Example
from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.read import read
from langchain_nuextract.errors import EvaluationError
from langchain_nuextract.evaluation.gold import Gold
from langchain_nuextract.evaluation.gold_document import GoldDocument
from langchain_nuextract.evaluation.leaf import field_path
from langchain_nuextract.evaluation.training.formats import FORMATS, FormatName
from langchain_nuextract.evaluation.training.rendering import Rendered, Renderer
from langchain_nuextract.evaluation.training.splitting import NAMES, Item, split_documents
from langchain_nuextract.grounding import ground
from langchain_nuextract.paths import JSON, leaves, show, text
from langchain_nuextract.schema.option_names import refuses_unknown_names
from langchain_nuextract.schema.value_types import VERBATIM

_FROM_MODEL: Final = "model:"
"""What begins the source of values that a model gave; see `distilled`."""


@refuses_unknown_names
@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How rows are written.

    Args:
        format: For which program; see `formats`.
        split: The shares of training, validation and test.
        seed: Another seed is another split.
        instructions: As the extractor will have them.
        examples: How many documents of the training part are shown as few-shot examples, and not trained on.
        pages: How documents with pages are read.
    """

    format: FormatName = "rendered"
    split: Sequence[float] = (0.8, 0.1, 0.1)
    seed: int = 0
    instructions: str = ""
    examples: int = 0
    pages: PageOptions = field(default_factory=PageOptions)


_DEFAULT: Final = TrainingOptions()


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """What was written."""

    folder: Path
    """Where the files are."""
    counts: Mapping[str, int]
    """Rows, by the name of their part."""
    warnings: tuple[str, ...]
    """What may be wrong with rows, and what the program that trains must be told."""


def export_training(
    gold: Gold[object], dialect: str, folder: str | PathLike[str], options: TrainingOptions = _DEFAULT
) -> TrainingFiles:
    """Write a gold as rows whose prompts are those of inference, byte for byte.

        export_training(Gold.from_jsonl("gold.jsonl", Cheque), "2.0", "train/")

    There is a file for each part, `train.jsonl`, …, the images, and `manifest.json`, which says what they were made
    from. Equal input gives equal bytes.

    Args:
        gold: The documents with their values.
        dialect: The model generation, by its name or that of a model.
        folder: Where to write; it is made, and files in it are replaced.
        options: How rows are written.

    Raises:
        EvaluationError: A part has no document, a document has none or several images too many.
        UnsupportedTask: The generation takes no such rows.
        OSError: A file cannot be written.
    """
    documents = [*gold]
    items = [
        Item(each.id, each.group, _digest(each, options.pages), text(each.meta.get("source")).startswith(_FROM_MODEL))
        for each in documents
    ]
    parts, left_out = split_documents(items, options.split, options.seed)
    shown = _examples(documents, parts, options)
    examples = [Example(each.document, each.output) for each in shown]
    renderer = Renderer(gold.target, dialect, instructions=options.instructions, examples=examples, pages=options.pages)
    out = Path(folder)
    (out / "images").mkdir(parents=True, exist_ok=True)
    wanted = [name for name, share in zip(NAMES, options.split, strict=False) if share]
    by_part = {
        name: [each for each in documents if parts.get(each.id) == name and each not in shown] for name in wanted
    }
    for name, each in by_part.items():
        _write(out / f"{name}.jsonl", each, renderer, options)
    chosen = FORMATS[options.format]
    if chosen.info:
        info = chosen.info({name: f"{name}.jsonl" for name in wanted})
        (out / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
    warnings = (
        *(f"{name}: left out, a model labelled it and its group is not trained on" for name in left_out),
        *(warning for each in documents if each.id in parts for warning in _ungrounded(each, renderer)),
        *(f"dialect {renderer.dialect.name}: {loss}" for loss in gold.target.downgrades(renderer.dialect)),
        *chosen.advice,
    )
    written = TrainingFiles(out, {name: len(each) for name, each in by_part.items()}, warnings)
    manifest: dict[str, JSON] = {
        **_manifest(written, renderer, options),
        "groups": {
            name: list[JSON](sorted({each.group for each in part if each.group})) for name, part in by_part.items()
        },
        "examples": [each.id for each in shown],
    }
    text_of_manifest = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (out / "manifest.json").write_text(text_of_manifest, encoding="utf-8", errors="backslashreplace")
    return written


def _write(path: Path, documents: Iterable[GoldDocument], renderer: Renderer, options: TrainingOptions) -> None:
    """Write the rows of one part."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for each in documents:
            row = renderer.render(each.document, each.output, each.id)
            images = _written_images(row, path.parent, absolute=options.format == "ms-swift")
            known: dict[str, JSON] = {"id": each.id, "group": each.group or None, "source": each.meta.get("source")}
            written = FORMATS[options.format].row(row, images)
            written |= {key: value for key, value in known.items() if value is not None}
            file.write(json.dumps(written, ensure_ascii=False) + "\n")


def _examples(
    documents: Sequence[GoldDocument], parts: Mapping[str, str], options: TrainingOptions
) -> list[GoldDocument]:
    """The documents of the training part that are shown: chosen by the seed, not by their order."""
    trained = [each for each in documents if parts.get(each.id) == NAMES[0]]
    if options.examples and not 0 < options.examples < len(trained):
        raise EvaluationError(
            "examples", f"{options.examples} are asked for, and training has {len(trained)} documents"
        )

    def place(document: GoldDocument) -> bytes:
        return hashlib.sha256(f"{options.seed}\0{document.id}".encode(errors="backslashreplace")).digest()

    return sorted(trained, key=place)[: options.examples]


def _digest(document: GoldDocument, pages: PageOptions) -> str:
    """What two documents with the same content have in common: their words, or the bytes of their images."""
    source = read(document.document, pages)
    words = " ".join(source.text.casefold().split())
    content = hashlib.sha256(words.encode("utf-8", "surrogatepass"))
    if not words:
        # Scans have no words to be told apart by.
        for file in document.files:
            content.update(file.read_bytes())
        for url in document.image_urls:
            content.update(url.encode(errors="backslashreplace"))
    return content.hexdigest()


def _ungrounded(document: GoldDocument, renderer: Renderer) -> Iterator[str]:
    """Name the verbatim texts that a document does not have: they teach a model to invent."""
    if document.text is None:
        return
    types = renderer.target.leaf_types
    found = {each.path for each in ground(document.output, document.text)}
    for path, value in leaves(document.output):
        # A choice or a date need not stand in the document as it is written in the gold.
        if types.get(field_path(path)) == VERBATIM and value not in (None, "") and path not in found:
            yield f"{document.id}: {show(path)} is verbatim, and the document does not have {value!r}"


def _written_images(row: Rendered, folder: Path, *, absolute: bool) -> list[str]:
    """Write images as the model is given them, and give their paths."""
    paths: list[str] = []
    for url in row.images:
        kind, _, payload = url.removeprefix("data:image/").partition(";base64,")
        if not payload:
            raise EvaluationError(url[:80], "the image is at an address: training needs the file itself")
        content = b64decode(payload)
        # By its hash, so that an image of two documents is written once, and equal input gives equal names.
        path = folder / "images" / f"{hashlib.sha256(content).hexdigest()[:24]}.{kind.replace('jpeg', 'jpg')}"
        path.write_bytes(content)
        paths.append(str(path.resolve()) if absolute else path.relative_to(folder).as_posix())
    return paths


def _manifest(written: TrainingFiles, renderer: Renderer, options: TrainingOptions) -> dict[str, JSON]:
    files = [written.folder / f"{name}.jsonl" for name in written.counts]
    return {
        "package": f"langchain-nuextract {version('langchain-nuextract')}",
        "dialect": renderer.dialect.name,
        "format": options.format,
        "template": renderer.template,
        "instructions": options.instructions,
        "split": [*options.split],
        "seed": options.seed,
        "rows": dict(written.counts),
        "sha256": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "warnings": [*written.warnings],
    }
