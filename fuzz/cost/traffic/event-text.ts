import { gzipSync } from 'node:zlib';
import type { EventText } from '../scenario.ts';

const MIB = 1024 * 1024;

/** Yields an event stream in blocks of about 64 KiB, or of one part if it is larger. */
export function* eventText(text: EventText): Iterable<Buffer> {
  const block = blockOf(text);
  for (let sent = 0; sent < text.mebibytes * MIB; sent += block.length) yield block;
}

/** Yields an event stream in gzip. Each block is a separate gzip member (RFC 1952 §2.2). */
export function* gzippedEventText(text: EventText): Iterable<Buffer> {
  const block = blockOf(text);
  const parts = Math.max(1, Math.floor((8 * MIB) / block.length));
  const member = gzipSync(Buffer.alloc(parts * block.length, block));
  for (let sent = 0; sent < text.mebibytes * MIB; sent += parts * block.length) yield member;
}

function blockOf(text: EventText): Buffer {
  const part = [
    ...(text.comment > 0 ? [`:${'c'.repeat(text.comment)}\n`] : []),
    ...(text.field > 0 ? [`${'f'.repeat(text.field)}\n`] : []),
    ...(text.id > 0 ? [`id: ${'i'.repeat(text.id)}\n`] : []),
    `data${text.data > 0 ? `: ${'d'.repeat(text.data)}` : ''}\n`.repeat(text.lines),
    text.ends ? '\n' : '',
  ].join('');
  const bytes = Buffer.from(part === '' ? '\n' : part);
  return Buffer.alloc(Math.max(1, Math.floor((64 * 1024) / bytes.length)) * bytes.length, bytes);
}
