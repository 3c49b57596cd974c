// Starts an example, and what the checks of several examples have in common. Used by plain programs: no test framework.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** An example that runs. It is killed when the check ends. */
export class Example {
  #process;
  #output = '';
  /** The path of the requests of `exchange.js`, before `/events`. */
  prefix = '';

  constructor(name, { command = ['server.js'], env = {} } = {}) {
    const options = { cwd: name, env: { ...process.env, PORT: '0', ...env } };
    this.#process = spawn(process.execPath, command, options);
    process.once('exit', () => this.#process.kill('SIGKILL'));
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output += text;
        this.#process.emit('output');
      });
    }
  }

  /** Starts `examples/NAME/server.js`, or the `command` for node there, and waits until it prints its URL. */
  static async start(name, options) {
    const example = new Example(name, options);
    const [url] = await example.printed(/^https?:\/\/[^/\s]+/m);
    example.url = url;
    example.socketUrl = url.replace(/^http/, 'ws');
    return example;
  }

  /** Everything that the example has written to standard output and standard error. */
  get output() {
    return this.#output;
  }

  /** Waits for output that matches, and returns the match. */
  async printed(pattern) {
    for (;;) {
      const match = this.#output.match(pattern);
      if (match !== null) return match;
      if (this.#process.exitCode !== null) throw new Error(`${pattern} was not printed:\n${this.#output}`);
      await Promise.race([once(this.#process, 'output'), once(this.#process, 'close')]);
    }
  }

  /** Sends SIGTERM, and expects the status 0 within five seconds, before any time limit of the example. */
  async end() {
    const ended = once(this.#process, 'close', { signal: AbortSignal.timeout(5000) });
    this.#process.kill('SIGTERM');
    const [status, signal] = await ended;
    assert.deepEqual({ status, signal }, { status: 0, signal: null }, this.#output);
    assert.doesNotMatch(this.#output, /Warning: /);
  }
}

/** Asks until the answer is the expected one, for at most ten seconds. */
export async function eventually(ask, expected) {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (Date.now() > end) return assert.deepEqual(answer, expected);
    try {
      return assert.deepEqual(answer, expected);
    } catch {}
  }
}
