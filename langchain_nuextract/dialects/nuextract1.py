"""NuExtract 1 (June 2024) and 1.5 (October 2024): text in, text out, a prompt of one piece.

Sources:
    https://huggingface.co/numind/NuExtract, its function `predict_NuExtract` as of 8c54698 (2024-06), and
    https://huggingface.co/numind/NuExtract-1.5 as of 94dce2c (2024-10). The cards write with `json.dumps(…, indent=4)`;
    that is kept, but for letters beyond ASCII, which are left as they are.

Both go to `/v1/completions`: a chat endpoint would wrap the prompt in the chat template of the model that they were
trained from (Phi-3 and others), which they have not seen since.

Their templates hold empty strings, and so does an answer that finds nothing. A model that only repeats the template has
written that same answer: it is read as one that has no values, which invents none. Required fields are then missing,
and asked for again; where all are optional, nothing tells the two apart.
"""

import json
import re
from typing import Final

from langchain_nuextract.dialects.constraints import constraint_of
from langchain_nuextract.dialects.control_tokens import PHI, QWEN
from langchain_nuextract.dialects.dialect import Dialect, prompt, prompt_json, template_of
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.vocabulary import NUEXTRACT_1

_SAMPLING: Final[dict[str, JSON]] = {"temperature": 0}
"""Greedy in the first card's code; "at or very near 0" in the card of 1.5."""

_STOP: Final = ("<|end-output|>",)
_ENDS: Final = ("<|end-output|>", "<|endoftext|>", "<|assistant|>", "<|end|>", "<|input|>", "<|output|>")
"""The end marks of `generation_config.json`, and those of the next round for models that run past them."""

_SECTIONS: Final = ("\n### Template:", "\n### Example:", "\n### Current:", "\n### Text:")
_MARKS: Final = tuple(dict.fromkeys((*_ENDS, *PHI, *QWEN, *_SECTIONS)))
"""Those of the models they were trained from are among them: Phi-3, Qwen 1.5 and 2.5."""


def phrase_1(task: Task) -> Request:
    """Write the prompt of NuExtract 1, whose examples are outputs only; it ends with a line break."""
    examples = "".join(f"### Example:\n{prompt_json(json.loads(shot.answer))}\n" for shot in task.shots)
    return _request_for(f"{_prompt_opening(task)}{examples}### Text:\n{task.source.text}\n<|output|>\n", task)


def phrase_1_5(task: Task) -> Request:
    """Write the prompt of NuExtract 1.5: an empty line before the last mark, nothing after it."""
    return _request_for(f"{_prompt_opening(task)}### Text:\n{task.source.text}\n\n<|output|>", task)


def go_on_1_5(task: Task, current: str) -> Request:
    """Write the prompt of NuExtract 1.5 for the next part of a document: the answer so far, and a first bracket."""
    return _request_for(
        f"{_prompt_opening(task)}### Current:\n{current}\n### Text:\n{task.source.text}\n\n<|output|>{{", task
    )


def _prompt_opening(task: Task) -> str:
    return f"<|input|>\n### Template:\n{template_of(task)}\n"


def _request_for(text: str, task: Task) -> Request:
    return prompt(text, body={**_SAMPLING, "stop": list(_STOP), **constraint_of(task, "completions")})


_STORED: Final = (
    r"(?:[-_.:](?:gguf|gptq|awq|mlx|onnx|exl\d|i?q\d\w*|w\d+a\d+|(?:b?f|fp|int)\d+|\d+bit|(?:0\.5|3\.8|7)b|latest))*"
    r"(?:[/\\]snapshots[/\\]|[/\\]?$)"
)
"""How the weights are stored, or how many they are (Ollama calls NuExtract 1 `nuextract:3.8b`), to the name's end."""

# NuExtract-tiny, nuextract:3.8b, NuExtract-v1-Q4_K_M.gguf; not NuExtract-1.5, and not nuextract-13b.
_NAME_1: Final = rf"nuextract(?:[-_.](?:tiny|large)(?![a-z])|[-_. ]?v?1(?:[._]0)?(?![\d.]|[-_]5|b(?![a-z]))|{_STORED})"
# NuExtract-1.5-tiny and NuExtract-tiny-v1.5, which the author wrote both ways; "smol" there was only of 1.5.
_NAME_1_5: Final = r"nuextract(?:[-_.](?:tiny|smol|large))?[-_. ]?v?1[._-]5(?!\d|b(?![a-z]))|nuextract[-_.]smol"


NUEXTRACT_1_0: Final = Dialect(
    name="nuextract-1",
    serves=re.compile(_NAME_1, re.IGNORECASE),
    vocabulary=NUEXTRACT_1,
    phrase=phrase_1,
    ends=_ENDS,
    marks=_MARKS,
)

NUEXTRACT_1_5: Final = Dialect(
    name="nuextract-1.5",
    serves=re.compile(_NAME_1_5, re.IGNORECASE),
    vocabulary=NUEXTRACT_1,
    phrase=phrase_1_5,
    go_on=go_on_1_5,
    ends=_ENDS,
    marks=_MARKS,
    takes_examples=False,
)
