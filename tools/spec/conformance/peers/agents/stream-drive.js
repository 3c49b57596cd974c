// Runs every case for event stream clients. `run(url, test)` resolves with the dispatched events.
const base = process.argv[2];

export async function driveStreams(name, run, isWholeClient = true) {
  const cases = await (await fetch(`${base}/eventStreamCases?agent=${name}`)).json();
  const mine = cases.filter(({ needsClient }) => isWholeClient || !needsClient);
  const work = async () => {
    for (let test = mine.shift(); test !== undefined; test = mine.shift()) {
      const query = `case=${test.number}&agent=${name}`;
      const events = await run(`${base}/runEventStream?${query}`, test);
      const body = JSON.stringify(events);
      await (await fetch(`${base}/reportEventStream?${query}`, { method: 'POST', body })).text();
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  process.exit();
}

// Milliseconds to wait for a client that does not close.
const PATIENCE = 30_000;
// Milliseconds after `close()` in which no event must follow.
const AFTER_CLOSE = 200;

/** Drives a class with the interface of the browser's EventSource. */
export function driveEventSource(name, EventSource) {
  process.on('uncaughtException', ({ message }) => console.error(message));
  return driveStreams(name, (url, { types, closeOn }) => {
    const events = [];
    const source = new EventSource(url);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        source.close();
        resolve(events);
      }, PATIENCE);
      const tell = ({ type, data, lastEventId, origin }) => {
        const { readyState } = source;
        events.push({ type, data, lastEventId, origin, readyState, time: performance.now() });
        if (type !== closeOn && readyState !== 2) return;
        source.close();
        clearTimeout(timer);
        setTimeout(() => resolve(events), AFTER_CLOSE);
      };
      for (const type of ['open', 'message', 'error', ...types]) source.addEventListener(type, tell);
    });
  });
}
