"""Errors within a 200, or in an event of a stream: servers and gateways that have begun to answer can say no status.

| where it stands                                             | who does so                         |
|-------------------------------------------------------------|-------------------------------------|
| `error`, beside the choices or within one                   | OpenAI's form: most                 |
| the whole body, with `object` or `type` of `error`          | vLLM before 0.10, Anthropic's form  |
| the whole body, with words and a number: `message`, `code`  | Spring, AWS, older vLLM             |
| `errors`, `detail` or `fault`, without any choices          | Cloudflare, FastAPI, Apigee         |
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from langchain_nuextract.client.refusals import WRAPPERS, Refusal, first, refusal_of
from langchain_nuextract.paths import JSON, fields, integer, items

_NUMBERS: Final = ("code", "status", "status_code", "statusCode", "http_status", "error_code")
_WORDS: Final = ("message", "msg", "Message")
_KINDS: Final = ("type", "code", "status", "error_type")
"""Where the kind of an error may stand as a word."""
_STATUS: Final = re.compile(r"[2345][0-9][0-9]")
_LETTERS: Final = re.compile(r"[^a-z]+")
_BY_KIND: Final = (
    (429, ("ratelimit", "toomanyrequests", "resourceexhausted", "throttl", "quota")),
    (503, ("overloaded", "unavailable")),
    (504, ("timeout", "deadlineexceeded")),
    (500, ("servererror", "internalerror", "apierror")),
    (401, ("authentication", "unauth", "invalidapikey")),
    (403, ("permission", "forbidden")),
    (404, ("notfound",)),
    (400, ("badrequest", "invalidrequest", "contextlength", "contextwindow")),
)
"""Statuses by what the word for a kind of error holds: `rate_limit_exceeded` and `RateLimitError` are 429."""


def inner_error(body: Mapping[str, JSON]) -> JSON:
    """Find the error in the body of a 200, or in an event of a stream; None if there is none."""
    if body.get("object") == "error" or body.get("type") == "error":
        return {**body}
    if "choices" not in body:
        is_flat = any(body.get(name) for name in _WORDS) and any(name in body for name in _NUMBERS)
        wrapped = any(_is_error(body.get(name)) for name in WRAPPERS)
        return {**body} if wrapped or (is_flat and _is_error({**body})) else None
    choices = (fields(choice).get("error") for choice in items(body["choices"]))
    return next((error for error in (body.get("error"), *choices) if _is_error(error)), None)


def refusal_within(error: JSON) -> Refusal:
    """Give an error within a 200 the status that the server could not send any more; 200 where nothing tells.

    It is the error's number, or else what its kind is called; the innermost object first.
    """
    outer = fields(first(error))
    objects = [*filter(None, (fields(first(outer.get(name))) for name in WRAPPERS)), outer]
    numbers = (number for each in objects for number in _numbers(each) if 400 <= number < 600)  # noqa: PLR2004
    status = next(numbers, None) or next((status for each in objects if (status := _by_kind(each))), None)
    return refusal_of(status or 200, error)


def _is_error(error: JSON) -> bool:
    """Whether an error object tells of an error: some gateways send one that says `ok` with each answer."""
    listed = fields(first(error))
    if not listed:
        return bool(error)
    numbers = [*_numbers(listed)]
    # Where nothing is said, a number must say it.
    # Zero is no status: `{"code": 0, "message": "ok"}`.
    is_failure = any(number != 0 and not 200 <= number < 300 for number in numbers)  # noqa: PLR2004  # the range is the name
    return is_failure or (not numbers and any(listed.values()))


def _numbers(error: Mapping[str, JSON]) -> Iterator[int]:
    for name in _NUMBERS:
        sent = error.get(name)
        number = int(sent) if isinstance(sent, str) and _STATUS.fullmatch(sent) else integer(sent)
        if number is not None:
            yield number


def _by_kind(error: Mapping[str, JSON]) -> int | None:
    named = [_LETTERS.sub("", kind[:100].lower()) for name in _KINDS if isinstance(kind := error.get(name), str)]
    return next((status for status, words in _BY_KIND if any(word in kind for kind in named for word in words)), None)
