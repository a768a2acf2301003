"""Rows for engines that run the model in their own processes, without a server: `ray.data.llm`'s vLLM.

    columns = extract.columns(text="body", id="doc_id")
    config = vLLMEngineProcessorConfig(
        model_source="numind/NuExtract3",
        chat_template_stage={"enabled": True, "chat_template_kwargs": columns.chat_template_kwargs},
        should_continue_on_error=True,
    )
    dataset = build_processor(config, preprocess=columns.request)(dataset).map(columns.reply)

Each reply is read as the endpoint's would be, except that nothing can be asked again. `reply` comes after the processor
rather than as its `postprocess`, which rows that the engine failed on do not go through.

Source: `ray/llm/_internal/batch/stages` of Ray 2.60: the chat template's arguments are one for all rows, and a row has
`messages` and `sampling_params`, by the names of vLLM's `SamplingParams`, with `structured_outputs` among them.
"""

from collections.abc import Mapping
from typing import Final, NoReturn, SupportsInt, cast

from langchain_nuextract.batch.files import asked_of, request_body_of
from langchain_nuextract.batch.protocols import Extractor
from langchain_nuextract.batch.result import Result
from langchain_nuextract.batch.serialize import replay_one
from langchain_nuextract.client.response import encode_json
from langchain_nuextract.dialects.messages import Reply, Usage
from langchain_nuextract.documents.read import read
from langchain_nuextract.engine.result import Extraction
from langchain_nuextract.errors import EndpointError, UnsupportedTask
from langchain_nuextract.paths import JSON, fields, integer

ENGINES_OWN: Final = frozenset(
    {"messages", "sampling_params", "prompt", "prompt_token_ids", "tokenized_prompt", "num_input_tokens"}
    | {"generated_tokens", "generated_text", "num_generated_tokens", "embeddings", "metrics", "logprobs"}
    | {"prompt_logprobs", "request_id", "batch_uuid", "time_taken_llm", "params", "__inference_error__"}
    | {"multimodal_data", "mm_processor_kwargs", "multimodal_uuids", "tokenization_kwargs", "model"}
)
"""Columns that the engine reads or writes."""
_OF_TEMPLATE: Final = "chat_template_kwargs"
_OF_ENGINE: Final = frozenset({"model", "messages", _OF_TEMPLATE, "response_format"})
_SAMPLING: Final = frozenset(
    {"n", "presence_penalty", "frequency_penalty", "repetition_penalty", "temperature", "top_p", "top_k", "min_p"}
    | {"seed", "stop", "stop_token_ids", "ignore_eos", "max_tokens", "min_tokens", "skip_special_tokens"}
    | {"spaces_between_special_tokens", "include_stop_str_in_output", "logit_bias", "allowed_token_ids", "bad_words"}
    | {"structured_outputs", "thinking_token_budget"}
)
"""Fields of vLLM's `SamplingParams` that a request's body has by the same names."""


def template_arguments(extractor: Extractor) -> Mapping[str, JSON]:
    """Say what the chat template is told, the same for all documents."""
    (request,) = next(extractor.flow("-"))
    return fields(request_body_of(extractor, request).get(_OF_TEMPLATE))


def request_row(extractor: Extractor, document: object, told: Mapping[str, JSON]) -> dict[str, object]:
    """Say what an engine is to be asked about a document: `messages` and `sampling_params`.

    Args:
        extractor: It decides what is asked.
        document: One that cannot be asked about, such as an empty one, has a request for a single token, for every row
            has one with these engines. `result_of_row` says what was wrong.
        told: What the chat template is told.

    Raises:
        UnsupportedTask: An engine cannot be asked so.
    """
    asked = asked_of(extractor, document)
    _, request = asked or asked_of(extractor, "-") or _refuse("nothing can be asked with these settings")
    body = request_body_of(extractor, request)
    if fields(body.get(_OF_TEMPLATE)) != told:
        _refuse("the chat template is told the same of all documents: choose examples that are the same for all")
    if odd := body.keys() - _SAMPLING - _OF_ENGINE:
        _refuse(f"an engine cannot be told {', '.join(sorted(odd))} in a row: leave it out")
    # Unless it is told, vLLM's engine stops after 16 tokens; None is all the room that is left.
    sampling: dict[str, JSON] = {"max_tokens": None, **{name: body[name] for name in body if name in _SAMPLING}}
    if schema := fields(fields(fields(body.get("response_format")).get("json_schema")).get("schema")):
        # As text: a table would give all objects in a list the keys of all others.
        sampling["structured_outputs"] = {"json": encode_json(schema).decode()}
    return {"messages": body["messages"], "sampling_params": sampling if asked else {**sampling, "max_tokens": 1}}


def _refuse(reason: str) -> NoReturn:
    raise UnsupportedTask("a written request", reason)


def result_of_row(extractor: Extractor, document: object, row: Mapping[str, object]) -> Result[Extraction[object]]:
    """Read what an engine said about a document."""
    try:
        source = read(document, extractor.pages)
        extraction = replay_one(extractor.flow(source), lambda: _reply_in(row))
    except Exception as error:  # noqa: BLE001  # as `return_exceptions` does: the result tells
        return Result(0, document, None, error)
    return Result(0, document, extraction, usage=extraction.usage)


def _reply_in(row: Mapping[str, object]) -> Reply:
    if reason := row.get("__inference_error__"):
        raise EndpointError("the engine", None, str(reason))
    # Numbers may be NumPy's own, where the engine's table has been one of pandas.
    counts = cast("Mapping[str, SupportsInt | None]", row)
    usage = Usage(int(counts.get("num_input_tokens") or 0), int(counts.get("num_generated_tokens") or 0))
    most = integer(fields(cast("JSON", row.get("sampling_params"))).get("max_tokens"))
    return Reply(
        text=str(row["generated_text"]),
        finish_reason="length" if most is not None and usage.output_tokens >= most else None,
        usage=usage,
    )
