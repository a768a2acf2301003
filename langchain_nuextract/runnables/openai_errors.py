"""The errors of OpenAI's SDK as ours."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import openai

from langchain_nuextract.client.error_mapping import ErrorContext, broken_connections, explain
from langchain_nuextract.client.inner_error import refusal_within
from langchain_nuextract.client.refusals import explain_refusal, refusal_of
from langchain_nuextract.errors import EndpointError, EndpointUnreachable, ReplyTimeout
from langchain_nuextract.paths import JSON


@contextmanager
def explained(url: str, model: str) -> Generator[None]:
    """Turn what the SDK raises into one of our errors.

    Args:
        url: Where the model is asked.
        model: Its name.

    Raises:
        EndpointError: In place of the SDK's error, which is its cause.
    """
    place = ErrorContext(url, model)
    try:
        yield
    except openai.APIError as error:
        raise _explain(error, place) from error
    except broken_connections() as error:
        # Streams that break off are not wrapped by the SDK.
        raise explain(error, place) from error


def _explain(error: openai.APIError, place: ErrorContext) -> EndpointError:
    body: JSON = cast("JSON", error.body) or str(error)
    match error:
        case openai.APIStatusError():
            return explain_refusal(refusal_of(error.status_code, body, error.response.headers), place, ())
        case openai.APITimeoutError():
            return ReplyTimeout(place.url, None, "no answer within the timeout. Raise `timeout`.")
        case openai.APIConnectionError():
            return EndpointUnreachable(place.url, None, f"nothing answers here ({error.__cause__ or error})")
        case _:
            return explain_refusal(refusal_within(body), place, ())
