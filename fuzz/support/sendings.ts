import * as fc from 'fast-check';
import type { WebSocket } from '../../src/websocket/index.ts';

/** `send()` copies data of up to this many bytes, so the application may overwrite it after the call. */
export const COPIED_BYTES = 16 * 1024;

const FORMS = ['text', 'Buffer', 'view', 'Uint16Array', 'DataView', 'ArrayBuffer', 'Blob'] as const;
type Form = (typeof FORMS)[number];

/** A step of an application, or of its peer. */
export type Step =
  | {
      readonly kind: 'message';
      readonly form: Form;
      readonly length: number;
      readonly times: number;
      readonly options: MessageOptions;
    }
  | {
      readonly kind: 'broadcast';
      readonly form: 'text' | 'Buffer';
      readonly length: number;
      readonly compress: boolean;
    }
  | { readonly kind: 'ping' | 'pong'; readonly length: number; readonly callback: boolean }
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'stall' | 'read on' | 'next turn' };

interface MessageOptions {
  readonly fin: boolean;
  readonly compress: boolean;
  readonly callback: boolean;
}

/** The bytes of a message repeat after this many. */
const PATTERN_BYTES = 4999;

/** Lengths near the limit for copies, the sizes of blocks and shared buffers, and the limits of the payload length forms. */
const lengths: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.nat(130) },
  { weight: 4, arbitrary: fc.nat(3000) },
  { weight: 3, arbitrary: fc.integer({ min: 12_000, max: 16_500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 30_000, max: 150_000 }) },
);

const often = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });

const message: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('message' as const),
  form: fc.constantFrom(...FORMS),
  length: lengths,
  times: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 6 }) }),
  options: fc.record({ fin: often, compress: fc.boolean(), callback: often }),
});

const broadcast: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('broadcast' as const),
  form: fc.constantFrom('text' as const, 'Buffer' as const),
  length: lengths,
  compress: fc.boolean(),
});

const control: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('ping' as const, 'pong' as const),
  length: fc.nat(125),
  callback: fc.boolean(),
});

const turn: fc.Arbitrary<Step> = fc.constant({ kind: 'next turn' });

const reading: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 })),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'stall' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'read on' as const }) },
);

/** Steps of the application and its peer in any order. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: message },
    { weight: 2, arbitrary: broadcast },
    { weight: 2, arbitrary: control },
    { weight: 3, arbitrary: turn },
    { weight: 3, arbitrary: reading },
  ),
  { minLength: 1, maxLength: 40 },
);

/** Steps of the application, with turns of the event loop between them. */
export const sendings: fc.Arbitrary<Step[]> = fc
  .tuple(
    fc.oneof(message, control),
    fc.array(fc.oneof({ weight: 3, arbitrary: fc.oneof(message, broadcast, control) }, { weight: 1, arbitrary: turn })),
  )
  .map(([first, others]) => [first, ...others, { kind: 'next turn' }]);

/** A message or control frame that a peer receives: its type and its bytes. */
export type Received = readonly [type: string, bytes: Buffer];

/** Sends a message to all clients of a server. */
type Broadcast = (data: string | Buffer, options: { compress: boolean }) => void;

/** Sends, and records what the peer must receive and which callbacks are called. */
export class Sender {
  readonly #socket: WebSocket;
  readonly #broadcast: Broadcast | null;
  readonly messages: Received[] = [];
  readonly controls: Received[] = [];
  /** The numbers of the callbacks that were passed, and of those that were called. */
  readonly passed = { message: [] as number[], control: [] as number[] };
  readonly called = { message: [] as number[], control: [] as number[] };
  /** The numbers of the callbacks that were called without an error. */
  readonly succeeded = new Set<number>();
  /** For each frame in the order of sending, the number of its callback, or -1. */
  readonly frames = { message: [] as number[], control: [] as number[] };
  /** The message whose last fragment has not been sent. */
  #unfinished: { readonly type: string; readonly fragments: Buffer[] } | null = null;
  /** Broadcasts that wait for the end of that message (RFC 6455 §5.4). */
  #postponed: Received[] = [];
  /** The memory in bytes of the largest data so far: what a view belongs to, and the UTF-8 of a text. */
  largestMemory = 0;
  #count = 0;
  #seed = 0;

  /** @param broadcast Null for a client. */
  constructor(socket: WebSocket, broadcast: Broadcast | null) {
    this.#socket = socket;
    this.#broadcast = broadcast;
  }

  /** Runs a step of the application. Returns false for a step of the peer. */
  take(step: Step): boolean {
    if (step.kind === 'message') {
      for (let time = 0; time < step.times; time++) this.#send(step.form, step.length, step.options);
    } else if (step.kind === 'broadcast') this.#sendToAll(step.form, step.length, step.compress);
    else if (step.kind === 'ping' || step.kind === 'pong') this.#control(step.kind, step.length, step.callback);
    else return false;
    return true;
  }

