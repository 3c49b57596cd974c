import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { closePayload, frame, parseFrame } from '../../../spec/support/frames.ts';
import { acceptKey } from '../../../src/websocket/handshake/accept-key.ts';

const TAIL = Buffer.of(0, 0, 0xff, 0xff);
const RSV_1 = 4;
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];

interface Offer {
  readonly noContextTakeover: boolean;
  readonly windowBits: number | undefined;
}

/** The behaviour of a server with permessage-deflate. A fault changes one of these properties. */
export interface DeflateBehaviour {
  /** The Sec-WebSocket-Extensions of the response to an offer. */
  readonly answer: (offer: Offer) => string;
  /** The window bits that it compresses with, for the negotiated window bits. */
  readonly windowBits: (promised: number) => number;
  readonly takesOver: (noContextTakeover: boolean) => boolean;
  readonly keepsReceived: boolean;
  readonly flags: number;
  /** The reserved bits of the second of two fragments. Null if it does not fragment messages. */
  readonly secondFlags: number | null;
  readonly inflatesFragments: boolean;
  readonly looksBefore: boolean;
  readonly damage: (compressed: Buffer) => Buffer;
  readonly maxPayload: number;
}

export const STANDARD: DeflateBehaviour = {
  answer: ({ noContextTakeover, windowBits }) =>
    [
      'permessage-deflate',
      ...(noContextTakeover ? ['server_no_context_takeover'] : []),
      ...(windowBits === undefined ? [] : [`server_max_window_bits=${windowBits}`]),
    ].join('; '),
  windowBits: (promised) => promised,
  takesOver: (noContextTakeover) => !noContextTakeover,
  keepsReceived: true,
  flags: RSV_1,
  secondFlags: null,
  inflatesFragments: false,
  looksBefore: false,
  damage: (compressed) => compressed,
  maxPayload: 1024 * 1024,
};

/** An echo server whose faults can be chosen. It shares no compression code with pushwire or the tester. */
export function deflateAgent(behaviour: DeflateBehaviour): Server {
  const http = createServer();
  http.on('upgrade', ({ headers }, socket) => {
    const offered = (headers['sec-websocket-extensions'] ?? '').split(',')[0]!;
    const bits = offered.match(/server_max_window_bits=(\d+)/)?.[1];
    const offer = {
      noContextTakeover: offered.includes('server_no_context_takeover'),
      windowBits: bits === undefined ? undefined : Number(bits),
    };
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptKey(headers['sec-websocket-key']!)}`,
      ...(offered === '' ? [] : [`Sec-WebSocket-Extensions: ${behaviour.answer(offer)}`]),
    ];
    socket.write([...lines, '', ''].join('\r\n'));
    serve(socket, offer, behaviour);
  });
  return http;
}

function serve(socket: Duplex, { noContextTakeover, windowBits = 15 }: Offer, behaviour: DeflateBehaviour): void {
  let [bytes, sent, received] = [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)];
  let [opcode, isCompressed] = [TEXT, false];
  let fragments: Buffer[] = [];
  const send = (description: Parameters<typeof frame>[0]): void => {
    socket.write(frame({ mask: false, ...description }));
  };
  const fail = (code: number): void => {
    send({ opcode: CLOSE, payload: closePayload(code) });
    socket.end();
  };
  const inflate = (compressed: Buffer): Buffer => {
    const message = inflateRawSync(Buffer.concat([compressed, TAIL]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: behaviour.maxPayload,
      ...(received.length > 0 && { dictionary: received }),
    });
    if (behaviour.keepsReceived) received = Buffer.concat([received, message]).subarray(-32 * 1024);
    return message;
  };
  const echo = (message: Buffer): void => {
    const size = behaviour.windowBits(windowBits);
    const options = { windowBits: Math.max(size, 9), finishFlush: constants.Z_SYNC_FLUSH };
    const compressed = behaviour.damage(
      deflateRawSync(message, { ...options, ...(sent.length > 0 && { dictionary: sent }) }).subarray(0, -TAIL.length),
    );
    if (behaviour.takesOver(noContextTakeover)) sent = Buffer.concat([sent, message]).subarray(-(2 ** size));
    const half = behaviour.secondFlags === null ? compressed.length : compressed.length >> 1;
    send({ opcode, rsv: behaviour.flags, payload: compressed.subarray(0, half), fin: behaviour.secondFlags === null });
    if (behaviour.secondFlags === null) return;
    send({ opcode: CONTINUATION, rsv: behaviour.secondFlags, payload: compressed.subarray(half) });
  };
  const take = ({ opcode: what, rsv, fin, payload }: NonNullable<ReturnType<typeof parseFrame>>['frame']): void => {
    if (what === PING) return send({ opcode: PONG, payload });
    if (what === CLOSE) {
      send({ opcode: CLOSE, payload });
      return void socket.end();
    }
    if (what === TEXT || what === BINARY) [opcode, isCompressed, fragments] = [what, rsv === RSV_1, []];
    const text = opcode === TEXT && behaviour.looksBefore;
    if (text && payload.toString() !== Buffer.from(payload.toString()).toString()) return fail(1007);
    if (text && payload.includes(0xff)) return fail(1007);
    fragments.push(behaviour.inflatesFragments && isCompressed ? inflate(payload) : payload);
    if (!fin) return undefined;
    const whole = Buffer.concat(fragments);
    return echo(isCompressed && !behaviour.inflatesFragments ? inflate(whole) : whole);
  };
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let parsed = parseFrame(bytes); parsed !== null && socket.writable; parsed = parseFrame(bytes)) {
      bytes = Buffer.from(parsed.rest);
      try {
        take(parsed.frame);
      } catch {
        fail(1007);
      }
    }
  });
}
