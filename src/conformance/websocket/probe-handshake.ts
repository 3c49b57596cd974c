import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { parseAddress } from '../../websocket/address.ts';
import type { CaseResult } from '../verdict.ts';
import { WireLog } from '../wire-log.ts';
import { type HandshakeCase, type HandshakeResponse, judgeHandshake } from './handshake-case.ts';

/** Sends a request as it is, and judges the answer. */
export async function probeHandshake(url: string, test: HandshakeCase, timeLimit: number): Promise<CaseResult> {
  const log = new WireLog();
  const { url: target, hostname, port, secure, socketPath, path } = parseAddress(url);
  const to = socketPath === undefined ? { host: hostname, port: Number(port) } : { path: socketPath };
  // It is the protocol that is tested here.
  const socket = secure ? connectTls({ ...to, rejectUnauthorized: false }) : connectTcp(to);
  const bytes = Buffer.from(
    test.request.replaceAll('HOST', target.host || 'localhost').replaceAll('PATH', path),
    'latin1',
  );
  const answered = readResponse(socket, timeLimit);
  await send(socket, bytes, test.chops);
  log.add('tester', JSON.stringify(bytes.toString('latin1')));
  const head = await answered;
  log.add('agent', head === '' ? 'ends TCP' : JSON.stringify(head));
  socket.destroy();
  const { verdict, text } = judgeHandshake(test, head === '' ? null : parseHead(head));
  const result = { id: test.id, closeCode: null, duration: log.time, log: log.finish() };
  return { ...result, verdict, closeVerdict: verdict, text };
}

async function send(socket: Socket, bytes: Buffer, chops: HandshakeCase['chops']): Promise<void> {
  const [size, pause] = chops ?? [bytes.length, 0];
  for (let start = 0; start < bytes.length && socket.writable; start += size) {
    await new Promise<void>((resolve) => socket.write(bytes.subarray(start, start + size), () => resolve()));
    await wait(pause);
  }
}

/** The head of the answer; empty if there is none before the end, or in time. */
function readResponse(socket: Socket, timeLimit: number): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const timer = setTimeout(() => resolve(''), timeLimit);
    const done = (head: string): void => {
      clearTimeout(timer);
      resolve(head);
    };
    socket.setNoDelay();
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end !== -1) done(received.slice(0, end));
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => done(''));
  });
}

function parseHead(head: string): HandshakeResponse {
  const [statusLine, ...lines] = head.split('\r\n');
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`;
  }
  return { status: Number(statusLine?.split(' ')[1] ?? 0), fields };
}
