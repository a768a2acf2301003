"""Whether an endpoint constrains verbatim values to the words of the document, and by which engine."""

import re
from typing import Final

from langchain_nuextract.dialects.constraints import LLGUIDANCE, by_grammar
from langchain_nuextract.dialects.extractive_grammar import PROBE, heeds_probe
from langchain_nuextract.dialects.messages import Request
from langchain_nuextract.doctor.finding import Finding
from langchain_nuextract.doctor.server import Server, answer_text

_FLAG: Final = "Serve with --structured-outputs-config.backend guidance."
ENGINES: Final = {"vLLM": _FLAG, "llama.cpp": "Build llama.cpp with -DLLAMA_LLGUIDANCE=ON."}
"""What to change on servers that are known to take grammars, by their kind."""
_SAFE: Final = (0, 32)
"""The version of vLLM in which it was seen that a grammar which its engine cannot read fails one request alone."""
_NUMBER: Final = re.compile(r"\d+")


def grammar_finding(server: Server, request: Request, model: str, kind: str) -> Finding:
    """Try a grammar on a server of one of the `ENGINES`.

    An engine that was made for other grammars fails at one that it cannot read: since vLLM 0.32 in that request
    alone, but before there were versions in which the whole server ended by it.
    """
    version = tuple(map(int, _NUMBER.findall(server.version())[:2])) if kind == "vLLM" else _SAFE
    if version < _SAFE:
        return Finding("unsure", "it was not tried whether it takes grammars: vLLM before 0.32 may end", _FLAG)
    if _heeds(server, LLGUIDANCE + PROBE, request, model):
        return Finding("good", "verbatim values can be constrained to the document")
    if _heeds(server, PROBE, request, model):
        slow = "verbatim values can be constrained to the document by xgrammar, to passages of a long one"
        return Finding("unsure", slow, ENGINES[kind])
    return Finding("unsure", "verbatim values can be checked, not constrained to the document", ENGINES[kind])


def _heeds(server: Server, grammar: str, request: Request, model: str) -> bool:
    message, _ = server.said(request, model, {**request.body, **by_grammar(grammar, grammar)})
    return heeds_probe(answer_text(message))
