// Runs every case of the tester with a client. `echo(url)` connects, echoes messages, and resolves when the connection is closed.
export async function drive(name, echo, ask) {
  // After an uncaught exception, the client continues with the next case.
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

// Milliseconds to wait for a client that does not close. It is longer than the time limit of a case.
const PATIENCE = 20_000;

/** Drives a class with the interface of the browser's WebSocket. */
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
