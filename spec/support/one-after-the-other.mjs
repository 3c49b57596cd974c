// Runs the programs in its arguments in one process, because a start takes most of their time. Each program begins when nothing keeps the
// one before it alive. Prints a NUL before each.
import { pathToFileURL } from 'node:url';

const files = process.argv.slice(2);
let isRunning = false;

process.on('beforeExit', async () => {
  // As Node.js does when the promise that a program awaits cannot be settled any more.
  if (isRunning) process.exit(13);
  const file = files.shift();
  if (file === undefined) return;
  process.stdout.write('\0');
  isRunning = true;
  await import(pathToFileURL(file).href);
  isRunning = false;
});
