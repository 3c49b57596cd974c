import asyncio
import sys

import aiohttp

from drive import drive

OPTIONS = {"max_msg_size": 64 * 1024 * 1024, "compress": 15}


async def main():
    async with aiohttp.ClientSession() as session:

        async def echo(url):
            async with session.ws_connect(url, **OPTIONS) as socket:
                async for message in socket:
                    if message.type == aiohttp.WSMsgType.TEXT:
                        await socket.send_str(message.data)
                    elif message.type == aiohttp.WSMsgType.BINARY:
                        await socket.send_bytes(message.data)

        async def ask(url):
            async with session.ws_connect(url) as socket:
                return await socket.receive_str()

        await drive("aiohttp", echo, ask)


if "--version" in sys.argv:
    print(aiohttp.__version__)
else:
    asyncio.run(main())
