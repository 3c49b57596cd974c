import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { closePayload, frame, parseFrame } from '../websocket/frames.ts';
import { acceptFor } from '../websocket/protocol.ts';
import { isUtf8 } from './echo-behaviour.ts';

const TAIL = Buffer.of(0, 0, 0xff, 0xff);
const RSV_1 = 4;
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];

interface Offer {
  readonly noContextTakeover: boolean;
  readonly windowBits: number | undefined;
  /** Whether the server may choose a window for the client. */
  readonly letsChoose: boolean;
}

/** The behaviour of an agent with permessage-deflate. A fault changes one of these properties. */
export interface DeflateBehaviour {
  /** The Sec-WebSocket-Extensions of the response to an offer. */
  readonly answer: (offer: Offer) => string;
  /** The window bits that it compresses with, for the negotiated window bits. */
  readonly windowBits: (promised: number) => number;
  readonly takesOver: (noContextTakeover: boolean) => boolean;
  /** Whether it compresses its message with this number, from 0. */
  readonly compresses: (number: number) => boolean;
  readonly keepsReceived: boolean;
  /** The number of received bytes that it keeps. */
  readonly receivedWindow: number;
  readonly flags: number;
  /** The reserved bits of the second of two fragments. Null if it does not fragment messages. */
  readonly secondFlags: number | null;
  readonly inflatesFragments: boolean;
  readonly looksBefore: boolean;
  /** Compresses a message without context takeover in another way; null for zlib's way. */
  readonly compress: ((message: Buffer, windowBits: number) => Buffer) | null;
  readonly damage: (compressed: Buffer) => Buffer;
  readonly maxPayload: number;
  /** The faults of the tester that it does not see. */
  readonly overlooks: readonly Overlooked[];
  /** The valid forms at which it fails the connection. */
  readonly refuses: readonly Refused[];
}

type Overlooked = 'RSV1 of control frames' | 'RSV1 of continuation frames' | 'RSV2' | 'opcode 3' | 'UTF-8' | 'data';
type Refused = 'no compression' | 'empty' | 'stored' | 'BFINAL' | 'ping within' | 'empty fragment';

export const STANDARD: DeflateBehaviour = {
  answer: ({ noContextTakeover, windowBits }) =>
    [
      'permessage-deflate',
      ...(noContextTakeover ? ['server_no_context_takeover'] : []),
      ...(windowBits === undefined ? [] : [`server_max_window_bits=${windowBits}`]),
    ].join('; '),
  windowBits: (promised) => promised,
  takesOver: (noContextTakeover) => !noContextTakeover,
  compresses: () => true,
  keepsReceived: true,
  receivedWindow: 32 * 1024,
  flags: RSV_1,
  secondFlags: null,
  inflatesFragments: false,
  looksBefore: false,
  compress: null,
  damage: (compressed) => compressed,
  maxPayload: 1024 * 1024,
  overlooks: [],
  refuses: [],
};

type Frame = NonNullable<ReturnType<typeof parseFrame>>['frame'];

/** What an agent promised for the messages that it sends. */
interface Promised {
  readonly noContextTakeover: boolean;
  readonly windowBits: number;
}

/** What a header field says of the messages of one side. */
function promisedIn(extensions: string, side: 'server' | 'client'): Promised {
  const bits = extensions.match(new RegExp(`${side}_max_window_bits=(\\d+)`))?.[1];
  return {
    noContextTakeover: extensions.includes(`${side}_no_context_takeover`),
    windowBits: bits === undefined ? 15 : Number(bits),
  };
}

