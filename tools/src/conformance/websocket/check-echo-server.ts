import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { payloadText } from '../payload-text.ts';
import { connect, fillPlaceholders, type HeaderFields, HTTP_1 } from '../raw-connection.ts';
import type { CheckOptions, Obstacle, ResponseSummary, ServerCheck } from '../server-check.ts';
import { WEBSOCKET_REQUEST } from '../server-watch.ts';
import { WireLog } from '../wire-log.ts';
import type { AgentState } from './agent-state.ts';
import { type DataEvent, expectedMessages } from './case.ts';
import { binary, close, text } from './cases/dsl.ts';
import { isSameMessage } from './incoming.ts';
import type { ServerCase } from './probe-server.ts';
import { CloseCode } from './protocol.ts';
import { TestConnection } from './test-connection.ts';

/**
 * Checks whether cases can say something about a server: whether it opens a WebSocket, and echoes. A text message is sent on one
 * connection, and a binary message on another. A server that violates the protocol passes: its violations are what the cases report.
 */
export async function checkEchoServer(
  url: string,
  cases: readonly ServerCase[],
  { timeLimit, headers }: CheckOptions,
): Promise<ServerCheck> {
  const first = await open(url, timeLimit, headers);
  // Nothing at all: another check has found that the server answers.
  if (first.obstacle?.kind === 'no HTTP' && first.obstacle.received === '') return {};
  if (first.obstacle !== undefined) return { obstacle: first.obstacle };
  const sending = cases.filter((test) => !('request' in test));
  if (first.connection === undefined || sending.length === 0) {
    first.connection?.destroy();
    return {};
  }
  const second = await open(url, timeLimit, headers);
  const connections = [first.connection, second.connection].filter((connection) => connection !== undefined);
  const [obstacle, isBroadcast] = await checkEcho(connections, timeLimit);
  const isTurnedAway = BUSY_CODES.includes(second.connection?.agent.closeCode);
  for (const connection of connections) await leave(connection);
  const needsEcho = sending.some((test) => 'attack' in test || ('steps' in test && expectedMessages(test).length > 0));
  if (obstacle !== undefined && (needsEcho || obstacle.kind === 'own message')) return { obstacle };
  if (isBroadcast) return { sharing: 'broadcast' };
  return second.obstacle !== undefined || isTurnedAway ? { sharing: 'single connection' } : {};
}

/** Close codes of a server that accepts no more connections, RFC 6455 §7.4.1; 1012 and 1013 are in the registry of IANA. */
const BUSY_CODES: readonly (number | undefined)[] = [CloseCode.GOING_AWAY, CloseCode.POLICY_VIOLATION, 1012, 1013];

interface Attempt {
  /** Undefined if the response is invalid, too. */
  readonly connection?: TestConnection;
  readonly obstacle?: Obstacle;
}

/** Opens a WebSocket, whatever is wrong with a response that has the status 101. */
async function open(url: string, timeLimit: number, headers: HeaderFields): Promise<Attempt> {
  const socket = connect(url, HTTP_1);
  const received = await readResponse(socket, fillPlaceholders(WEBSOCKET_REQUEST, url, headers), timeLimit);
  const response = summaryOf(received);
  const fail = (obstacle: Obstacle): Attempt => {
    socket.destroy();
    return { obstacle };
  };
  if (response === undefined) {
    const start = received.length === 0 ? '' : JSON.stringify(received.toString('latin1', 0, 100));
    return fail({ kind: 'no HTTP', received: start });
  }
  if (response.status !== 101 && response.fields['sec-websocket-accept'] === undefined) {
    return fail({ kind: 'response', response });
  }
  const end = received.indexOf('\r\n\r\n');
  // The cases report that the head is incomplete.
  if (end !== -1) return { connection: new TestConnection(socket, received.subarray(end + 4), true, new WireLog()) };
  socket.destroy();
  return {};
}

/** Sends a request. Resolves with the octets up to the end of the response head, or with those that arrive in time. */
function readResponse(socket: Socket, request: string, timeLimit: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      received = withoutInterim(Buffer.concat([received, chunk]));
      if (received.includes('\r\n\r\n')) done();
    };
    const done = (): void => {
      clearTimeout(timer);
      socket.off('data', read).pause();
      resolve(received);
    };
    const timer = setTimeout(done, timeLimit);
    for (const event of ['end', 'close']) socket.once(event, done);
    socket.on('error', () => {}).on('data', read);
    socket.write(request, 'latin1');
  });
}

/** RFC 9110 §15.2: interim responses precede the final one. */
function withoutInterim(octets: Buffer): Buffer {
  const end = octets.indexOf('\r\n\r\n');
  const isInterim = end !== -1 && /^HTTP\/1\.\d 1(?!01)\d\d\b/.test(octets.toString('latin1', 0, 20));
  return isInterim ? withoutInterim(octets.subarray(end + 4)) : octets;
}

