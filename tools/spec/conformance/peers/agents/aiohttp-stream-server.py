import asyncio
import sys

import aiohttp
from aiohttp import web


async def events(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    count = 0
    while True:
        count += 1
        await response.write(f"event: tick\ndata: {count} ü\n\n".encode())
        await asyncio.sleep(0.1)


async def main():
    app = web.Application()
    app.router.add_get("/", events)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Future()


if "--version" in sys.argv:
    print(aiohttp.__version__)
else:
    asyncio.run(main())
