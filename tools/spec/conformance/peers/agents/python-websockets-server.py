import asyncio
import sys

import websockets


async def echo(websocket, path=None):
    async for message in websocket:
        await websocket.send(message)


async def main():
    # Its limit is 1 MiB by default.
    async with websockets.serve(echo, "127.0.0.1", 0, max_size=64 * 1024 * 1024) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


if "--version" in sys.argv:
    print(websockets.version.version)
else:
    asyncio.run(main())
