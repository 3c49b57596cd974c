import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { frame, parseFrame } from '../../../spec/support/frames.ts';
import { upgradeRequest } from '../../../spec/support/raw-peer.ts';
import type { LoopMeter } from '../loop-meter.ts';
import type { Scenario } from '../scenario.ts';

/** Milliseconds to wait for an echo. */
const PATIENCE = 10_000;

const UPLOAD = 4 * 1024 * 1024;
/** So large that the server inflates it on a thread, and not on the event loop. */
const COMPRESSED = 32 * 1024;

/** An honest client that sends a message and waits for its echo. */
export class Bystander {
  readonly #socket: Socket;
  readonly #message: Buffer;
  readonly #echo: (received: Buffer) => boolean;
  readonly #pieces: number;
  #received: Buffer = Buffer.alloc(0);
  #isSending = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket, message: Buffer, pieces: number, echo: (received: Buffer) => boolean) {
    this.#socket = socket;
    this.#message = message;
    this.#pieces = pieces;
    this.#echo = echo;
    socket.setNoDelay();
    socket.on('error', () => {});
    socket.on('close', () => this.#wake());
    socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
  }

  static async connect(scenario: Scenario, port: number): Promise<Bystander> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    if (scenario.endpoint !== 'WebSocket server') {
      return new Bystander(socket, Buffer.from('echo'), 1, (received) => received.equals(Buffer.from('echo')));
    }
    const { bystander } = scenario;
    const isCompressed = bystander === 'compressed echoes';
    socket.write(
      upgradeRequest(
        isCompressed ? { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover' } : {},
        'GET /bystander HTTP/1.1',
      ),
    );
    const [head] = await once(socket, 'data');
    if (!String(head).startsWith('HTTP/1.1 101 ')) throw new Error(`The bystander received ${head}`);
    const payload = bystander === 'uploads' ? Buffer.alloc(UPLOAD) : isCompressed ? randomBytes(COMPRESSED) : 'echo';
    const message = isCompressed
      ? frame({
          opcode: 2,
          rsv: 4,
          payload: deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
        })
      : frame({ opcode: 2, payload });
    const client = new Bystander(socket, message, bystander === 'uploads' ? 16 : 1, hasMessage);
    client.#stayAlive();
    return client;
  }

  /** Sends unsolicited pongs (RFC 6455 §5.5.3), so that the heartbeat does not end this connection. */
  #stayAlive(): void {
    const timer = setInterval(() => {
      if (!this.#isSending) this.#socket.write(frame({ opcode: 10 }));
    }, 100);
    this.#socket.on('close', () => clearInterval(timer));
  }

  /** Resolves with the milliseconds until the echo arrived, without the stalls of this process. Null if none arrived. */
  async echo(meter: LoopMeter): Promise<number | null> {
    meter.take();
    this.#isSending = true;
    const piece = Math.ceil(this.#message.length / this.#pieces);
    for (let at = 0; at < this.#message.length; at += piece) {
      if (at > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      this.#socket.write(this.#message.subarray(at, at + piece));
    }
    this.#isSending = false;
    const sent = performance.now();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, PATIENCE);
    while (!this.#echo(this.#received)) {
      if (this.#socket.destroyed || isLate) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    this.#received = Buffer.alloc(0);
    return Math.max(0, performance.now() - sent - meter.take());
  }

  leave(): void {
    this.#socket.destroy();
  }
}

/** Whether the frames include a binary message. The other frames are pings. */
function hasMessage(received: Buffer): boolean {
  for (let parsed = parseFrame(received); parsed !== null; parsed = parseFrame(parsed.rest)) {
    if (parsed.frame.opcode === 2) return true;
  }
  return false;
}
