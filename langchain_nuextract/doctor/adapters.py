"""What is to be heeded of an adapter (LoRA)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from langchain_nuextract.client.response import decode_json
from langchain_nuextract.client.served_models import ServedModel
from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.doctor.finding import Finding
from langchain_nuextract.paths import fields, integer, items, text

_ADAPTER: Final = "adapter_config.json"
_LARGEST_ADAPTER: Final = 2**20
_MOST_RANK: Final = 16
"""Of adapters that vLLM takes unless it is told otherwise."""
_TOWER: Final = "Serve with --enable-tower-connector-lora, or the adapter's vision layers are ignored with a warning."


def adapter_findings(served: ServedModel, spoken: Dialect) -> Iterator[Finding]:
    """What is to be heeded of a LoRA."""
    named = f'dialect="{spoken.name}"'
    yield Finding("good", f"{served.id} is an adapter of {served.parent}", f"Its name tells no generation: {named}.")
    try:
        with (Path(served.root) / _ADAPTER).open("rb") as file:
            config = fields(decode_json(file.read(_LARGEST_ADAPTER)))
    except (OSError, ValueError):
        yield Finding("unsure", f"{_ADAPTER} of {served.id} is not on this machine", f"If it adapts vision: {_TOWER}")
        return
    targets = items(config.get("target_modules")) or [config.get("target_modules")]
    if any("visual" in text(each) or text(each) == "all-linear" for each in targets):
        yield Finding("unsure", "the adapter has vision layers, which vLLM leaves out by default", _TOWER)
    rank = integer(config.get("r")) or 0
    if rank > _MOST_RANK:
        yield Finding("unsure", f"the adapter's rank is {rank}", f"Serve with --max-lora-rank {rank}.")
