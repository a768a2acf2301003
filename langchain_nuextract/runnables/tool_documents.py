"""From where an agent's tool takes documents, so that the agent's model need not write them out.

The model says at most a name: an id that the program resolves, or a path below one folder. It cannot reach anything
else by it, and what goes wrong is told to it in words that it can act on.
"""

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import isawaitable, iscoroutinefunction
from itertools import islice, product
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, TypedDict, cast

from langchain_core.messages import MessageLikeRepresentation
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import run_in_executor
from langchain_core.runnables.utils import accepts_config
from langchain_core.tools import ToolException
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, create_model

from langchain_nuextract.errors import quote
from langchain_nuextract.runnables.tool_names import MOST, below, last_input, listed

Documents: TypeAlias = Mapping[str, object] | Callable[..., object]

_STATE: Final = "documents_in_state"
_MESSAGES: Final = "messages_in_state"


class ToolSources(TypedDict, total=False):
    """From where `NuExtractor.as_tool` takes documents, besides the text that the agent's model writes."""

    documents: Documents
    """By id: a mapping, or a function of the id that gives a document, or None or a LookupError where there is none. It
    may be async, and take the `config` of the run too, to see who asks. A document is whatever an extractor takes; a
    string is text."""
    state_key: str
    """Out of the graph's state: what stands under this key, a document or a mapping of ids to documents."""
    last_message: bool
    """What the user sent last: the files and images of the message, or its text if it has none."""
    root: str | Path
    """By path: files in this folder and below it, and no others, whatever links and dots a path has."""
    text: bool
    """Whether the model may write out a text as well; it may, unless it is said otherwise."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A function that is still to be asked for a document."""

    name: str