/** What can be read of a response, even if it is invalid; undefined if it is not HTTP. */
function summaryOf(octets: Buffer): ResponseSummary | undefined {
  const [head = '', ...content] = octets.toString('latin1').split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split(/\r?\n/);
  const status = /^HTTP\S*\s+(\d{3})/i.exec(statusLine)?.[1];
  if (status === undefined) return undefined;
  const fields = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(':');
    return [name.trim().toLowerCase(), value.join(':').trim()];
  });
  return { status: Number(status), fields: Object.fromEntries(fields), content: content.join('').slice(0, 1000) };
}

/** Returns why the cases cannot say anything, and whether a message reaches other connections. */
async function checkEcho(
  connections: readonly TestConnection[],
  timeLimit: number,
): Promise<readonly [obstacle: Obstacle | undefined, isBroadcast: boolean]> {
  const sent = [newMessage('text'), newMessage('binary')];
  await exchange(connections, sent, timeLimit);
  const all = [...sent];
  // A server that sends a message to all connections has sent the earlier ones before it answers this one.
  const echoing = connections.findLastIndex(({ agent }, index) => has(agent, sent[index]!));
  if (echoing !== -1) {
    const last = newMessage(sent[echoing]!.type);
    all.push(last);
    await exchange([connections[echoing]!], [last], timeLimit);
  }
  const isBroadcast = connections.some(({ agent }, index) => has(agent, sent[1 - index]!));
  if (echoing !== -1) {
    const foreign = connections
      .flatMap(({ agent }) => agent.messages)
      .find((message) => !all.some((one) => isSameMessage(message, one) || isFaultyEcho(message, one)));
    if (foreign === undefined) return [undefined, isBroadcast];
    const answered = all.find(({ payload }) => Buffer.from(foreign.payload).includes(Buffer.from(payload)));
    const received = describe(foreign);
    if (answered === undefined) return [{ kind: 'own message', received }, isBroadcast];
    return [{ kind: 'other message', sent: describe(answered), received }, isBroadcast];
  }
  const obstacles = connections.map(({ agent }, index) => {
    const messages = agent.messages.filter((message) => !sent.some((one) => isSameMessage(message, one)));
    return obstacleOf({ ...agent, messages }, sent[index]!, isBroadcast, timeLimit);
  });
  return [obstacles.includes(undefined) ? undefined : obstacles[0], isBroadcast];
}

/** Sends a message on each connection. Resolves when all are answered, or the time limit has passed. */
async function exchange(
  connections: readonly TestConnection[],
  messages: readonly DataEvent[],
  timeLimit: number,
): Promise<void> {
  const deadline = performance.now() + timeLimit;
  await Promise.all(
    connections.map(async (connection, index) => {
      const { agent } = connection;
      const { type, payload } = messages[index]!;
      await connection.send({ send: [type === 'text' ? text(payload) : binary(payload)] });
      const isOver = (): boolean => agent.closeCode !== undefined || agent.violation !== undefined;
      await connection.until(() => isOver() || has(agent, messages[index]!), deadline);
    }),
  );
}

function has({ messages }: AgentState, expected: DataEvent): boolean {
  return messages.some((message) => isSameMessage(message, expected));
}

/** Close codes that report a violation, and so may be the fault that a case finds: RFC 6455 §7.4.1. */
const VIOLATION_CODES: readonly number[] = [CloseCode.PROTOCOL_ERROR, CloseCode.INVALID_DATA, CloseCode.TOO_BIG, 1010];

/** Why a server that did not echo is not at fault; undefined if it is. */
function obstacleOf(
  agent: AgentState,
  sent: DataEvent,
  reachesOthers: boolean,
  timeLimit: number,
): Obstacle | undefined {
  const { violation, closeCode, closeReason, ended, messages } = agent;
  if (violation !== undefined || messages.some((message) => isFaultyEcho(message, sent))) return undefined;
  const other = messages.find(({ type }) => type === sent.type) ?? messages[0];
  if (other !== undefined) return { kind: 'other message', sent: describe(sent), received: describe(other) };
  if (closeCode === undefined) return ended ? undefined : { kind: 'silence', timeLimit, reachesOthers };
  return VIOLATION_CODES.includes(closeCode) ? undefined : { kind: 'close', code: closeCode, reason: closeReason };
}

/** Whether a message may be an echo that a fault of the server has changed: of another type, cut off, or with other octets. */
function isFaultyEcho({ payload }: DataEvent, sent: DataEvent): boolean {
  return payload.length === sent.payload.length || Buffer.from(sent.payload).includes(Buffer.from(payload));
}

/** A message that is like no other, and that no fault of UTF-8 or of types changes: a binary message is ASCII, too. */
function newMessage(type: DataEvent['type']): DataEvent {
  return { type, payload: Buffer.from(`conformance-test-${randomBytes(8).toString('hex')}`) };
}

function describe({ type, payload }: DataEvent): string {
  return `a ${type} message ${payload.length === 0 ? 'of 0 bytes' : payloadText(payload)}`;
}

/** Closes a connection, so that it is none of those that the cases meet. */
async function leave(connection: TestConnection): Promise<void> {
  await connection.send({ send: [close(CloseCode.NORMAL)] });
  await connection.until(() => connection.agent.closeCode !== undefined, performance.now() + CLOSE_LIMIT);
  connection.destroy();
}

/** Milliseconds to wait for the answer to a Close frame. */
const CLOSE_LIMIT = 500;
