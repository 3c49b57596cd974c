// Runs every case that a tester serves with a client: `echo(url)` opens it, echoes, and resolves when it is closed.
export async function drive(name, echo, ask) {
  // A client that throws what nobody can catch goes on with the next case.
  process.on('uncaughtException', ({ message }) => console.error(message));
  const base = process.argv[2];
  const count = Number(await ask(`${base}/getCaseCount`));
  let next = 1;
  const work = async () => {
    while (next <= count) await echo(`${base}/runCase?case=${next++}&agent=${name}`);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  process.exit();
}

// Milliseconds after which a client is taken for one that does not end: those of a case are fewer.
const PATIENCE = 20_000;

/** By a class with the browser's interface. */
export function driveBrowserLike(name, WebSocket) {
  const echo = (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data }) => socket.send(data);
      const timer = setTimeout(resolve, PATIENCE);
      socket.onerror = () => {};
      socket.onclose = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const ask = (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onmessage = ({ data }) => resolve(data);
    });
  return drive(name, echo, ask);
}
