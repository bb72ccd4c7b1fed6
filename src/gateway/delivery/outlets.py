"""The adapters' outbound halves as one worker uses them, with the connections that they keep."""

from contextlib import AsyncExitStack

from channels.contract import Adapter, Connecting, Outbound


class Outlets:
    """Opened when they are first needed, by the adapter's kind and provider."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._open: dict[tuple[str, str], Outbound] = {}

    async def of(self, adapter: Adapter) -> Outbound | None:
        """Return what sends for an adapter; None if nothing can be sent."""
        if not isinstance(adapter.outbound, Connecting):
            return adapter.outbound
        key = (adapter.kind, adapter.provider)
        if key not in self._open:
            self._open[key] = await self._stack.enter_async_context(adapter.outbound.connected())
        return self._open[key]

    async def close(self) -> None:
        """End the connections that were kept."""
        self._open.clear()
        await self._stack.aclose()
