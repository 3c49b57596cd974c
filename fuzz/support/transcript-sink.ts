import type { ConnectionSink } from '../../src/websocket/wire/connection.ts';
import type { Violation } from '../../src/websocket/wire/violation.ts';

/** Records each callback of a connection as a line, with bytes as hex, and keeps the bytes that the connection sends. */
export class TranscriptSink implements ConnectionSink {
  readonly transcript: string[] = [];
  readonly sent: Buffer[] = [];

  onMessage(opcode: number, chunk: Uint8Array, start: number, end: number): void {
    this.transcript.push(`${opcode === 1 ? 'text' : 'binary'} ${hex(chunk, start, end)}`);
  }

  onPing(chunk: Uint8Array, start: number, end: number): void {
    this.transcript.push(`ping ${hex(chunk, start, end)}`);
  }

  onPong(chunk: Uint8Array, start: number, end: number): void {
    this.transcript.push(`pong ${hex(chunk, start, end)}`);
  }

  onCloseFrame(code: number, reason: string): void {
    this.transcript.push(`close ${code} ${Buffer.from(reason).toString('hex')}`);
  }

  onFail(violation: Violation): void {
    this.transcript.push(`fail ${violation.closeCode}`);
  }

  onBytes(chunk: Uint8Array, start: number, end: number): boolean {
    this.sent.push(Buffer.from(chunk.subarray(start, end)));
    return true;
  }

  onInflate(_compressed: Uint8Array): void {}

  onEnd(): void {}
}

function hex(chunk: Uint8Array, start: number, end: number): string {
  return Buffer.from(chunk.subarray(start, end)).toString('hex');
}
