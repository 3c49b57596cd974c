"""Runs every case of the tester with a client. `echo(url)` echoes messages until the connection is closed."""
import asyncio
import sys

# Seconds to wait for a client that does not close. It is longer than the time limit of most cases.
PATIENCE = 90


async def drive(name, echo, ask):
    base = sys.argv[1]
    numbers = iter(range(1, int(await ask(base + "/getCaseCount")) + 1))

    async def work():
        for number in numbers:
            try:
                await asyncio.wait_for(echo(f"{base}/runCase?case={number}&agent={name}"), PATIENCE)
            except Exception as error:
                print(number, repr(error), file=sys.stderr)

    await asyncio.gather(*(work() for _ in range(4)))