/** An echo server whose faults can be chosen. It shares no compression code with the tester. */
export function deflateAgent(behaviour: DeflateBehaviour): Server {
  const http = createServer();
  http.on('upgrade', ({ headers }, socket) => {
    const offered = (headers['sec-websocket-extensions'] ?? '').split(',')[0]!;
    const { noContextTakeover, windowBits } = promisedIn(offered, 'server');
    const offer = {
      noContextTakeover,
      windowBits: offered.includes('server_max_window_bits') ? windowBits : undefined,
      letsChoose: offered.includes('client_max_window_bits'),
    };
    const answer = offered === '' ? '' : behaviour.answer(offer);
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptFor(headers['sec-websocket-key']!)}`,
      ...(answer === '' ? [] : [`Sec-WebSocket-Extensions: ${answer}`]),
    ];
    socket.write([...lines, '', ''].join('\r\n'));
    serve(socket, Buffer.alloc(0), promisedIn(offered, 'server'), behaviour, true);
  });
  return http;
}

/** Runs an echo client on an open connection. */
export function deflateClient(socket: Duplex, head: Buffer, extensions: string, behaviour: DeflateBehaviour): void {
  serve(socket, head, promisedIn(extensions, 'client'), behaviour, false);
}

function serve(
  socket: Duplex,
  head: Buffer,
  { noContextTakeover, windowBits }: Promised,
  behaviour: DeflateBehaviour,
  isServer: boolean,
): void {
  let [bytes, sent, received] = [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)];
  let [opcode, isCompressed, isWithin] = [TEXT, false, false];
  let fragments: Buffer[] = [];
  let echoes = 0;
  const send = (description: Parameters<typeof frame>[0]): void => {
    socket.write(frame(isServer ? { mask: false, ...description } : description));
  };
  const fail = (code: number): void => {
    send({ opcode: CLOSE, payload: closePayload(code) });
    socket.end();
  };
  const overlooks = (what: Overlooked): boolean => behaviour.overlooks.includes(what);
  const refuses = (what: Refused): boolean => behaviour.refuses.includes(what);
  /** Whether a frame is against the protocol, or has a form that the agent refuses. */
  const isWrong = ({ opcode: what, rsv, fin, payload }: Frame): boolean => {
    const isData = what === TEXT || what === BINARY;
    const isStored = isData && rsv === RSV_1 && payload.length > 1 && (payload[0]! & 6) === 0;
    return (
      ((rsv & 3) !== 0 && !overlooks('RSV2')) ||
      (what === 3 && !overlooks('opcode 3')) ||
      (rsv === RSV_1 && what >= CLOSE && !overlooks('RSV1 of control frames')) ||
      (rsv === RSV_1 && what === CONTINUATION && !overlooks('RSV1 of continuation frames')) ||
      (isData && rsv === 0 && refuses('no compression')) ||
      (isData && fin && payload.length === 1 && refuses('empty')) ||
      (isStored && refuses('stored')) ||
      (isData && rsv === RSV_1 && (payload[0]! & 1) === 1 && refuses('BFINAL')) ||
      (what === PING && isWithin && refuses('ping within')) ||
      (what === CONTINUATION && payload.length === 0 && refuses('empty fragment'))
    );
  };
  const inflate = (compressed: Buffer): Buffer => {
    const message = inflateRawSync(Buffer.concat([compressed, TAIL]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: behaviour.maxPayload,
      ...(received.length > 0 && { dictionary: received }),
    });
    if (behaviour.keepsReceived) received = Buffer.concat([received, message]).subarray(-behaviour.receivedWindow);
    return message;
  };
  const echo = (message: Buffer): void => {
    // RFC 7692 §6: an endpoint may send any message without compression.
    if (!behaviour.compresses(echoes++)) return send({ opcode, payload: message });
    const size = behaviour.windowBits(windowBits);
    const options = { windowBits: Math.max(size, 9), finishFlush: constants.Z_SYNC_FLUSH };
    const compressed = behaviour.damage(
      behaviour.compress?.(message, options.windowBits) ??
        deflateRawSync(message, { ...options, ...(sent.length > 0 && { dictionary: sent }) }).subarray(0, -TAIL.length),
    );
    if (behaviour.takesOver(noContextTakeover)) sent = Buffer.concat([sent, message]).subarray(-(2 ** size));
    const half = behaviour.secondFlags === null ? compressed.length : compressed.length >> 1;
    send({ opcode, rsv: behaviour.flags, payload: compressed.subarray(0, half), fin: behaviour.secondFlags === null });
    if (behaviour.secondFlags === null) return;
    send({ opcode: CONTINUATION, rsv: behaviour.secondFlags, payload: compressed.subarray(half) });
  };
  const take = (taken: Frame): void => {
    const { opcode: what, rsv, fin, payload } = taken;
    if (isWrong(taken)) return fail(1002);
    if (what === 3 || what === PONG) return undefined;
    if (what === PING) return send({ opcode: PONG, payload });
    if (what === CLOSE) {
      send({ opcode: CLOSE, payload });
      return void socket.end();
    }
    if (what === TEXT || what === BINARY) [opcode, isCompressed, fragments] = [what, (rsv & RSV_1) !== 0, []];
    const text = opcode === TEXT && behaviour.looksBefore;
    if (text && payload.toString() !== Buffer.from(payload.toString()).toString()) return fail(1007);
    if (text && payload.includes(0xff)) return fail(1007);
    fragments.push(behaviour.inflatesFragments && isCompressed ? inflate(payload) : payload);
    isWithin = !fin;
    if (!fin) return undefined;
    const whole = Buffer.concat(fragments);
    const message = isCompressed && !behaviour.inflatesFragments ? inflate(whole) : whole;
    return opcode === TEXT && !isUtf8(message) && !overlooks('UTF-8') ? fail(1007) : echo(message);
  };
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  const receive = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let parsed = parseFrame(bytes); parsed !== null && socket.writable; parsed = parseFrame(bytes)) {
      bytes = Buffer.from(parsed.rest);
      try {
        take(parsed.frame);
      } catch {
        if (overlooks('data')) echo(Buffer.alloc(0));
        else fail(1007);
      }
    }
  };
  socket.on('data', receive);
  if (head.length > 0) receive(head);
}