  /** Ends an unfinished message. */
  finish(): void {
    if (this.#unfinished !== null) this.#send('text', 0, { fin: true, compress: false, callback: true });
  }

  /** Whether all callbacks have been called. */
  get isDone(): boolean {
    const { passed, called } = this;
    return called.message.length >= passed.message.length && called.control.length >= passed.control.length;
  }

  #send(first: Form, length: number, { fin, compress, callback }: MessageOptions): void {
    const form = this.#unfinished?.type === 'text' ? 'text' : first;
    const { data, bytes, memory } = this.#data(form, length);
    this.#unfinished ??= { type: form === 'text' ? 'text' : 'binary', fragments: [] };
    const { type, fragments } = this.#unfinished;
    fragments.push(Buffer.from(bytes));
    const isCopied = bytes.length <= COPIED_BYTES;
    // The application may overwrite larger data when the callback is called.
    const overwrite = (): void => void memory?.fill(0xee);
    const options = { fin, compress };
    if (callback) {
      this.#socket.send(data, options, this.#callback('message', isCopied ? undefined : overwrite));
    } else {
      this.frames.message.push(-1);
      this.#socket.send(data, options);
    }
    if (isCopied) overwrite();
    if (!fin) return;
    this.messages.push([type, Buffer.concat(fragments)], ...this.#postponed);
    for (const _ of this.#postponed) this.frames.message.push(-1);
    this.#unfinished = null;
    this.#postponed = [];
  }

  #sendToAll(form: 'text' | 'Buffer', length: number, compress: boolean): void {
    if (this.#broadcast === null) return;
    const { data, bytes, memory } = this.#data(form, length);
    const list = this.#unfinished === null ? this.messages : this.#postponed;
    list.push([form === 'text' ? 'text' : 'binary', Buffer.from(bytes)]);
    if (list === this.messages) this.frames.message.push(-1);
    this.#broadcast(data as string | Buffer, { compress });
    // `broadcast()` always copies its data.
    memory?.fill(0xee);
  }

  #control(kind: 'ping' | 'pong', length: number, callback: boolean): void {
    const { bytes, memory } = this.#data('Buffer', length);
    this.controls.push([kind, Buffer.from(bytes)]);
    if (callback) {
      this.#socket[kind](bytes, undefined, this.#callback('control'));
    } else {
      this.frames.control.push(-1);
      this.#socket[kind](bytes);
    }
    memory?.fill(0xee);
  }

  #callback(kind: 'message' | 'control', then?: () => void): (error?: Error) => void {
    const number = this.#count++;
    this.passed[kind].push(number);
    this.frames[kind].push(number);
    return (error) => {
      this.called[kind].push(number);
      if (error === undefined) this.succeeded.add(number);
      then?.();
    };
  }

  /** Creates data that differs from the previous data. Returns it with its bytes and the memory that may be overwritten. */
  #data(form: Form, length: number): { data: string | Buffer; bytes: Buffer; memory: Buffer | null } {
    const seed = this.#seed++;
    if (form === 'text') {
      const data = `${seed} ${'aä€😀b'.repeat(length / 6)}`;
      const bytes = Buffer.from(data);
      this.largestMemory = Math.max(this.largestMemory, bytes.length);
      return { data, bytes, memory: null };
    }
    // A view is a part of larger memory. Other forms have their own memory.
    const memory = Buffer.allocUnsafeSlow(form === 'view' ? length * 3 + 8 : length + (length & 1));
    this.largestMemory = Math.max(this.largestMemory, memory.length);
    const pattern = memory.subarray(0, PATTERN_BYTES);
    for (let index = 0; index < pattern.length; index++) pattern[index] = (seed * 41 + index * (seed % 5)) & 0xff;
    if (memory.length > PATTERN_BYTES) memory.fill(Buffer.from(pattern), PATTERN_BYTES);
    const start = form === 'view' ? 3 + (seed % 4) : 0;
    const end = form === 'Uint16Array' || form === 'ArrayBuffer' ? memory.length : start + length;
    const bytes = memory.subarray(start, end);
    return { data: inForm(form, bytes) as Buffer, bytes, memory: form === 'Blob' ? null : memory };
  }
}

function inForm(form: Form, bytes: Buffer): unknown {
  const buffer = bytes.buffer as ArrayBuffer;
  if (form === 'Uint16Array') return new Uint16Array(buffer);
  if (form === 'ArrayBuffer') return buffer;
  if (form === 'DataView') return new DataView(buffer, bytes.byteOffset, bytes.length);
  if (form === 'Blob') return new Blob([Buffer.from(bytes)]);
  return bytes;
}
