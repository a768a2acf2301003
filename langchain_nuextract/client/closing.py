"""What holds connections, and gives them back at the end of a `with` block."""

from typing import Self


class Closing:
    """Context managers around `close` and `aclose`, which each class says for itself."""

    def close(self) -> None:
        """Close all connections."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Do the same on an event loop."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.aclose()
