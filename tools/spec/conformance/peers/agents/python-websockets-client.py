import asyncio
import sys

import websockets

from drive import drive


async def echo(url):
    async with websockets.connect(url, max_size=64 * 1024 * 1024) as websocket:
        async for message in websocket:
            await websocket.send(message)


async def ask(url):
    async with websockets.connect(url) as websocket:
        return await websocket.recv()


if "--version" in sys.argv:
    print(websockets.version.version)
else:
    asyncio.run(drive("python-websockets", echo, ask))
