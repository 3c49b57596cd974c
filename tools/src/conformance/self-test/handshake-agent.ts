import { createServer, type Server, type Socket } from 'node:net';
import { acceptFor } from '../websocket/protocol.ts';

type Fields = Readonly<Record<string, readonly string[]>>;
export interface Request {
  readonly line: string;
  readonly fields: Fields;
}

/** The behaviour of a server in the opening handshake. A fault changes some of these properties. */
export interface HandshakeBehaviour {
  readonly status: (request: Request) => number;
  readonly accept: (key: string) => string;
  readonly answerFields: (request: Request, status: number) => readonly string[];
  /** Whether it treats the first chunk as the complete request. */
  readonly readsOnce: boolean;
  /** Which of two pipelined requests it answers. */
  readonly answersPipelined: 'all' | 'first' | 'closes' | 'nothing';
}

const has = ({ fields }: Request, name: string, token: string): boolean =>
  (fields[name] ?? []).some((value) =>
    value
      .toLowerCase()
      .split(/\s*,\s*/)
      .includes(token),
  );
/** The value of a field that a request has once; empty if it is missing or repeated. */
export const only = ({ fields }: Request, name: string): string => (fields[name]?.length === 1 ? fields[name][0]! : '');

export const STANDARD: HandshakeBehaviour = {
  status: (request) => {
    const protocols = (request.fields['sec-websocket-protocol'] ?? []).flatMap((value) => value.split(/\s*,\s*/));
    if (!/^GET \S+ HTTP\/1\.1$/.test(request.line)) return 400;
    if (
      only(request, 'host') === '' ||
      !has(request, 'upgrade', 'websocket') ||
      !has(request, 'connection', 'upgrade')
    ) {
      return 400;
    }
    if (!/^[+/0-9A-Za-z]{22}==$/.test(only(request, 'sec-websocket-key'))) return 400;
    const version = only(request, 'sec-websocket-version');
    if (version !== '13') return /^\d+$/.test(version) ? 426 : 400;
    if (protocols.some((protocol) => /\s/.test(protocol)) || new Set(protocols).size < protocols.length) return 400;
    return /b=;/.test(only(request, 'sec-websocket-extensions')) ? 400 : 101;
  },
  accept: acceptFor,
  answerFields: (_request, status) => (status === 426 ? ['Sec-WebSocket-Version: 13'] : []),
  readsOnce: false,
  answersPipelined: 'all',
};

/** A status for which it sends nothing, and stays connected. */
export const NO_ANSWER = 0;

/** Creates a server that answers opening handshakes, and does not listen yet. */
export function handshakeServer(changes: Partial<HandshakeBehaviour>): Server {
  const behaviour = { ...STANDARD, ...changes };
  return createServer((socket) => {
    let received = '';
    let isPipelined = false;
    const read = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      for (;;) {
        const end = received.indexOf('\r\n\r\n');
        if (end === -1 && !behaviour.readsOnce) return;
        const head = behaviour.readsOnce ? received : received.slice(0, end + 4);
        received = received.slice(head.length);
        if (isPipelined || !head.startsWith('HEAD') || behaviour.answersPipelined === 'nothing') {
          socket.off('data', read);
          socket.resume();
          return answer(socket, head, behaviour);
        }
        isPipelined = true;
        const close = behaviour.answersPipelined === 'closes' ? 'Connection: close\r\n' : '';
        socket.write(`HTTP/1.1 200 OK\r\n${close}\r\n`);
        if (behaviour.answersPipelined !== 'all') return void socket.end();
      }
    };
    socket.on('data', read);
    socket.on('error', () => socket.destroy());
  });
}

function answer(socket: Socket, head: string, { status, accept, answerFields }: HandshakeBehaviour): void {
  const [line = '', ...lines] = head.trimEnd().split('\r\n');
  const fields: Record<string, string[]> = {};
  for (const one of lines) {
    const colon = one.indexOf(':');
    const name = one.slice(0, colon).toLowerCase();
    fields[name] = [...(fields[name] ?? []), one.slice(colon + 1).trim()];
  }
  const request = { line, fields };
  const code = status(request);
  if (code === NO_ANSWER) return;
  const upgrade = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept(fields['sec-websocket-key']?.[0] ?? '')}`,
  ];
  const response = [
    `HTTP/1.1 ${code} Status`,
    ...(code === 101 ? upgrade : ['Content-Length: 0']),
    ...answerFields(request, code),
  ];
  socket.end([...response, '', ''].join('\r\n'));
}