@dataclass(frozen=True, slots=True)
class ToolDocuments:
    """Where documents come from; see `ToolSources`."""

    documents: Documents | None = field(default=None, repr=False)
    state_key: str | None = None
    last_message: bool = False
    root: Path | None = None
    text: bool = True

    @classmethod
    def of(cls, sources: ToolSources) -> "ToolDocuments":
        """Check what was said of the sources.

        Raises:
            TypeError: `documents` is neither a mapping nor a function.
            ValueError: There are none, or the root is no folder.
        """
        given: object = sources.get("documents")
        if given is not None and not isinstance(given, Mapping) and not callable(given):
            raise TypeError(f"documents must be a mapping of ids, or a function of one, not {type(given).__name__}")
        root = sources.get("root")
        folder = None if root is None else Path(root).resolve()
        if folder and not folder.is_dir():
            raise ValueError(f"root must be a folder, and {str(root)!r} is none")
        made = cls(
            documents=sources.get("documents"),
            state_key=sources.get("state_key"),
            last_message=sources.get("last_message", False),
            root=folder,
            text=sources.get("text", True),
        )
        if not (made.text or made.last_message or folder) and made.documents is None and made.state_key is None:
            raise ValueError("without text, the tool needs documents, state_key, last_message or root")
        return made

    def arguments(self, text_only: type[BaseModel]) -> type[BaseModel]:
        """Describe what the agent's model gives the tool, and what the graph does.

        Args:
            text_only: The arguments of a tool that takes nothing but text.

        Raises:
            ImportError: The state is wanted, and LangGraph is not installed.
        """
        asked, injected = dict(self._by_model()), dict(self._by_graph())
        if [*asked] == ["document"] and not injected:
            return text_only
        kind, default = (str, ...) if len(asked) == 1 and not injected else (str | None, None)
        fields: dict[str, Any] = {name: (kind, Field(default, description=text)) for name, text in asked.items()}
        for name, source in injected.items():
            fields[name] = (Annotated[object, source, PlainSerializer(_unseen)], None)
        # Models write the id 7 as a number.
        kept = ConfigDict(coerce_numbers_to_str=True)
        return create_model("Arguments", __doc__=text_only.__doc__, __config__=kept, **fields)

    @property
    def described(self) -> str:
        """Say in a few words what is extracted from, for the agent's model."""
        asked, injected = [name for name, _ in self._by_model()], [*self._by_graph()]
        if asked == ["document"] and not injected:
            return "a text"
        return "a document" if asked else "what the user sent last"

    def _by_model(self) -> Iterator[tuple[str, str]]:
        others = self.documents is not None or self.state_key is not None or self.root or self.last_message
        if self.text:
            aside = "; only for what cannot be named otherwise" if others else ""
            yield "document", f"the text to extract from: whole, unchanged, not summarised{aside}"
        if self.documents is not None or self.state_key is not None:
            yield "document_id", "the id of the document to extract from"
        if self.root:
            yield "path", "the file to extract from, as a path relative to the folder of documents"

    def _by_graph(self) -> Iterator[tuple[str, object]]:
        wanted = {_STATE: self.state_key, _MESSAGES: "messages" if self.last_message else None}
        for name, key in wanted.items():
            if key is not None:
                try:
                    from langgraph.prebuilt import InjectedState  # noqa: PLC0415  an extra
                except ImportError as error:
                    advice = "agents need LangChain itself: pip install 'langchain-nuextract[agents]'"
                    raise ImportError(advice) from error
                yield name, InjectedState(key)

    def resolve(self, given: Mapping[str, object], config: RunnableConfig) -> object:
        """Give the document that is meant.

        Args:
            given: The arguments of the tool.
            config: That of the run.

        Raises:
            ToolException: There is none; the message is for the agent's model.
            TypeError: The function that gives documents is asynchronous.
        """
        with _lookup_errors_for_the_model(given.get("document_id")):
            found = self._choose(given)
            if not isinstance(found, _Call):
                return found
            document = self._function(config)(found.name)
            if isawaitable(document):
                getattr(document, "close", lambda: None)()
                raise TypeError("documents is an async function: call the tool, or the agent, by ainvoke")
            return self._known(found.name, document, given)

    async def aresolve(self, given: Mapping[str, object], config: RunnableConfig) -> object:
        """Give the document that is meant; a function that is not async runs in a thread. See `resolve`."""
        with _lookup_errors_for_the_model(given.get("document_id")):
            found = self._choose(given)
            if not isinstance(found, _Call):
                return found
            function = self._function(config)
            if iscoroutinefunction(self.documents):
                document = await cast("Awaitable[object]", function(found.name))
            else:
                document = await run_in_executor(config, function, found.name)
            return self._known(found.name, await document if isawaitable(document) else document, given)

    def _function(self, config: RunnableConfig) -> Callable[[str], object]:
        function = cast("Callable[..., object]", self.documents)
        return (lambda name: function(name, config=config)) if accepts_config(function) else function

    def _choose(self, given: Mapping[str, object]) -> object:
        named = {name: given[name] for name, _ in self._by_model() if given.get(name) not in (None, "")}
        match [*named.items()]:
            case [("document", text)]:
                return text
            case [("document_id", str(name))]:
                return self._by_id(name, given)
            case [("path", str(name))] if self.root:
                return below(self.root, name)
            case []:
                return self._unnamed(given)
            case _:
                raise ToolException(f"give one of {', '.join(named)}, not several")

    def _by_id(self, name: str, given: Mapping[str, object]) -> object:
        # The model writes the key 7 of a dict as "7".
        keys = [name, int(name)] if name.isascii() and name.isdecimal() else [name]
        for mapping, key in product(self._mappings(given), keys):
            try:
                document = mapping[key]
            except LookupError:
                continue
            if document is not None:
                return document
        if callable(self.documents) and not isinstance(self.documents, Mapping):
            return _Call(name)
        return self._known(name, None, given)

    def _unnamed(self, given: Mapping[str, object]) -> object:
        """Give the one document that there is, if the model names none."""
        state, mappings = given.get(_STATE), self._mappings(given)
        if state is not None and not isinstance(state, Mapping):
            return state
        if self.last_message:
            return last_input(cast("Sequence[MessageLikeRepresentation]", given.get(_MESSAGES) or []))
        if not callable(self.documents) and sum(len(each) for each in mappings) == 1:
            return next(document for mapping in mappings for document in mapping.values())
        names = [name for name, _ in self._by_model()]
        if names == ["document"]:
            raise ToolException("give the document, as text")
        wanted = f"give {' or '.join(names)}" if names else "there is no document"
        raise ToolException(f"say which document is meant: {wanted}.{self._there_are(given)}")

    def _known(self, name: str, document: object, given: Mapping[str, object]) -> object:
        if document is None:
            raise ToolException(f"there is no document {quote(name)}.{self._there_are(given, name)}")
        return document

    def _there_are(self, given: Mapping[str, object], wrong: str = "") -> str:
        ids = [str(name) for mapping in self._mappings(given) for name in islice(mapping, MOST)]
        is_empty = self.state_key is not None and given.get(_STATE) is None
        nothing = f" There is nothing under {self.state_key!r} in the state of the graph." if is_empty else ""
        return f"{listed(ids, wrong)}{nothing}"

    def _mappings(self, given: Mapping[str, object]) -> list[Mapping[str | int, object]]:
        sources = (self.documents, given.get(_STATE))
        return [cast("Mapping[str | int, object]", each) for each in sources if isinstance(each, Mapping)]


@contextmanager
def _lookup_errors_for_the_model(name: object) -> Generator[None]:
    """Tell the agent's model that there is no document, where the program's own code says so by an exception."""
    try:
        yield
    except LookupError as error:
        raise ToolException(f"there is no document {quote(str(name))}") from error


def _unseen(_value: object) -> None:
    """Stand for what the graph gives the tool, where LangChain dumps the arguments."""
