"""The names that settings may have, and what a misspelt one was probably meant to be."""

from collections.abc import Collection, Iterable
from typing import Final

from langchain_core.runnables import RunnableConfig

from langchain_nuextract.schema.option_names import unknown_name

SERVER_FIELDS: Final = frozenset(
    (
        *("messages", "model", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "max_tokens"),
        *("max_completion_tokens", "n", "presence_penalty", "response_format", "seed", "stop", "stream"),
        *("stream_options", "temperature", "top_p", "tools", "tool_choice", "parallel_tool_calls", "user"),
        *("reasoning_effort", "include_reasoning", "thinking_token_budget", "use_beam_search", "top_k", "min_p"),
        *("repetition_penalty", "length_penalty", "stop_token_ids", "include_stop_str_in_output", "ignore_eos"),
        *("min_tokens", "skip_special_tokens", "spaces_between_special_tokens", "truncate_prompt_tokens"),
        *("prompt_logprobs", "allowed_token_ids", "bad_words", "echo", "suffix", "add_generation_prompt"),
        *("continue_final_message", "add_special_tokens", "documents", "chat_template", "chat_template_kwargs"),
        *("media_io_kwargs", "mm_processor_kwargs", "structured_outputs", "json_schema", "grammar", "guided_json"),
        *("priority", "request_id", "return_tokens_as_token_ids", "return_token_ids", "return_prompt_text"),
        *("cache_salt", "kv_transfer_params", "vllm_xargs", "repetition_detection"),
    )
)
"""Fields of the requests of vLLM 0.32 and llama.cpp on both routes; others can be sent by `extra_body`."""


def check_names(names: Iterable[str], known: Collection[str], owner: str) -> None:
    """Refuse settings that nobody reads.

    Args:
        names: As they were given.
        known: Those there are.
        owner: Whose settings they are, for the message.

    Raises:
        TypeError: There is one that is not known; it names the nearest that is.
    """
    api = ". Fields of the server's API go into extra_body" if "extra_body" in known else ""
    for name in names:
        if name not in known:
            is_of_config = name in RunnableConfig.__annotations__
            otherwise = f": it belongs into the config, config={{{name!r}: …}}" if is_of_config else api
            raise unknown_name(owner, name, known, otherwise)
