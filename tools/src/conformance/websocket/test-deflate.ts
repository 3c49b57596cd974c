import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DeflatePreference } from './case.ts';
import { type Extension, parseExtensions } from './extensions.ts';

/** What one side has agreed to for the messages that it sends, RFC 7692 §7.1. */
interface SideParameters {
  readonly noContextTakeover: boolean;
  readonly windowBits: number;
}

const NAME = 'permessage-deflate';
const FULL_WINDOW = 15;
/** The octets that a message of the agent may decompress to. The longest that a case expects has 4 MiB. */
const MAX_DECOMPRESSED = 64 * 1024 * 1024;
/** The blocks with BFINAL that a message of the agent may have. */
const MAX_STREAMS = 10_000;
/** The octets that a sender removes from the end of a message (§7.2.1). */
const TAIL: Buffer = Buffer.of(0, 0, 0xff, 0xff);
/** An empty block with BFINAL. It makes zlib check that the message before it is complete. */
const LAST_BLOCK: Buffer = Buffer.of(3, 0);

/**
 * The tester's permessage-deflate. It keeps each window as the end of what was sent, and rejects references that go back
 * further than the agent has agreed to.
 */
export class TestDeflate {
  readonly #own: SideParameters;
  readonly #agent: SideParameters;
  #ownWindow: Buffer = Buffer.alloc(0);
  #agentWindow: Buffer = Buffer.alloc(0);

  constructor(own: SideParameters, agent: SideParameters) {
    this.#own = own;
    this.#agent = agent;
  }

  compress(payload: Buffer): Buffer {
    const { noContextTakeover, windowBits } = this.#own;
    const compressed = deflateRawSync(payload, {
      // zlib does not support 8 bits. With 9, it refers back at most 250 octets, which 8 bits allow.
      windowBits: Math.max(windowBits, 9),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#ownWindow.length > 0 && { dictionary: this.#ownWindow }),
    });
    if (!noContextTakeover) this.#ownWindow = slide(this.#ownWindow, payload, windowBits);
    return compressed.subarray(0, -TAIL.length);
  }

