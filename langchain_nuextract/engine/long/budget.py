"""One budget over all requests that a document takes."""

from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from typing import TypeVar

from langchain_nuextract.dialects.messages import Usage
from langchain_nuextract.engine.caller import Flow
from langchain_nuextract.engine.recovery import RecoveryPolicy
from langchain_nuextract.errors import EndpointError, ReplyTimeout

T = TypeVar("T")


class BudgetSpent(ReplyTimeout):
    """Something was not asked, since the budget over all was spent."""

    def __init__(self) -> None:
        super().__init__("The budget", None, "it was spent before this was asked")


@dataclass(slots=True)
class Budget:
    """What was spent so far, of what may be."""

    policy: RecoveryPolicy | None
    """None if there is no limit over all."""
    calls: int = 0
    """Requests that were begun."""
    usage: Usage = field(default_factory=Usage)
    started: float = field(default_factory=perf_counter)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be asked."""
        return self.policy is not None and not self.policy.allows(
            calls=self.calls, seconds=self.seconds, usage=self.usage
        )

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return perf_counter() - self.started

    def within(self, flow: Flow[T]) -> Flow[T]:
        """Run a flow as long as the budget lasts; then it makes do with what it has.

        Raises:
            BudgetSpent: The budget was spent before it had any answer.
        """
        try:
            requests = next(flow)
            while True:
                with self._lock:
                    self.calls += not (is_spent := self.is_spent)
                if is_spent:
                    requests = flow.throw(BudgetSpent())
                    continue
                if policy := self.policy:
                    requests = tuple(policy.bound(request, self.usage, self.seconds) for request in requests)
                try:
                    replies = yield requests
                except EndpointError as error:
                    requests = flow.throw(error)
                else:
                    with self._lock:
                        self.usage = sum((reply.usage for reply in replies), self.usage)
                    requests = flow.send(replies)
        except StopIteration as done:
            return done.value
