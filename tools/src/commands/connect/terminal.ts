import { clearLine, createInterface, cursorTo } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { WebSocket } from 'pushwire';
import { hexLines, printable } from '../../terminal/printable.ts';

export interface Conversation {
  readonly input: Readable;
  readonly output: Writable & { hasColors?(): boolean };
  /** Whether lines are sent as binary messages. */
  readonly binary: boolean;
  /** What Ctrl+C does. */
  readonly interrupt: () => void;
}

const COMMANDS = `  TEXT                   send it
  //TEXT                 send /TEXT
  /ping [TEXT]           send a ping
  /pong [TEXT]           send a pong that nobody asked for
  /binary HEX            send these bytes, as in /binary 00 ff
  /close [CODE [REASON]] close the connection, as Ctrl+C and Ctrl+D do
  /help                  this text`;

type Colour = 'cyan' | 'gray' | 'red';

/** A person at a terminal: lines are sent, what comes is shown above the line that is being typed. */
export function converse(socket: WebSocket, { input, output, binary, interrupt }: Conversation): void {
  const terminal = createInterface({ input, output, prompt: '> ', terminal: true });
  const colours = output.hasColors?.() ?? false;
  let isPrompted = false;
  const show = (colour: Colour, text: string): void => {
    clearLine(output, 0);
    cursorTo(output, 0);
    output.write(`${colours ? styleText(colour, text) : text}\n`);
    if (socket.readyState !== socket.OPEN) return;
    terminal.prompt(true);
    isPrompted = true;
  };

  const run = (name: string, rest: string): void => {
    switch (name) {
      case 'ping':
        return socket.ping(rest);
      case 'pong':
        return socket.pong(rest);
      case 'binary':
        if (!/^(\s*[0-9a-f]{2})*\s*$/i.test(rest)) return show('red', 'The bytes must be pairs of hexadecimal digits.');
        return void socket.send(Buffer.from(rest.replaceAll(/\s/g, ''), 'hex'));
      case 'close': {
        const [, code, reason] = /^(\d*)\s*(.*)$/.exec(rest)!;
        return socket.close(code === '' ? 1000 : Number(code), reason);
      }
      case 'help':
        return show('gray', COMMANDS);
      default:
        return show('red', `There is no command /${name}: /help tells of those there are. //${name} sends it.`);
    }
  };

  terminal.on('line', (line) => {
    if (socket.readyState !== socket.OPEN) return;
    isPrompted = false;
    const [, name, rest = ''] = /^\/([^/\s]\S*)\s*(.*)$/.exec(line) ?? [];
    try {
      if (name !== undefined) run(name, rest);
      else socket.send(line.startsWith('//') ? line.slice(1) : line, { binary });
    } catch (error) {
      // A close code that may not be sent, or a ping that is too long.
      show('red', (error as Error).message);
    }
    if (!isPrompted) terminal.prompt();
  });
  terminal.on('SIGINT', interrupt);
  terminal.on('close', () => {
    if (socket.readyState === socket.OPEN) socket.close(1000);
  });

  socket.on('open', () => {
    const agreed = [socket.protocol, socket.extensions].filter((part) => part !== '').join(', ');
    show('gray', `Connected to ${socket.url}${agreed === '' ? '' : ` (${printable(agreed)})`}. /help tells more.`);
  });
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) show('cyan', `< ${bytes.length} bytes\n${hexLines(bytes)}`.trimEnd());
    else show('cyan', `< ${printable(bytes.toString())}`);
  });
  socket.on('ping', (data) => show('gray', `ping ${printable(data.toString())}`.trimEnd()));
  socket.on('pong', (data) => show('gray', `pong ${printable(data.toString())}`.trimEnd()));
  socket.on('close', (code, reason) => {
    terminal.close();
    show('gray', `Closed with ${code} ${printable(reason.toString())}`.trimEnd());
  });
}
