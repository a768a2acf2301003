"""What `bind`, `with_config`, `with_retry` and `with_fallbacks` give is kept by what is made of an extractor."""

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.runnables import ConfigurableField
from pydantic import BaseModel

from langchain_nuextract import NuExtractor, Target
from langchain_nuextract.testing import FakeEndpoint, FakeReply


class Ticket(BaseModel):
    seat: str


ANSWER = {"seat": "14 C"}
TEXT = "Your seat on the night train to Tromsø is 14 C, by the window."


class Starts(BaseCallbackHandler):
    """Counts the runs of chains that are tagged."""

    def __init__(self) -> None:
        self.count = 0

    def on_chain_start(self, serialized, inputs, *, tags=None, **kwargs):
        self.count += "night" in (tags or [])


def on(endpoint: FakeEndpoint, **settings) -> NuExtractor[Ticket]:
    return NuExtractor(Ticket, model="numind/NuExtract3", base_url=endpoint.url, max_retries=0, **settings)


MADE = {
    "invoke": lambda extract: extract.invoke(TEXT),
    "detailed": lambda extract: extract.detailed.invoke(TEXT),
    "long": lambda extract: extract.long(chunk_tokens=400).invoke(TEXT),
    "as_tool": lambda extract: extract.as_tool().invoke({"document": TEXT}),
    "document_transformer": lambda extract: extract.document_transformer(on_error="raise").invoke([Document(TEXT)]),
    "extract_many": lambda extract: [*extract.extract_many([TEXT], on_error="raise")],
    "detailed.extract_many": lambda extract: [*extract.detailed.extract_many([TEXT], on_error="raise")],
}
ASKED_BY_INVOKE = [name for name in MADE if "many" not in name]


@pytest.mark.parametrize("made", MADE)
def test_what_is_bound_is_sent_by_whatever_is_made_of_the_extractor(made):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        MADE[made](extract.bind(temperature=0.25))
        assert endpoint.requests[0].body["temperature"] == 0.25


@pytest.mark.parametrize("made", MADE)
def test_a_config_reaches_whatever_is_made_of_the_extractor(made):
    seen = Starts()
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        MADE[made](extract.with_config(callbacks=[seen], tags=["night"]))
    assert seen.count > 0


@pytest.mark.parametrize("made", MADE)
def test_types_to_show_change_nothing_else(made):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        shown = extract.with_types(output_type=dict).bind(temperature=0.25)
        assert shown.OutputType is dict
        MADE[made](shown)
        assert endpoint.requests[0].body["temperature"] == 0.25


@pytest.mark.parametrize("made", ASKED_BY_INVOKE)
def test_what_is_put_around_types_to_show_is_kept(made):
    with FakeEndpoint(FakeReply(status=500), ANSWER) as endpoint, on(endpoint) as extract:
        shown = extract.with_types(output_type=dict)
        MADE[made](shown.with_retry(wait_exponential_jitter=False, stop_after_attempt=2))
        assert len(endpoint.requests) == 2


@pytest.mark.parametrize("made", ASKED_BY_INVOKE)
def test_what_failed_is_tried_again_by_whatever_is_made_of_the_extractor(made):
    with FakeEndpoint(FakeReply(status=500), ANSWER) as endpoint, on(endpoint) as extract:
        MADE[made](extract.with_retry(wait_exponential_jitter=False, stop_after_attempt=2))
        assert len(endpoint.requests) == 2


@pytest.mark.parametrize("made", ASKED_BY_INVOKE)
def test_a_fallback_is_asked_by_whatever_is_made_of_the_extractor(made):
    with FakeEndpoint(FakeReply(status=500)) as broken, FakeEndpoint(ANSWER) as endpoint:
        with on(broken) as extract, on(endpoint) as other:
            MADE[made](extract.with_fallbacks([other]))
        assert len(endpoint.requests) == 1


def test_wrappers_around_each_other_keep_everything():
    seen = Starts()
    with FakeEndpoint(FakeReply(status=500), ANSWER) as endpoint, on(endpoint) as extract:
        retried = extract.with_retry(wait_exponential_jitter=False).bind(temperature=0.5)
        retried.with_config(callbacks=[seen], tags=["night"]).bind(seed=3).detailed.invoke(TEXT)
        assert [request.body["temperature"] for request in endpoint.requests] == [0.5, 0.5]
        assert endpoint.requests[1].body["seed"] == 3
    assert seen.count > 0


