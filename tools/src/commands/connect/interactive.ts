import { clearLine, createInterface, cursorTo } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { WebSocket } from 'pushwire';
import { hexDump } from '../../terminal/hex-dump.ts';
import { printable } from '../../terminal/printable.ts';

export interface InteractiveOptions {
  readonly input: Readable;
  readonly output: Writable & { hasColors?(): boolean };
  /** Whether to send each line as a binary message. */
  readonly binary: boolean;
  /** Called for Ctrl+C. */
  readonly interrupt: () => void;
}

const COMMANDS = `  TEXT                    Send TEXT
  //TEXT                  Send /TEXT
  /ping [TEXT]            Send a ping
  /pong [TEXT]            Send an unsolicited pong
  /binary HEX             Send a binary message, for example /binary 00 ff
  /close [CODE [REASON]]  Close the connection (default code: 1000; Ctrl+C and Ctrl+D also close)
  /help                   Show this help`;

type Colour = 'cyan' | 'gray' | 'red';

/** Sends the lines typed at a terminal, and shows received messages above the line being typed. */
export function runInteractive(socket: WebSocket, { input, output, binary, interrupt }: InteractiveOptions): void {
  const terminal = createInterface({ input, output, prompt: '> ', terminal: true });
  const colours = output.hasColors?.() ?? false;
  let hasPrompt = false;
  const show = (colour: Colour, text: string): void => {
    clearLine(output, 0);
    cursorTo(output, 0);
    output.write(`${colours ? styleText(colour, text) : text}\n`);
    if (socket.readyState !== socket.OPEN) return;
    terminal.prompt(true);
    hasPrompt = true;
  };

  const run = (name: string, rest: string): void => {
    switch (name) {
      case 'ping':
        return socket.ping(rest);
      case 'pong':
        return socket.pong(rest);
      case 'binary':
        if (!/^(\s*[0-9a-f]{2})*\s*$/i.test(rest)) return show('red', '/binary expects pairs of hexadecimal digits');
        return void socket.send(Buffer.from(rest.replaceAll(/\s/g, ''), 'hex'));
      case 'close': {
        const [, code, reason] = /^(\d*)\s*(.*)$/.exec(rest)!;
        return socket.close(code === '' ? 1000 : Number(code), reason);
      }
      case 'help':
        return show('gray', COMMANDS);
      default:
        return show('red', `Unknown command /${name} (/help lists the commands; //${name} sends /${name} as text)`);
    }
  };

  terminal.on('line', (line) => {
    if (socket.readyState !== socket.OPEN) return;
    hasPrompt = false;
    const [, name, rest = ''] = /^\/([^/\s]\S*)\s*(.*)$/.exec(line) ?? [];
    try {
      if (name !== undefined) run(name, rest);
      else socket.send(line.startsWith('//') ? line.slice(1) : line, { binary });
    } catch (error) {
      // For example, a reserved close code, or a ping of more than 125 bytes.
      show('red', (error as Error).message);
    }
    if (!hasPrompt) terminal.prompt();
  });
  terminal.on('SIGINT', interrupt);
  terminal.on('close', () => {
    if (socket.readyState === socket.OPEN) socket.close(1000);
  });

  socket.on('open', () => {
    const negotiated = [socket.protocol, socket.extensions].filter((part) => part !== '').join(', ');
    const details = negotiated === '' ? '' : ` (${printable(negotiated)})`;
    show('gray', `Connected to ${printable(socket.url)}${details}. Type /help for a list of commands.`);
  });
  socket.on('message', (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) show('cyan', `< ${bytes.length} bytes\n${hexDump(bytes)}`.trimEnd());
    else show('cyan', `< ${printable(bytes.toString())}`);
  });
  socket.on('ping', (data) => show('gray', `ping ${printable(data.toString())}`.trimEnd()));
  socket.on('pong', (data) => show('gray', `pong ${printable(data.toString())}`.trimEnd()));
  socket.on('close', (code, reason) => {
    terminal.close();
    show('gray', `Closed with ${code} ${printable(reason.toString())}`.trimEnd());
  });
}
