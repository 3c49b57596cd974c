import type { ConnectionSink } from '../../src/websocket/wire/connection.ts';
import type { Violation } from '../../src/websocket/wire/violation.ts';

/** Writes down what a connection tells, a line each, bytes as hex; and keeps the bytes that it sends. */
export class TellingSink implements ConnectionSink {
  readonly told: string[] = [];
  readonly sent: Buffer[] = [];

  onMessage(opcode: number, chunk: Uint8Array, start: number, end: number): void {
    this.told.push(`${opcode === 1 ? 'text' : 'binary'} ${hex(chunk, start, end)}`);
  }

  onPing(chunk: Uint8Array, start: number, end: number): void {
    this.told.push(`ping ${hex(chunk, start, end)}`);
  }

  onPong(chunk: Uint8Array, start: number, end: number): void {
    this.told.push(`pong ${hex(chunk, start, end)}`);
  }

  onCloseFrame(code: number, reason: string): void {
    this.told.push(`close ${code} ${Buffer.from(reason).toString('hex')}`);
  }

  onFail(violation: Violation): void {
    this.told.push(`fail ${violation.closeCode}`);
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
