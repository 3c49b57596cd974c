import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'pushwire';
import { CHROMIUM_ARGUMENTS } from '../installed-programs.ts';
import { PendingCalls } from '../pending-calls.ts';

/** In milliseconds. */
const START_TIMEOUT = 20_000;
const CLOSE_TIMEOUT = 2_000;

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A Chromium with a temporary profile, controlled through the Chrome DevTools Protocol: JSON over a WebSocket. */
export class Chromium {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #calls = new PendingCalls();

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data) => this.#take(JSON.parse(String(data))));
    socket.on('close', () => this.fail(new Error('Chromium has exited')));
  }

  /** @throws if Chromium does not start within {@link START_TIMEOUT} */
  static async start(program: string): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'pushwire-chromium-'));
    const args = [...CHROMIUM_ARGUMENTS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const socket = new WebSocket(await addressOf(child), { perMessageDeflate: false, maxPayload: 0 });
      await once(socket, 'open');
      return new Chromium(child, profile, socket);
    } catch (error) {
      await end(child, profile, 0);
      throw error;
    }
  }

  /** Opens a page. Resolves when it has loaded. */
  async open(url: string): Promise<Page> {
    const { targetId } = await this.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.call<{ sessionId: string }>('Target.attachToTarget', attach);
    const page = new Page(this, targetId, sessionId);
    const { errorText } = await this.call<{ errorText?: string }>('Page.navigate', { url }, sessionId);
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    const isLoaded = `new Promise((resolve) => document.readyState === 'complete' ? resolve() : addEventListener('load', () => resolve()))`;
    await page.evaluate(isLoaded);
    return page;
  }

  /** Calls a method of the protocol. @throws the error that Chromium returns */
  call<Result>(method: string, params: unknown, sessionId?: string): Promise<Result> {
    return this.#calls.begin((id, failed) => {
      const call = { id, method, params, ...(sessionId === undefined ? {} : { sessionId }) };
      this.#socket.send(JSON.stringify(call), failed);
    });
  }

  /** Rejects all pending calls. */
  fail(error: Error): void {
    this.#calls.fail(error);
  }

  /** Closes Chromium with all its processes, and deletes the profile. */
  async stop(): Promise<void> {
    // Chromium may exit before it answers.
    this.call('Browser.close', {}).catch(() => {});
    await end(this.#process, this.#profile, CLOSE_TIMEOUT);
    this.#socket.terminate();
  }

  #take({ id, result, error }: Answer): void {
    if (id !== undefined) this.#calls.answer(id, error === undefined ? result : new Error(error.message));
  }
}

interface Evaluation {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
}

export class Page {
  readonly #chromium: Chromium;
  readonly #targetId: string;
  readonly #sessionId: string;

  constructor(chromium: Chromium, targetId: string, sessionId: string) {
    this.#chromium = chromium;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
  }

  /** Evaluates an expression, and awaits its value. @throws what the expression throws */
  async evaluate(expression: string): Promise<unknown> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#chromium.call<Evaluation>(
      'Runtime.evaluate',
      params,
      this.#sessionId,
    );
    if (exceptionDetails === undefined) return result.value;
    throw new Error(exceptionDetails.exception?.description?.split('\n', 1)[0] ?? 'The page threw an exception');
  }

  async close(): Promise<void> {
    await this.#chromium.call('Target.closeTarget', { targetId: this.#targetId });
  }
}

/** The address of the DevTools server, which Chromium prints on standard error. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Chromium did not start within ${START_TIMEOUT} ms`)),
      START_TIMEOUT,
    );
    const output: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => {
      output.push(line);
      const [, address] = /^DevTools listening on (ws:.*)$/.exec(line) ?? [];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    child.once('error', fail);
    child.once('exit', () => fail(new Error(`Chromium has exited: ${output.at(-1) ?? 'no output'}`)));
  });
}

/** Waits for Chromium to exit, and kills it after `timeout` milliseconds. Then deletes the profile. */
async function end(child: ChildProcess, profile: string, timeout: number): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
    await ended;
    clearTimeout(timer);
  }
  // Its child processes may still write for a moment.
  await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
