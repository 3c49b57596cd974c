/**
 * Runs the built command several times: the start of a process takes longer than most runs. A run ends when nothing keeps the
 * process alive. Each output then has one NUL, and the exit status is sent.
 *
 * The exit status of refused arguments is 1 instead of 2 from the second run on, in which `main.js` has another class UsageError
 * than the commands.
 */
const main = new URL('../../dist/main.js', import.meta.url);
let runs = 0;
let isRunning = false;

process.on('message', async (args) => {
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...args);
  process.exitCode = undefined;
  isRunning = true;
  process.channel.unref();
  await import(runs++ === 0 ? main.href : `${main.href}?${runs}`);
});

process.on('beforeExit', () => {
  if (!isRunning) return;
  isRunning = false;
  const status = process.exitCode ?? 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  for (const output of [process.stdout, process.stderr]) output.write('\0');
  process.channel.ref();
  process.send(status);
});

process.on('disconnect', () => process.exit());
