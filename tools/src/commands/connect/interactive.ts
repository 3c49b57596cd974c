import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { WebSocket } from 'pushwire';
import { hexDump } from '../../terminal/hex-dump.ts';
import { printable } from '../../terminal/printable.ts';
import type { Outgoing, Transmit } from './transmit.ts';

export interface InteractiveOptions {
  readonly input: Readable;
  readonly output: Writable & { hasColors?(): boolean };
  /** Whether to send each line as a binary message. */
  readonly binary: boolean;
  /** Closes the connection, and all later ones. @throws if the code or the reason is invalid */
  readonly close: (code?: number, reason?: string) => void;
  /** Called for Ctrl+C. */
  readonly interrupt: () => void;
  readonly transmit: Transmit;
}

/** The commands at a terminal. */
export const COMMANDS = `  TEXT                    Send TEXT
  //TEXT                  Send /TEXT
  /ping [TEXT]            Send a ping
  /pong [TEXT]            Send an unsolicited pong
  /binary HEX             Send a binary message, for example /binary 00 ff
  /close [CODE [REASON]]  Close the connection (default code: 1000). Ctrl+C and
                          Ctrl+D close it, too
  /help                   Show this help`;

type Colour = 'cyan' | 'gray' | 'red';

/**
 * Sends the lines typed at a terminal, and shows received messages above the line being typed. Lines typed before the
 * connection is open are sent when it is.
 */
export class Interactive {
  readonly #options: InteractiveOptions;
  readonly #terminal: Interface;
  readonly #hasColours: boolean;
  /** What was typed before the connection is open. */
  #waiting: Outgoing[] = [];
  /** Whether to close once `#waiting` is sent: the input has ended. */
  #closesWhenSent = false;
  #socket: WebSocket | undefined;
  #hasPrompt = false;

  constructor(options: InteractiveOptions) {
    this.#options = options;
    const { input, output, close, interrupt } = options;
    this.#terminal = createInterface({ input, output, prompt: '> ', terminal: true });
    this.#hasColours = output.hasColors?.() ?? false;
    this.#terminal.on('line', (line) => this.#receiveLine(line));
    this.#terminal.on('SIGINT', interrupt);
    this.#terminal.on('close', () => {
      if (this.#waiting.length > 0) this.#closesWhenSent = true;
      else close();
    });
  }

  attach(socket: WebSocket): void {
    this.#socket = socket;
    let opened = false;
    this.#show('gray', `Connecting to ${printable(socket.url)}`);
    socket.on('open', () => {
      opened = true;
      const negotiated = [socket.protocol, socket.extensions].filter((part) => part !== '').join(', ');
      const details = negotiated === '' ? '' : ` (${printable(negotiated)})`;
      this.#show('gray', `Connected to ${printable(socket.url)}${details}. Type /help for a list of commands.`);
      for (const outgoing of this.#waiting.splice(0)) this.#send(outgoing);
      if (this.#closesWhenSent) this.#options.close();
    });
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      if (isBinary) this.#show('cyan', `< ${bytes.length} bytes\n${hexDump(bytes)}`.trimEnd());
      else this.#show('cyan', `< ${printable(bytes.toString())}`);
    });
    socket.on('ping', (data) => this.#show('gray', `ping ${printable(data.toString())}`.trimEnd()));
    socket.on('pong', (data) => this.#show('gray', `pong ${printable(data.toString())}`.trimEnd()));
    socket.on('close', (code, reason) => {
      if (opened) this.#show('gray', `Closed with ${code} ${printable(reason.toString())}`.trimEnd());
    });
  }

  /** Shows that a connection was lost. Another follows. */
  showLost(text: string): void {
    this.#show('red', text);
    this.#terminal.prompt(true);
  }

  /** Releases the terminal. No connection follows. */
  end(): void {
    this.#clear();
    this.#waiting = [];
    this.#terminal.close();
  }

  #receiveLine(line: string): void {
    this.#hasPrompt = false;
    const [, name, rest = ''] = /^\/([^/\s]\S*)\s*(.*)$/.exec(line) ?? [];
    const kind = this.#options.binary ? 'binary' : 'text';
    if (name !== undefined) this.#run(name, rest);
    else this.#send({ kind, data: line.startsWith('//') ? line.slice(1) : line });
    if (!this.#hasPrompt) this.#prompt();
  }

  #run(name: string, rest: string): void {
    switch (name) {
      case 'ping':
      case 'pong':
        return this.#send({ kind: name, data: rest });
      case 'binary':
        if (/^(\s*[0-9a-f]{2})*\s*$/i.test(rest)) {
          return this.#send({ kind: 'binary', data: Buffer.from(rest.replaceAll(/\s/g, ''), 'hex') });
        }
        return this.#show('red', `/binary must have pairs of hexadecimal digits, such as 00 ff; received "${rest}"`);
      case 'close': {
        const [isValid, code, reason] = /^(?:(\d+)(?:\s+(.*))?)?$/.exec(rest.trimEnd()) ?? [];
        if (isValid === undefined) {
          const allowed = 'nothing, by a close code, or by a close code and a reason';
          return this.#show('red', `/close must be followed by ${allowed}; received "${rest}"`);
        }
        return this.#try(() => this.#options.close(code === undefined ? 1000 : Number(code), reason));
      }
      case 'help':
        return this.#show('gray', COMMANDS);
      default:
        return this.#show(
          'red',
          `Unknown command "/${name}". Type /help for a list of commands, or //${name} to send "/${name}" as text.`,
        );
    }
  }

  #send(outgoing: Outgoing): void {
    const socket = this.#socket!;
    if (socket.readyState === socket.OPEN) {
      return this.#try(() => void this.#options.transmit(socket, outgoing));
    }
    if (socket.readyState === socket.CLOSING) return this.#show('red', 'Not sent: the connection is being closed.');
    if (this.#waiting.length === 0)
      this.#show('gray', 'The connection is not open yet. This will be sent once it is open.');
    this.#waiting.push(outgoing);
  }

  /** Shows what `action` throws: for example, for a reserved close code, or a ping of more than 125 bytes. */
  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#show('red', (error as Error).message);
    }
  }

  #show(colour: Colour, text: string): void {
    this.#clear();
    this.#options.output.write(`${this.#hasColours ? styleText(colour, text) : text}\n`);
    this.#prompt();
  }

  /** Asks for a line, unless the connection is being closed. */
  #prompt(): void {
    const socket = this.#socket!;
    if (socket.readyState > socket.OPEN) return;
    this.#terminal.prompt(true);
    this.#hasPrompt = true;
  }

  #clear(): void {
    clearLine(this.#options.output, 0);
    cursorTo(this.#options.output, 0);
  }
}
