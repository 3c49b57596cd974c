import asyncio
import sys

import tornado
from tornado.websocket import websocket_connect

from drive import drive

OPTIONS = {"compression_options": {}, "max_message_size": 64 * 1024 * 1024}


async def echo(url):
    connection = await websocket_connect(url, **OPTIONS)
    while (message := await connection.read_message()) is not None:
        await connection.write_message(message, binary=isinstance(message, bytes))
    connection.close()


async def ask(url):
    return await (await websocket_connect(url)).read_message()


if "--version" in sys.argv:
    print(tornado.version)
else:
    asyncio.run(drive("tornado", echo, ask))
