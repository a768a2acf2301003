"""The settings of `ChatNuExtract`, and the connection that is made of them."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from ssl import SSLContext
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

from langchain_core.utils import from_env, secret_from_env
from pydantic import ConfigDict, Field, SecretStr, SkipValidation, model_validator

from langchain_nuextract import client as wire
from langchain_nuextract.client.closing import Closing
from langchain_nuextract.client.image_urls import AllowedImageUrls
from langchain_nuextract.client.request_body import merged, timeouts
from langchain_nuextract.client.tls import Certificate, Verify
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.callbacks.redacted_runs import RedactedRuns
from langchain_nuextract.runnables.model_lookup import ModelLookup, OwnProfile
from langchain_nuextract.runnables.setting_names import SERVER_FIELDS, check_names

T = TypeVar("T")

_KEY_FROM_ENV: Final = secret_from_env("NUEXTRACT_API_KEY", default=None)
_SENT: Final = (
    *("temperature", "top_p", "max_tokens", "seed", "presence_penalty", "frequency_penalty", "logit_bias", "n"),
    *("stop", "logprobs", "top_logprobs", "reasoning_effort"),
)
"""The settings that are fields of a request, by the same names."""
_LEAST: Final = {"temperature": 0, "top_p": 0, "max_tokens": 1, "max_retries": 0, "retry_seconds": 0, "patience": 0}
"""What is refused here, rather than by the server, document by document."""
_OF_CALLS: Final = frozenset({"route", "for_vllm", "strict", "stream_usage", "timeout", "extra_headers", "extra_query"})
"""What a call may say beside fields of the request."""


class ModelSettings(Closing, ModelLookup, RedactedRuns):
    """What `ChatNuExtract` is made of; it documents the settings."""

    model_config = ConfigDict(populate_by_name=True, hide_input_in_errors=True, protected_namespaces=())

    model_name: str = Field(default_factory=from_env("NUEXTRACT_MODEL", default=""), alias="model")
    openai_api_base: str | None = Field(default_factory=from_env("NUEXTRACT_BASE_URL", default=None), alias="base_url")
    openai_api_key: SecretStr | None = Field(default_factory=_KEY_FROM_ENV, alias="api_key")
    openai_proxy: SecretStr | None = Field(default=None, alias="proxy", exclude=True, repr=False)
    verify: Verify = Field(default=True, exclude=True)
    cert: Certificate | None = Field(default=None, exclude=True, repr=False)
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    default_query: Mapping[str, object] | None = Field(default=None, exclude=True, repr=False)
    http_client: object = Field(default=None, exclude=True)
    http_async_client: object = Field(default=None, exclude=True)
    request_timeout: float | tuple[float, float] | object | None = Field(default=600.0, alias="timeout")
    stream_chunk_timeout: float | None = None
    max_retries: int | None = 3
    retry_seconds: float = 300.0
    """No further attempt is begun after this many seconds."""
    patience: float = 60.0
    """Seconds that an endpoint which answered before may be gone; see `langchain_nuextract.client.availability`."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[int, int] | None = None
    n: int | None = None
    stop: list[str] | str | None = Field(default=None, alias="stop_sequences")
    logprobs: bool | None = None
    top_logprobs: int | None = None
    reasoning_effort: str | None = None
    streaming: bool = False
    stream_usage: bool = True
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    extra_body: Mapping[str, Any] | None = None
    allow_image_urls: AllowedImageUrls = True
    dialect: str | None = None
    direct: bool = True

    if TYPE_CHECKING:
        client: wire.Client = Field(init=False)
    else:
        # Of a type that Pydantic need not know when the class is made.
        client: SkipValidation[Any] = Field(default=None, exclude=True, repr=False)
        """What it asks by, made of its settings; copies that reach the endpoint in the same way share it."""

    @model_validator(mode="before")
    @classmethod
    def _known_settings(cls, values: dict[str, object]) -> dict[str, object]:
        """Refuse misspelt settings, and leave out another model's profile, which `configurable_fields` hands on."""
        check_names(values, cls.setting_names(), cls.__name__)
        foreign = isinstance(values.get("profile"), OwnProfile)
        return {name: value for name, value in values.items() if not (foreign and name == "profile")}

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.openai_api_base:
            raise ValueError(f"no endpoint is set. {wire.NOBODY}")
        if self.n is not None and (self.n < 1 or (self.n > 1 and self.streaming)):
            raise ValueError("n must be at least 1, and 1 when streaming")
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ValueError(f"{name} must be at least {least}, not {value}")
        settings = vars(self)
        settings["openai_api_base"] = wire.normal_url(self.openai_api_base)
        settings["openai_api_key"] = wire.checked_key(self.openai_api_key)
        wire.check_headers(self.default_headers or {})
        self._connect()
        return self

    @classmethod
    def setting_names(cls) -> dict[str, str]:
        """Give the names of all settings, those in constructors among them, with the names of their fields."""
        fields = cls.model_fields
        return {name: name for name in fields} | {each.alias: name for name, each in fields.items() if each.alias}

    @classmethod
    def check_call(cls, names: Sequence[str], *more: str) -> None:
        """Refuse arguments of a call that neither this class, nor the server, nor the call itself (`more`) knows.

        Raises:
            TypeError: There is one; it names the nearest that is known.
        """
        check_names(names, {*cls.setting_names(), *SERVER_FIELDS, *_OF_CALLS, *more}, "a call")

    def with_settings(self, settings: Mapping[str, object]) -> Self:
        """Copy this with what a call says on top of its own settings.

        Args:
            settings: Fields of this class, or of the server's API, which are added to `extra_body`.

        Raises:
            TypeError: There is no such setting.
        """
        self.check_call([*settings])
        names = self.setting_names()
        known = {names[name]: value for name, value in settings.items() if name in names and name != "extra_body"}
        body = cast("Mapping[str, JSON]", settings)
        others = {name: value for name, value in body.items() if name not in names}
        extra = merged(self.extra_body, cast("Mapping[str, JSON] | None", body.get("extra_body")), others)
        return self.model_copy(update={**known, "extra_body": extra or None})

    def with_client(self, client: "wire.Client") -> Self:
        """Copy this with another client; the settings of the endpoint count no more."""
        copied = self.model_copy()
        vars(copied)["client"] = client
        return copied

    def close(self) -> None:
        """Close all connections; see `Client.close`."""
        self.client.close()

    async def aclose(self) -> None:
        """Close all connections; see `Client.close`."""
        await self.client.aclose()

    @cached_property
    def defaults(self) -> Mapping[str, JSON]:
        """The body of a request, as far as the settings make it; `extra_body` is laid over what a call says."""
        named = {name: value for name in _SENT if (value := getattr(self, name)) not in (None, [])}
        return {"model": self.model_name, **named, **self.model_kwargs}

    def _endpoint(self) -> "wire.Endpoint":
        return wire.Endpoint(
            url=str(self.openai_api_base),
            key=self.openai_api_key,
            timeout=timeouts(self.request_timeout),
            silence=self.stream_chunk_timeout,
            headers=tuple((self.default_headers or {}).items()),
            query=tuple(self.default_query.items()) if self.default_query else (),
            policy=wire.RetryPolicy(retries=self.max_retries or 0, total=self.retry_seconds, patience=self.patience),
            proxy=self.openai_proxy,
            verify=self.verify,
            cert=self.cert,
            http_client=self.http_client,
            http_async_client=self.http_async_client,
        )

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the variable that the key is read from where this is loaded."""
        return {"openai_api_key": "NUEXTRACT_API_KEY"}

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Tell that `langchain_core.load.dumps` may write this."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Tell where `langchain_core.load.load` finds this class."""
        return ["langchain_nuextract"]

    def __setattr__(self, name: str, value: object) -> None:
        """Forget the connection when a setting changes."""
        super().__setattr__(name, value)
        if name in type(self).model_fields and name != "profile":
            self._forget()

    def model_copy(self, *, update: Mapping[str, object] | None = None, deep: bool = False) -> Self:
        """Copy with other settings, and a connection of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied._forget()  # noqa: SLF001 its own class
        if isinstance(self.profile, OwnProfile):
            copied.profile = copied._resolve_model_profile()  # noqa: SLF001 its own class
        return copied

    def _forget(self) -> None:
        """Drop what was made of the settings."""
        for name in ("defaults", "_settled", "_serialized"):
            vars(self).pop(name, None)
        self._connect()

    def _connect(self) -> None:
        """Make the client of the settings, unless the one that is there has the same."""
        endpoint = self._endpoint()
        known = cast("wire.Client | None", self.client)
        if known is None or known.endpoint != endpoint:
            vars(self)["client"] = wire.Client(endpoint)

    def __getstate__(self) -> dict[str, object]:
        """Leave out the key, headers named like credentials, and what cannot travel: clients and connections."""
        state = super().__getstate__()
        fields = {name: value for name, value in state["__dict__"].items() if name in type(self).model_fields}
        fields |= dict.fromkeys(("openai_api_key", "http_client", "http_async_client", "openai_proxy", "client"))
        fields["default_headers"] = _harmless(self.default_headers)
        fields["default_query"] = _harmless(self.default_query)
        fields["cert"] = self.cert if isinstance(self.cert, str) else self.cert and self.cert[:2]
        fields["verify"] = True if isinstance(self.verify, SSLContext) else self.verify
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Read the key again from where this process has it."""
        super().__setstate__(state)
        vars(self)["openai_api_key"] = _KEY_FROM_ENV()
        self._connect()


def _harmless(named: Mapping[str, T] | None) -> dict[str, T] | None:
    return None if named is None else {name: value for name, value in named.items() if not wire.is_credential(name)}
