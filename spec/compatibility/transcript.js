// Records what an application sees. The same check runs with `ws` and with pushwire, and the transcripts must be the same.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** What is installed as `ws`: `ws` or `pushwire`. */
const installed = createRequire(import.meta.url)('ws/package.json').name;

/** Without the runner, a check prints its transcript. */
const file = process.env.TRANSCRIPT;

function write(line) {
  if (file === undefined) console.log(line);
  else appendFileSync(file, `${line}\n`);
}

/** One line of the transcript. It must be the same in each run: no ports, times, or random ids. */
export function say(line) {
  write(`  ${String(line).replaceAll('\n', '\\n')}`);
}

/**
 * A line that differs, because pushwire differs on purpose: see docs/from-ws.md. `expected` has the line of each. `because`
 * is for the table of docs/compatibility.md.
 */
export function sayDifferent(because, line, expected) {
  write(line === expected[installed] ? `difference: ${because}` : `  ${line}, instead of ${expected[installed]}`);
}

const apart = new Map();

/**
 * Returns a function like `say()`, whose lines follow at the end. Two ends of a connection see an event in any order, and so
 * do two connections: so each of them speaks apart.
 */
export function sayApart(name) {
  const lines = apart.get(name) ?? [];
  apart.set(name, lines);
  return (line) => void lines.push(String(line).trimEnd());
}

/** What was exchanged, for the table of docs/compatibility.md. It ends the check. */
export function exchanged(text) {
  for (const [name, lines] of apart) for (const line of lines) say(`${name}: ${line}`);
  write(`exchanged: ${text}`);
}

/** A short form of a message: long texts and bytes by their length. */
export function brief(data, isBinary = typeof data !== 'string') {
  if (!isBinary) {
    const text = String(data);
    return text.length > 80 ? `text of ${text.length} characters, ${text.slice(0, 10)}…` : text;
  }
  const bytes = ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
  return bytes.length > 32
    ? `${bytes.length} bytes, ${bytes.toString('hex', 0, 4)}…`
    : `bytes ${bytes.toString('hex')}`;
}

/**
 * What an application sees of an error, without ports. Where `ws` has a code, pushwire has the same code with its own text,
 * and the errors of a handshake have the same text with a class of their own: docs/from-ws.md.
 */
export function briefError({ name, message, code }) {
  if (String(code).startsWith('WS_ERR_')) return code;
  const text = String(message).replace(/(127\.0\.0\.1|localhost|::1)\]?:\d+/g, '$1:port');
  return `${name === 'HandshakeError' ? 'Error' : name}: ${text}${code === undefined ? '' : ` (${code})`}`;
}

/** Records everything that happens to a WebSocket. Resolves when it is closed. */
export function watch(name, socket) {
  socket.on('open', () => {
    const protocol = socket.protocol ? `, protocol ${socket.protocol}` : '';
    say(`${name}: open${protocol}${socket.extensions ? `, ${socket.extensions}` : ''}`);
  });
  socket.on('message', (data, isBinary) => say(`${name}: ${brief(data, isBinary)}`));
  socket.on('error', (error) => say(`${name}: error ${briefError(error)}`));
  return new Promise((resolve) => {
    socket.on('close', (code, reason) => {
      say(`${name}: close ${code} ${reason}`.trimEnd());
      resolve();
    });
  });
}
