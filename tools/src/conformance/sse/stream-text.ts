/** One line of an event stream, parsed as in WHATWG HTML §9.2.6. */
export interface StreamLine {
  /** The field name; '' for an empty line, and ':' for a comment. */
  readonly field: string;
  readonly value: string;
  readonly ending: '\n' | '\r' | '\r\n';
}

/** An event that a client would dispatch. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The last event ID. */
  readonly id: string;
}

/** The content of a stream, as far as it has arrived. */
export interface StreamText {
  /** Null if the stream is not valid UTF-8. */
  readonly text: string | null;
  /** The complete lines. */
  readonly lines: readonly StreamLine[];
  readonly events: readonly StreamEvent[];
  /** Whether the stream stops within a line, or within an event that has not been dispatched. */
  readonly unfinished: boolean;
}

const BOM = '\ufeff';

/** @param ended whether the stream has ended; an incomplete character at its end is then invalid UTF-8 */
export function readStreamText(bytes: Uint8Array, ended: boolean): StreamText {
  const text = decode(bytes, ended);
  const characters = (text ?? Buffer.from(bytes).toString()).replace(/^\ufeff/, '');
  const parts = characters.split(/(\r\n|\r|\n)/);
  const lines: StreamLine[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    lines.push({ ...parseLine(parts[index]!), ending: parts[index + 1] as StreamLine['ending'] });
  }
  const { events, pending } = dispatch(lines);
  return { text, lines, events, unfinished: pending || parts.at(-1) !== '' };
}

/** The number of byte order marks at the beginning of the stream. */
export function countByteOrderMarks(text: string): number {
  let count = 0;
  while (text.startsWith(BOM, count)) count++;
  return count;
}

function decode(bytes: Uint8Array, ended: boolean): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: !ended });
  } catch {
    return null;
  }
}

function parseLine(line: string): Omit<StreamLine, 'ending'> {
  const colon = line.indexOf(':');
  if (colon === 0) return { field: ':', value: line.slice(1) };
  if (colon === -1) return { field: line, value: '' };
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}

function dispatch(lines: readonly StreamLine[]): { events: StreamEvent[]; pending: boolean } {
  const events: StreamEvent[] = [];
  let [type, id, pending] = ['', '', false];
  let data: string[] = [];
  for (const { field, value } of lines) {
    if (field === '') {
      if (data.length > 0) events.push({ type: type || 'message', data: data.join('\n'), id });
      [type, data, pending] = ['', [], false];
    } else if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    pending ||= field === 'data' || field === 'event' || field === 'id';
  }
  return { events, pending };
}
