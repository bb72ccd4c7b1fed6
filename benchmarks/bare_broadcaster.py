"""What fan-out is measured against: an ASGI application that sends a text to all its websockets.

The same server and websocket implementation, no protocol, no database. A message on `/say` is sent
to everybody on any other path. Usage: python -m benchmarks.bare_broadcaster PORT
"""

import sys
from typing import Any

import uvicorn
import uvloop

listeners: set[Any] = set()


async def app(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/say":
        while (message := await receive())["type"] == "websocket.receive":
            for listener in listeners:
                await listener({"type": "websocket.send", "text": message["text"]})
        return
    listeners.add(send)
    while (await receive())["type"] == "websocket.receive":
        pass
    listeners.discard(send)


if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_level="warning",
        backlog=4096,
    )
    uvloop.run(uvicorn.Server(config).serve())