  /** @throws Error from zlib, for invalid data */
  decompress(compressed: Buffer): Buffer {
    const { noContextTakeover, windowBits } = this.#agent;
    const parts: Buffer[] = [];
    let [window, length] = [this.#agentWindow, 0];
    // RFC 7692 §7.2.1: after a block with BFINAL, "The next DEFLATE block follows". For zlib, the data end there.
    for (let rest = Buffer.concat([compressed, TAIL, LAST_BLOCK]); rest.length > 0; ) {
      if (parts.length === MAX_STREAMS) throw new Error(`more than ${MAX_STREAMS} blocks with BFINAL`);
      const { buffer, engine } = inflateRawSync(rest, {
        info: true,
        windowBits,
        maxOutputLength: MAX_DECOMPRESSED - length,
        // zlib checks the distance of references only at the beginning of an output chunk.
        ...(windowBits < FULL_WINDOW && { chunkSize: Math.max(64, 2 ** (windowBits - 3)) }),
        ...(window.length > 0 && { dictionary: window }),
      }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
      parts.push(buffer);
      length += buffer.length;
      window = slide(window, buffer, windowBits);
      rest = rest.subarray(engine.bytesWritten);
    }
    if (!noContextTakeover) this.#agentWindow = window;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }
}

/** The window after a payload. */
function slide(window: Buffer, payload: Buffer, windowBits: number): Buffer {
  const size = 2 ** windowBits;
  return payload.length >= size
    ? payload.subarray(payload.length - size)
    : Buffer.concat([window, payload]).subarray(-size);
}

/**
 * The offers of a tester that is the client: the value of Sec-WebSocket-Extensions. Each offer lets the server choose for the
 * client, §7.1.1.2 and §7.1.2.2, as those of Autobahn do.
 */
export function offersOf(preferences: readonly DeflatePreference[]): string {
  return preferences
    .map(({ own, ...agent }) => {
      const bits = own?.maxWindowBits === undefined ? '' : `=${own.maxWindowBits}`;
      return `${NAME}; client_no_context_takeover; client_max_window_bits${bits}${parametersFor('server', agent)}`;
    })
    .join(', ');
}

/** The parameters for the messages of a side, each after a semicolon. */
function parametersFor(
  side: 'server' | 'client',
  { noContextTakeover, maxWindowBits }: Omit<DeflatePreference, 'own'>,
): string {
  const bits = maxWindowBits === undefined ? '' : `; ${side}_max_window_bits=${maxWindowBits}`;
  return `${noContextTakeover ? `; ${side}_no_context_takeover` : ''}${bits}`;
}

/**
 * The compression that a server's response agrees to; null if it does not accept the extension. What a preference says of the
 * tester itself holds although the server need not repeat it.
 *
 * @throws Error if a parameter is invalid
 */
export function acceptedByServer(
  answer: string | undefined,
  preferences: readonly DeflatePreference[] = [],
): TestDeflate | null {
  const parameters = parametersOf(answer)[0];
  if (parameters === undefined) return null;
  const [own, agent] = [agreementOf(parameters, 'client'), agreementOf(parameters, 'server')];
  if (own === null || agent === null) {
    throw new Error(`the response has an invalid window size; expected 8 to 15 bits; received ${answer}`);
  }
  if (preferences.length > 0 && !preferences.some((preference) => isWithin(agent, preference))) {
    const requested = preferences.map((preference) => parametersFor('server', preference).slice(2)).join(', or ');
    throw new Error(
      `the response does not accept what was requested; expected ${requested}; received ${JSON.stringify(answer)}`,
    );
  }
  const offered = preferences[0]?.own?.maxWindowBits;
  const received = parameters.get('client_max_window_bits');
  if (offered !== undefined && received !== undefined && own.windowBits > offered) {
    throw new Error(
      `the response has a larger window than offered; expected at most ${offered} bits; received ${answer}`,
    );
  }
  return new TestDeflate(limited(own, preferences[0]?.own), agent);
}

/** RFC 7692 §7.1.1.1, §7.1.2.1: whether what a server agreed to is at least what was requested. If not, it had to decline. */
function isWithin(agreed: SideParameters, { noContextTakeover, maxWindowBits }: DeflatePreference): boolean {
  return (agreed.noContextTakeover || !noContextTakeover) && agreed.windowBits <= (maxWindowBits ?? FULL_WINDOW);
}

/** The parameters of a side, with the limits that it sets itself. */
function limited(side: SideParameters, own: DeflatePreference['own']): SideParameters {
  return {
    noContextTakeover: side.noContextTakeover || (own?.noContextTakeover ?? false),
    windowBits: Math.min(side.windowBits, own?.maxWindowBits ?? FULL_WINDOW),
  };
}

/** The response of a tester that is the server: the first preference that one of the client's offers allows. */
export function acceptOffer(
  offers: string | undefined,
  preferences: readonly DeflatePreference[],
): { readonly deflate: TestDeflate; readonly answer: string } | null {
  for (const preference of preferences) {
    for (const offer of parametersOf(offers)) {
      // §7.1.2.2: only a client that offers client_max_window_bits lets the server limit the client's window.
      if (preference.maxWindowBits !== undefined && !offer.has('client_max_window_bits')) continue;
      const requested = agreementOf(offer, 'server');
      // §7.1: an offer with an invalid parameter is declined.
      if (requested === null) continue;
      const own = limited(requested, preference.own);
      const agent = {
        noContextTakeover: preference.noContextTakeover,
        windowBits: preference.maxWindowBits ?? FULL_WINDOW,
      };
      const isStated = own.windowBits < FULL_WINDOW || preference.own?.maxWindowBits !== undefined;
      const maxWindowBits = isStated ? own.windowBits : undefined;
      const ownPart = parametersFor('server', { noContextTakeover: own.noContextTakeover, maxWindowBits });
      const answer = `${NAME}${ownPart}${parametersFor('client', preference)}`;
      return { deflate: new TestDeflate(own, agent), answer };
    }
  }
  return null;
}

type Parameters = Extension['parameters'];

function parametersOf(header: string | undefined): Parameters[] {
  const extensions = parseExtensions(header ?? '') ?? [];
  return extensions.filter(({ name }) => name === NAME).map(({ parameters }) => parameters);
}

/** Returns null for an invalid window size: zlib would throw. */
function agreementOf(parameters: Parameters, side: 'server' | 'client'): SideParameters | null {
  const bits = parameters.get(`${side}_max_window_bits`);
  // §7.1.2: "a decimal integer value without leading zeroes between 8 to 15".
  if (typeof bits === 'string' && !/^([89]|1[0-5])$/.test(bits)) return null;
  return {
    noContextTakeover: parameters.has(`${side}_no_context_takeover`),
    windowBits: typeof bits === 'string' ? Number(bits) : FULL_WINDOW,
  };
}
