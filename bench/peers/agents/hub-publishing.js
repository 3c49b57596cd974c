// Publishes events when it receives POST requests.

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The time on a clock that all processes of the machine share. */
const microseconds = () => Number(process.hrtime.bigint() / 1000n);

/**
 * Returns a listener for requests. `POST /?count=5` publishes five events at once; `POST /?rate=100&seconds=2` publishes at that rate, and
 * is answered at the end. An event holds its number, and the time when it was due: a process that is late delays it (no coordinated
 * omission). Timers fire to the millisecond, so that each event is up to a millisecond late.
 *
 * @param options.index    the index of this process
 * @param options.servers  the number of processes
 * @param options.rooms    the number of rooms. Events go to one after the other
 * @param publish          publishes data to a room
 */
export function publishing({ index, servers, rooms }, publish) {
  const text = 'x'.repeat(100);
  let published = 0;
  const publishOne = (at) => {
    const n = servers * published++ + index;
    publish(`room-${n % rooms}`, { n, at, text });
  };
  const publishPaced = async (rate, seconds) => {
    const start = microseconds();
    for (let number = 0; number < rate * seconds; number++) {
      const due = start + Math.round(((number + index / servers) * 1e6) / rate);
      for (let early = due - microseconds(); early > 0; early = due - microseconds())
        await wait(Math.ceil(early / 1000));
      publishOne(due);
    }
  };
  return async (request, response) => {
    const { searchParams } = new URL(request.url, 'http://localhost');
    const before = published;
    for (let left = Number(searchParams.get('count')); left > 0; left--) publishOne(microseconds());
    await publishPaced(Number(searchParams.get('rate')), Number(searchParams.get('seconds')));
    response.writeHead(200).end(String(published - before));
  };
}
