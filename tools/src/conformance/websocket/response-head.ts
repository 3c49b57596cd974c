import type { Socket } from 'node:net';

/** The head of a response. */
export interface ResponseHead {
  readonly status: number;
  /** By lower-case name. The values of a repeated field are joined with commas. */
  readonly fields: Readonly<Record<string, string>>;
}

/** The octets that a head may have. */
const MAX_HEAD = 1024 * 1024;
const END = '\r\n\r\n';

/** Parses a head without the empty line at its end. @throws Error if it violates RFC 9112 §4 and §5 */
export function parseStrictHead(head: string): ResponseHead {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.\d (\d{3})(?: [^\r\n]*)?$/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`invalid status line; received ${JSON.stringify(statusLine)}`);
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`invalid header line; received ${JSON.stringify(line)}`);
    const key = name.toLowerCase();
    fields[key] = fields[key] === undefined ? value! : `${fields[key]}, ${value}`;
  }
  return { status: Number(status), fields };
}

/**
 * Reads the head of a response, and the octets after it. Interim responses are skipped, RFC 9110 §15.2. The socket is then paused.
 * Rejects if the connection fails or ends before.
 */
export function readResponseHead(socket: Socket): Promise<{ readonly text: string; readonly rest: Buffer }> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      for (let end = received.indexOf(END); end !== -1; end = received.indexOf(END)) {
        const text = received.toString('latin1', 0, end);
        const rest = received.subarray(end + END.length);
        if (/^HTTP\/1\.\d 1(?!01)\d\d\b/.test(text)) {
          received = rest;
          continue;
        }
        socket.off('data', read).pause();
        return resolve({ text, rest });
      }
      if (received.length > MAX_HEAD) reject(new Error(`a head of more than ${MAX_HEAD} octets`));
      return undefined;
    };
    socket.on('data', read);
    // The error for a host with several addresses has no message.
    socket.on('error', (error: NodeJS.ErrnoException) => reject(error.message === '' ? new Error(error.code) : error));
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        const soFar = received.length === 0 ? 'nothing' : JSON.stringify(received.toString('latin1', 0, 200));
        reject(new Error(`TCP ended before the response; received ${soFar}`));
      });
    }
  });
}
