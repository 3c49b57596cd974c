// Runs every case that a tester serves with a client: `echo(url)` opens it, echoes, and resolves when it is closed.
export async function drive(name, echo, ask) {
  const base = process.argv[2];
  const count = Number(await ask(`${base}/getCaseCount`));
  let next = 1;
  const work = async () => {
    while (next <= count) await echo(`${base}/runCase?case=${next++}&agent=${name}`);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  process.exit();
}

/** By a class with the browser's interface. */
export function driveBrowserLike(name, WebSocket) {
  const echo = (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data }) => socket.send(data);
      socket.onerror = () => {};
      socket.onclose = () => resolve();
    });
  const ask = (url) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onmessage = ({ data }) => resolve(data);
    });
  return drive(name, echo, ask);
}
