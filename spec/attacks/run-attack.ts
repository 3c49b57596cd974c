import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from '../../src/websocket/index.ts';
import { bundleProgram } from '../support/bundled-program.ts';
import { upgradeRequest } from '../support/raw-peer.ts';
import {
  type Answer,
  type ClientAttack,
  DEFAULT_BOUND,
  PATIENCE,
  type Piece,
  RESET,
  type ServerAttack,
  type SourceAttack,
  type StreamAttack,
} from './attack.ts';
import type { Library, Order } from './target.ts';

/** Milliseconds for which an attacker that reads nothing stays connected. */
const STALL = 1_000;

export interface Result {
  /** `right`, or what was wrong with the answer. */
  readonly answer: 'right' | string;
  /** `unharmed` if another connection still echoes; otherwise, what happened to it. */
  readonly bystander: 'unharmed' | string;
  /** The largest growth of the process in bytes, and its limit. */
  readonly growth: number;
  readonly bound: number;
}

export function passed({ answer, bystander, growth, bound }: Result): boolean {
  return answer === 'right' && bystander === 'unharmed' && growth <= bound;
}

let targetProgram: string | undefined;

/** The process under attack. */
export class Target {
  readonly #process: ChildProcess;

  constructor() {
    targetProgram ??= bundleProgram(new URL('./target.ts', import.meta.url));
    this.#process = fork(targetProgram, {
      execArgv: ['--expose-gc', '--enable-source-maps'],
      // Keeps the warnings of the process out of the report.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  async order<T>(order: Order): Promise<T> {
    const reply = once(this.#process, 'message', { signal: AbortSignal.timeout(2 * PATIENCE) });
    this.#process.send(order);
    return (await reply)[0];
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

/**
 * Runs an attack. An attack that aims at memory runs in a new process, because memory that a process already has would hide
 * its growth.
 */
export async function attackServer(shared: Target, attack: ServerAttack, library: Library): Promise<Result> {
  if (attack.reads !== false && attack.bound === undefined) return attackServerIn(shared, attack, library);
  const target = new Target();
  try {
    return await attackServerIn(target, attack, library);
  } finally {
    target.stop();
  }
}

async function attackServerIn(target: Target, attack: ServerAttack, library: Library): Promise<Result> {
  const { options = {}, times = 1, bound = DEFAULT_BOUND } = attack;
  const port = await target.order<number>({ order: 'serve', library, options });
  const bystander = await Bystander.connect(port);
  const answers = await Promise.all(Array.from({ length: times }, () => attackOnce(port, attack)));
  const harm = await bystander.check();
  const growth = await target.order<number>({ order: 'report' });
  return { answer: answers.find((answer) => answer !== 'right') ?? 'right', bystander: harm, growth, bound };
}

async function attackOnce(port: number, attack: ServerAttack): Promise<string> {
  const { open = true, reads = true, path = '/', send, answer } = attack;
  const attacker = new Attacker(connectTo({ port, host: '127.0.0.1', allowHalfOpen: true }), reads);
  try {
    if (open !== false) {
      const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
      const line = `GET ${path} HTTP/1.1`;
      attacker.socket.write(upgradeRequest(open === 'permessage-deflate' ? offer : {}, line));
      await attacker.takeHead();
    }
    const sending = attacker.send(send());
    const judged = await attacker.judge(answer);
    if (answer === 'nothing') await sending;
    // The server may still be processing the attack.
    if (!reads) await wait(STALL);
    return judged;
  } finally {
    attacker.socket.destroy();
  }
}

export async function attackClient(target: Target, attack: ClientAttack, library: Library): Promise<Result> {
  const { options = {}, bound = DEFAULT_BOUND, respond, error } = attack;
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    const attacker = new Attacker(socket, true);
    const head = await attacker.takeHead().catch(() => null);
    if (head !== null) await attacker.send(respond(head, port));
    socket.on('end', () => socket.end());
    await wait(PATIENCE, undefined, { ref: false });
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const errors = await target.order<string[]>({
    order: 'connect',
    library,
    options: { closeTimeout: 200, ...options },
    port,
  });
  server.close();
  const growth = await target.order<number>({ order: 'report' });
  const answer = errors.join() === error ? 'right' : `the application received ${errors.join() || 'no error'}`;
  return { answer, bystander: 'unharmed', growth, bound };
}

export async function attackSource(target: Target, attack: SourceAttack): Promise<Result> {
  const { bound = DEFAULT_BOUND, respond, hears, connections } = attack;
  let count = 0;
  const server = createServer(async (socket) => {
    const attacker = new Attacker(socket, true);
    const connection = ++count;
    const head = await attacker.takeHead().catch(() => null);
    // The target may have disconnected already.
    if (head !== null) await attacker.send(respond(head, port, connection), PATIENCE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const heard = await target.order<string>({ order: 'source', port, hears: hears !== 'nothing' });
  server.close();
  const growth = await target.order<number>({ order: 'report' });
  let answer = heard === hears ? 'right' : `the application received ${heard}`;
  if (count > connections) answer = `the client connected ${count} times`;
  return { answer, bystander: 'unharmed', growth, bound };
}

export async function attackParser(target: Target, attack: StreamAttack): Promise<Result> {
  const { bound = DEFAULT_BOUND, send, hears } = attack;
  const server = createServer(async (socket) => {
    const attacker = new Attacker(socket, true);
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n');
    await attacker.send(send(), PATIENCE);
    socket.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const heard = await target.order<string>({ order: 'parse', port: (server.address() as AddressInfo).port });
  server.close();
  const growth = await target.order<number>({ order: 'report' });
  const answer = heard === hears ? 'right' : `the application received ${heard.slice(0, 100)}`;
  return { answer, bystander: 'unharmed', growth, bound };
}

/** A connection that writes and reads raw bytes. */
class Attacker {
  readonly socket: Socket;
  #received: Buffer[] = [];
  #ended = false;
  #wake: () => void = () => {};

  constructor(socket: Socket, reads: boolean) {
    this.socket = socket;
    const ended = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('error', ended).on('end', ended).on('close', ended);
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#wake();
      // Reads only the response to the opening handshake.
      if (!reads) socket.pause();
    });
  }

  /**
   * Writes as fast as the other side reads. Stops when the other side has not read for `patience` milliseconds. Use a larger
   * value for an endpoint that always reads: on a busy machine, it may pause for a second.
   */
  async send(pieces: Iterable<Piece>, patience = 300): Promise<void> {
    for (const piece of pieces) {
      if (this.#ended || this.socket.destroyed) return;
      if (piece === null) this.socket.end();
      else if (piece === RESET) this.socket.resetAndDestroy();
      else if (!this.socket.write(piece)) {
        const stalled = new AbortController();
        await Promise.race([
          once(this.socket, 'drain', stalled).catch(() => {}),
          once(this.socket, 'close', stalled).catch(() => {}),
          wait(patience, undefined, stalled).catch(() => {}),
        ]);
        stalled.abort();
        if (this.socket.writableNeedDrain) return;
      }
    }
  }

  async takeHead(): Promise<string> {
    const head = await this.#until(() => {
      const end = this.#bytes.indexOf('\r\n\r\n');
      return end === -1 ? null : end + 4;
    });
    if (head === null) throw new Error('The connection ended before the head was complete');
    const bytes = this.#bytes;
    this.#received = [bytes.subarray(head)];
    return bytes.toString('latin1', 0, head);
  }

  async judge(answer: Answer): Promise<string> {
    if (answer === 'nothing') return 'right';
    if (answer === 'the end')
      return (await this.#until(() => (this.#ended ? true : null))) ? 'right' : 'the connection was not closed';
    if ('status' in answer) {
      const text = (): string => this.#bytes.toString();
      const found = await this.#until(() => {
        const whole = text().includes('\r\n\r\n') && (answer.lines ?? []).every((line) => line.test(text()));
        return whole && text().startsWith(`HTTP/1.1 ${answer.status} `) ? true : null;
      });
      if (found) return 'right';
      const [firstLine = ''] = text().split('\r\n');
      const missing = (answer.lines ?? [])
        .filter((line) => !line.test(text()))
        .map((line) => `, without ${line.source.replace(/^\^|\\r\$$/g, '')}`);
      return `"${firstLine}"${missing.join('')}`;
    }
    const expected = 'bytes' in answer ? answer.bytes : answer.startsWith;
    const whole = 'bytes' in answer;
    await this.#until(() => (this.#ended || (!whole && this.#bytes.length >= expected.length) ? true : null));
    const actual = whole ? this.#bytes : this.#bytes.subarray(0, expected.length);
    if (!actual.equals(expected))
      return `the answer is ${actual.toString('hex', 0, 40)}; expected ${expected.toString('hex', 0, 40)}`;
    return whole && !this.#ended ? 'the connection was not closed' : 'right';
  }

  get #bytes(): Buffer {
    if (this.#received.length !== 1) this.#received = [Buffer.concat(this.#received)];
    return this.#received[0]!;
  }

  async #until<T>(look: () => T | null): Promise<T | null> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (this.#ended || performance.now() > end) return look();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, end - performance.now()));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Another connection to the server under attack. */
class Bystander {
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<Bystander> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    socket.on('error', () => {});
    await once(socket, 'open');
    return new Bystander(socket);
  }

  async check(): Promise<'unharmed' | string> {
    const socket = this.#socket;
    if (socket.readyState !== WebSocket.OPEN) return 'its connection was closed';
    const echoed = once(socket, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    socket.send('still here?');
    const harm = await echoed
      .then(([data]) => (String(data) === 'still here?' ? 'unharmed' : 'it received a wrong echo'))
      .catch(() => 'it received no echo');
    socket.terminate();
    return harm;
  }
}
