"""The few calls of a Label Studio server that take tasks there and bring annotations back."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Self

import httpx2
from pydantic import SecretStr

from langchain_nuextract.errors import EvaluationError, quote
from langchain_nuextract.evaluation.label_studio.config import Config
from langchain_nuextract.evaluation.label_studio.tasks import check_tasks
from langchain_nuextract.paths import JSON, fields, items

_AT_ONCE = 100
"""Tasks in one request."""


class LabelStudio:
    """A server.

        with LabelStudio("http://localhost:8080", token) as server:
            project = server.create_project("invoices", label_config(Invoice))
            server.push(project, tasks)

    Args:
        url: Where it is.
        token: A personal access token, or a legacy token; which of them it is shows itself.
        timeout: Seconds for one request.
    """

    def __init__(self, url: str, token: str | SecretStr, *, timeout: float = 60.0) -> None:
        self._token = token if isinstance(token, SecretStr) else SecretStr(token.strip())
        self._client = httpx2.Client(base_url=url.rstrip("/"), timeout=timeout)
        self._authorization: str | None = None

    def __enter__(self) -> Self:
        """Give the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def create_project(self, title: str, config: str) -> int:
        """Make a project, and give its number.

        Raises:
            EvaluationError: The server refuses the configuration, the token, or does not answer.
        """
        return int(
            str(fields(self._ask("POST", "/api/projects/", json={"title": title, "label_config": config}))["id"])
        )

    def config(self, project: int) -> str:
        """Give the configuration of a project."""
        return str(fields(self._ask("GET", f"/api/projects/{project}/"))["label_config"])

    def push(self, project: int, tasks: Sequence[Mapping[str, JSON]]) -> int:
        """Check tasks against the project's configuration, send them, and give how many were taken.

        Raises:
            EvaluationError: One does not fit the configuration, or the server refuses them.
        """
        check_tasks(tasks, Config.parse(self.config(project)))
        taken = 0
        for at in range(0, len(tasks), _AT_ONCE):
            sent: list[JSON] = [dict(each) for each in tasks[at : at + _AT_ONCE]]
            answer = fields(self._ask("POST", f"/api/projects/{project}/import", json=sent))
            taken += int(str(answer.get("task_count", len(sent))))
        return taken

    def pull(self, project: int) -> list[Mapping[str, JSON]]:
        """Fetch the export of a project, tasks without annotations and drafts included; `read_export` reads it."""
        query = {"exportType": "JSON", "download_all_tasks": "true"}
        return [fields(each) for each in items(self._ask("GET", f"/api/projects/{project}/export", params=query))]

    def _ask(self, method: str, path: str, *, json: JSON = None, params: Mapping[str, str] | None = None) -> JSON:
        if self._authorization is None:
            self._authorization = self._authorize()
        headers = {"Authorization": self._authorization}
        return self._sent(self._client.build_request(method, path, headers=headers, json=json, params=params))

    def _sent(self, request: httpx2.Request) -> JSON:
        # Its host and port, and not what an address may have of credentials.
        where = f"{request.method} {request.url.path} at {request.url.netloc.decode()}"
        try:
            response = self._client.send(request)
        except httpx2.HTTPError as error:
            raise EvaluationError(where, f"Label Studio does not answer ({type(error).__name__})") from None
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            raise EvaluationError(where, f"the token is refused ({response.status_code})")
        if response.status_code >= httpx2.codes.BAD_REQUEST:
            said = response.text.replace(self._token.get_secret_value(), "***")
            raise EvaluationError(where, f"Label Studio answers {response.status_code}: {quote(said)}")
        try:
            return response.json()
        except ValueError:
            raise EvaluationError(where, f"this is no answer of Label Studio's: {quote(response.text)}") from None

    def _authorize(self) -> str:
        """Change a personal access token, a JWT, for a short-lived one; a legacy token is sent itself."""
        token = self._token.get_secret_value()
        if token.count(".") != 2:  # noqa: PLR2004  # the parts of a JWT
            return f"Token {token}"
        renewed = self._sent(self._client.build_request("POST", "/api/token/refresh/", json={"refresh": token}))
        return f"Bearer {fields(renewed).get('access')}"
