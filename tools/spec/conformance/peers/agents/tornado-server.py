import asyncio
import sys

import tornado
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Echo(WebSocketHandler):
    def check_origin(self, origin):
        return True

    def get_compression_options(self):
        return {}

    async def on_message(self, message):
        await self.write_message(message, binary=isinstance(message, bytes))


async def main():
    sockets = bind_sockets(0, "127.0.0.1")
    # Its limit is 10 MiB by default.
    application = Application([("/.*", Echo)], websocket_max_message_size=64 * 1024 * 1024)
    HTTPServer(application).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Future()


if "--version" in sys.argv:
    print(tornado.version)
else:
    asyncio.run(main())
