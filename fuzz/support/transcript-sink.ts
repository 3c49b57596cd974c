import type { ConnectionSink } from '../../src/websocket/wire/connection-sink.ts';
import type { Violation } from '../../src/websocket/wire/violation.ts';

/** Records the bytes that a connection sends, and each of its reports as a line with bytes in hex. */
export class TranscriptSink implements ConnectionSink {
  readonly lines: string[] = [];
  readonly sent: Buffer[] = [];

  onMessage(opcode: number, chunk: Uint8Array, start: number, end: number): void {
    this.lines.push(`${opcode === 1 ? 'text' : 'binary'} ${hex(chunk, start, end)}`);
  }

  onPing(chunk: Uint8Array, start: number, end: number): void {
    this.lines.push(`ping ${hex(chunk, start, end)}`);
  }

  onPong(chunk: Uint8Array, start: number, end: number): void {
    this.lines.push(`pong ${hex(chunk, start, end)}`);
  }

  onCloseFrame(code: number, reason: string): void {
    this.lines.push(`close ${code} ${Buffer.from(reason).toString('hex')}`);
  }

  onFail(violation: Violation): void {
    this.lines.push(`fail ${violation.closeCode}`);
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
