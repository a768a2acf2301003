"""Driving an extraction: sending what its flow asks for, until it returns."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from langchain_nuextract.errors import EndpointError
from langchain_nuextract.extraction import Extraction
from langchain_nuextract.flow import Flow
from langchain_nuextract.task import Reply, Request

T = TypeVar("T")


def drive(flow: Flow[T], send: Callable[[tuple[Request, ...]], tuple[Reply, ...]]) -> Extraction[T]:
    """Send what a flow asks for until it returns."""
    try:
        requests = next(flow)
        while True:
            try:
                replies = send(requests)
            except EndpointError as error:
                requests = flow.throw(error)
            else:
                requests = flow.send(replies)
    except StopIteration as done:
        return done.value


async def adrive(flow: Flow[T], send: Callable[[tuple[Request, ...]], Awaitable[tuple[Reply, ...]]]) -> Extraction[T]:
    """Send what a flow asks for until it returns; see `drive`."""
    try:
        requests = next(flow)
        while True:
            try:
                replies = await send(requests)
            except EndpointError as error:
                requests = flow.throw(error)
            else:
                requests = flow.send(replies)
    except StopIteration as done:
        return done.value
