"""By which fields of a request servers are told what an answer may be, and how one goes on that was cut off.

| field                | read by                | says                                                              |
|----------------------|------------------------|-------------------------------------------------------------------|
| `response_format`    | vLLM, llama.cpp        | a JSON Schema, on the chat route: vLLM 0.11 to 0.33               |
| `structured_outputs` | vLLM 0.11 and later    | a JSON Schema on the completions route, or a grammar on any       |
| `json_schema`        | llama.cpp              | a JSON Schema, on the completions route                           |
| `grammar`            | llama.cpp              | a grammar, which a `response_format` beside it would win over     |
| `guided_json`        | vLLM before 0.12 alone | a JSON Schema; never sent, for later ones ignore it without a word |

Each server ignores the fields that it does not read.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from langchain_nuextract.dialects.dialect import text_part
from langchain_nuextract.dialects.messages import Request, Task
from langchain_nuextract.paths import JSON, fields

LLGUIDANCE: Final = "%llguidance {}\n"
"""A first line that llguidance alone reads: llama.cpp's server knows by it what it is given; xgrammar refuses it."""
_BEGIN_ANEW: Final = frozenset({"response_format", "structured_outputs", "json_schema"})
"""Fields that would have the rest of an answer begin like a whole one."""
CONSTRAINTS: Final = frozenset({*_BEGIN_ANEW, "grammar", "guided_json"})
"""The fields of the table above, apart from which the rest of a request's body goes."""


def constraint_of(task: Task, route: Literal["chat", "completions"] = "chat") -> dict[str, JSON]:
    """Constrain the answer to the task's grammar or else to its answer schema, if it has one."""
    if task.grammar:
        for_llama = LLGUIDANCE + task.grammar.removeprefix(LLGUIDANCE)
        return by_grammar(task.grammar, for_llama)
    if not task.answer_schema:
        return {}
    schema = dict(task.answer_schema)
    if route == "completions":
        return {"structured_outputs": {"json": schema}, "json_schema": schema}
    named: JSON = {"name": "answer", "schema": schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def by_grammar(for_vllm: str, for_llama: str) -> dict[str, JSON]:
    """Constrain the answer to a grammar, in the form in which either server reads it."""
    return {"structured_outputs": {"grammar": for_vllm}, "grammar": for_llama}


def grammar_or_schema(grammar: str, schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """Constrain the answer to a grammar that is for llama.cpp alone, and on vLLM to a schema."""
    return {"grammar": grammar, "structured_outputs": {"json": dict(schema)}}


def has_grammar(body: Mapping[str, JSON]) -> bool:
    """Tell whether the body of a request constrains the answer to a grammar on vLLM."""
    return bool(fields(body.get("structured_outputs")).get("grammar"))


def resume(request: Request, written: str, grammar: str = "") -> Request:
    """Ask for the rest of an answer that was cut off.

    A grammar would begin anew, and so would thinking: the rest is asked for without either.

    Args:
        request: The request that the answer was given to.
        written: What there is of it. On the chat route, chat templates trim its end, so it must have no blanks there.
        grammar: The grammar of the rest, if there is one. It is for vLLM; others begin anew, by the whole grammar.

    Returns:
        A request whose reply goes on behind the last character of `written`, on servers that can do so (vLLM).
    """
    body = {name: value for name, value in request.body.items() if name not in _BEGIN_ANEW}
    if grammar:
        body["structured_outputs"] = {"grammar": grammar}
    if request.route == "completions":
        content = request.messages[0]["content"]
        longer: JSON = [*content, text_part(written)] if isinstance(content, list) else f"{content}{written}"
        return replace(request, messages=({"role": "user", "content": longer},), body=body, before=written)
    kwargs = fields(body.get("chat_template_kwargs"))
    if "enable_thinking" in kwargs:
        body["chat_template_kwargs"] = {**kwargs, "enable_thinking": False}
    body |= {"continue_final_message": True, "add_generation_prompt": False}
    messages = (*request.messages, {"role": "assistant", "content": written})
    return replace(request, messages=messages, body=body, before=written)
