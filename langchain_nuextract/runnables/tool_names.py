"""What an agent's tool is led to by a path or a message, and what it says of names that lead nowhere."""

import difflib
from collections.abc import Collection, Iterable
from itertools import islice
from pathlib import Path, PureWindowsPath
from typing import Final

from langchain_core.messages import HumanMessage, MessageLikeRepresentation, convert_to_messages
from langchain_core.tools import ToolException

from langchain_nuextract.errors import quote
from langchain_nuextract.paths import JSON
from langchain_nuextract.runnables.openai_messages import content_blocks

MOST: Final = 1000
"""Names that are looked at for those that are like a wrong one."""
_SHOWN: Final = 20
"""Names that a message lists."""
_TEXT: Final = frozenset({"text", "text-plain", "input_text", "output_text"})
NOT_OPENED: Final = (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError)
"""What the agent's model is told of a file; other errors of the system are none of its making."""


def below(root: Path, name: str) -> Path:
    """Find a file in a folder or below it.

    Raises:
        ToolException: It is not there, or leads somewhere else.
    """
    given = Path(name)
    if given.is_absolute() or PureWindowsPath(name).anchor or ".." in (*given.parts, *PureWindowsPath(name).parts):
        raise ToolException(f"the path {quote(name)} must be relative to the folder of documents, without '..'")
    try:
        found = (root / given).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # also a link to itself, a null character, too long a name
        raise ToolException(f"there is no file {quote(name)}.{listed(_names_in(root), name)}") from error
    if not found.is_relative_to(root) or not found.is_file():
        raise ToolException(f"{quote(name)} is no file in the folder of documents.{listed(_names_in(root), name)}")
    return found


def _names_in(root: Path) -> list[str]:
    files = (each for each in islice(root.iterdir(), MOST) if not each.name.startswith("."))
    return [each.name for each in files if each.is_file() and not each.is_symlink()]


def listed(names: Collection[str], wrong: str = "") -> str:
    """List what there is; of many names, those first that are like a wrong one."""
    if not names:
        return ""
    near = difflib.get_close_matches(wrong[:MOST], names, n=3) if len(names) > _SHOWN else []
    shown = [*dict.fromkeys((*near, *sorted(names)))][:_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f" There are: {', '.join(map(quote, shown))}{more}"


def last_input(messages: Iterable[MessageLikeRepresentation]) -> list[dict[str, JSON]] | HumanMessage:
    """Take what the user sent last: the files and images of the message, or its text if it has none.

    Beside a file, the text is most likely the question about it, and must not be extracted from.
    """
    last = next((each for each in reversed(convert_to_messages([*messages])) if isinstance(each, HumanMessage)), None)
    if last is None:
        raise ToolException("the user has sent no message")
    blocks = [block for block in content_blocks(last) if isinstance(block, dict)]
    return [block for block in blocks if block.get("type") not in _TEXT] or last
