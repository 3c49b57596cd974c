/**
 * Runs the built command several times: the start of a process takes longer than most runs. A run ends when nothing keeps the
 * process alive. Each output then has one NUL, and the exit status is sent.
 *
 * The exit status of refused arguments is 1 instead of 2 from the second run on, in which `main.js` has another class UsageError
 * than the commands.
 */
const main = new URL('../../dist/main.js', import.meta.url);
const emitters = [process, process.stdout, process.stderr];
let runs = 0;
let isRunning = false;
/** The listeners that were there before the run. */
let listeners = new Set();

const allListeners = () =>
  emitters.flatMap((emitter) =>
    emitter.eventNames().flatMap((name) => emitter.rawListeners(name).map((listener) => ({ emitter, name, listener }))),
  );

process.on('message', async (args) => {
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...args);
  process.exitCode = undefined;
  isRunning = true;
  listeners = new Set(allListeners().map(({ listener }) => listener));
  process.channel.unref();
  await import(runs++ === 0 ? main.href : `${main.href}?${runs}`);
});

process.on('beforeExit', () => {
  if (!isRunning) return;
  isRunning = false;
  const status = process.exitCode ?? 0;
  for (const { emitter, name, listener } of allListeners()) {
    if (!listeners.has(listener)) emitter.off(name, listener);
  }
  for (const output of [process.stdout, process.stderr]) output.write('\0');
  process.channel.ref();
  process.send(status);
});

process.on('disconnect', () => process.exit());