@pytest.mark.parametrize("wrap", ["with_retry", "with_fallbacks"])
@pytest.mark.parametrize("name", ["extract_many", "aextract_many", "to_arrow", "columns"])
def test_what_cannot_be_kept_is_refused_at_once(wrap, name):
    extract = NuExtractor(Ticket, model="numind/NuExtract3", base_url="http://127.0.0.1:9/v1")
    wrapped = extract.with_retry() if wrap == "with_retry" else extract.with_fallbacks([extract])
    with pytest.raises(AttributeError, match=wrap):
        getattr(wrapped, name)
    assert wrapped.target is extract.target


@pytest.mark.parametrize("wrap", [lambda extract: extract, lambda extract: extract.with_retry()])
def test_a_misspelt_setting_is_refused_where_it_is_bound(wrap):
    extract = NuExtractor(Ticket, model="numind/NuExtract3", base_url="http://127.0.0.1:9/v1")
    with pytest.raises(TypeError, match="did you mean temperature"):
        wrap(extract).bind(temprature=0)


HEED, WHICH = ConfigurableField(id="heed"), ConfigurableField(id="which")


@pytest.mark.parametrize("made", MADE)
def test_what_a_config_says_reaches_whatever_is_made_of_the_extractor(made):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        configurable = extract.configurable_fields(instructions=HEED)
        MADE[made](configurable.with_config(configurable={"heed": "Seats have a row and a letter."}))
        assert "a row and a letter" in endpoint.requests[0].body["chat_template_kwargs"]["instructions"]


@pytest.mark.parametrize("made", MADE)
def test_the_alternative_that_a_config_chooses_is_asked_by_whatever_is_made_of_them(made):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract, on(endpoint, temperature=0.5) as warm:
        either = extract.configurable_alternatives(WHICH, default_key="cold", warm=warm)
        MADE[made](either.with_config(configurable={"which": "warm"}))
        assert endpoint.requests[0].body["temperature"] == 0.5


def test_the_config_of_a_call_reaches_the_detailed_form(run):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        detailed = extract.configurable_fields(instructions=HEED).detailed
        assert [spec.id for spec in detailed.config_specs] == ["heed"]
        details = run(detailed, TEXT, {"configurable": {"heed": "By the window."}})
    assert details.value == Ticket(**ANSWER)
    assert "By the window." in endpoint.requests[0].body["chat_template_kwargs"]["instructions"]


WRAPPED = {
    "with_retry": lambda extract: extract.with_retry(stop_after_attempt=2),
    "with_fallbacks": lambda extract: extract.with_fallbacks([extract]),
    "with_config": lambda extract: extract.with_config(tags=["night"]),
    "with_listeners": lambda extract: extract.with_listeners(on_end=lambda run: None),
}


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("made", ["invoke", "detailed", "as_tool"])
def test_what_is_put_around_a_configurable_extractor_keeps_what_a_call_configures(made, wrapped):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        around = WRAPPED[wrapped](extract.configurable_fields(instructions=HEED))
        config = {"configurable": {"heed": "By the window."}}
        if made == "as_tool":
            around.as_tool().invoke({"document": TEXT}, config)
        else:
            (around if made == "invoke" else around.detailed).invoke(TEXT, config)
        assert "By the window." in endpoint.requests[0].body["chat_template_kwargs"]["instructions"]


@pytest.mark.parametrize("made", ["invoke", "detailed", "as_tool"])
def test_what_is_bound_to_a_configurable_extractor_is_kept_with_what_a_call_configures(made):
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        bound = extract.configurable_fields(instructions=HEED).bind(temperature=0.5)
        MADE[made](bound.with_config(configurable={"heed": "By the window."}))
        assert endpoint.requests[0].body["temperature"] == 0.5
        assert "By the window." in endpoint.requests[0].body["chat_template_kwargs"]["instructions"]


def test_a_misspelt_setting_is_refused_when_what_is_configurable_is_called():
    with FakeEndpoint(ANSWER) as endpoint, on(endpoint) as extract:
        bound = extract.configurable_fields(instructions=HEED).bind(temprature=0.5)
        with pytest.raises(TypeError, match="did you mean temperature"):
            bound.invoke(TEXT)


def test_a_schema_beside_a_target_is_refused():
    with pytest.raises(TypeError, match="but not both"):
        NuExtractor(Ticket, target=Target.of(Ticket), model="numind/NuExtract3", base_url="http://127.0.0.1:9/v1")
