import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DeflateWish } from './case.ts';
import { parseExtensions } from './extensions.ts';

/** What one side has promised for what it sends, RFC 7692 §7.1. */
interface SideParameters {
  readonly noContextTakeover: boolean;
  readonly windowBits: number;
}

const NAME = 'permessage-deflate';
const FULL_WINDOW = 15;
/** What a sender leaves away (§7.2.1). */
const TAIL: Buffer = Buffer.of(0, 0, 0xff, 0xff);
/** An empty block with BFINAL: only behind a message that is whole can it be read, and without it zlib would not look. */
const LAST_BLOCK: Buffer = Buffer.of(3, 0);

/**
 * permessage-deflate of the tester, which shares nothing with that of the project: the windows are kept as the ends of what
 * was sent. It finds references that go back further than the agent has promised.
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
      // zlib has no window of 8 bits, and makes one of 9.
      windowBits: Math.max(windowBits, 9),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#ownWindow.length > 0 && { dictionary: this.#ownWindow }),
    });
    if (!noContextTakeover) this.#ownWindow = tailOf(this.#ownWindow, payload, windowBits);
    return compressed.subarray(0, -TAIL.length);
  }

  /** @throws what zlib says of data that is not valid */
  decompress(compressed: Buffer): Buffer {
    const { noContextTakeover, windowBits } = this.#agent;
    const payload = inflateRawSync(Buffer.concat([compressed, TAIL, LAST_BLOCK]), {
      windowBits,
      // zlib looks at how far back a reference goes only where it begins to write a new chunk.
      ...(windowBits < FULL_WINDOW && { chunkSize: Math.max(64, 2 ** (windowBits - 3)) }),
      ...(this.#agentWindow.length > 0 && { dictionary: this.#agentWindow }),
    });
    if (!noContextTakeover) this.#agentWindow = tailOf(this.#agentWindow, payload, windowBits);
    return payload;
  }
}

function tailOf(window: Buffer, payload: Buffer, windowBits: number): Buffer {
  const size = 2 ** windowBits;
  return payload.length >= size
    ? payload.subarray(payload.length - size)
    : Buffer.concat([window, payload]).subarray(-size);
}

/** What a tester that is the client offers. */
export function offersOf(preferences: readonly DeflateWish[]): string {
  return preferences.map((wish) => format(wish, 'server')).join(', ');
}

function format({ noContextTakeover, maxWindowBits }: DeflateWish, side: 'server' | 'client'): string {
  const bits = maxWindowBits === undefined ? [] : [`${side}_max_window_bits=${maxWindowBits}`];
  return [NAME, ...(noContextTakeover ? [`${side}_no_context_takeover`] : []), ...bits].join('; ');
}

/** What was agreed on, by the answer of a server; null if it has not taken the extension. */
export function acceptedByServer(answer: string | undefined): TestDeflate | null {
  const parameters = parametersOf(answer)[0];
  return parameters === undefined
    ? null
    : new TestDeflate(promiseOf(parameters, 'client'), promiseOf(parameters, 'server'));
}

/** What a tester that is the server makes of a client's offers: the first wish that one of them allows. */
export function acceptOffer(
  offers: string | undefined,
  preferences: readonly DeflateWish[],
): { readonly deflate: TestDeflate; readonly answer: string } | null {
  for (const wish of preferences) {
    for (const offer of parametersOf(offers)) {
      // §7.1.2.2: without its offer, the client's window is not the server's to choose.
      if (wish.maxWindowBits !== undefined && !offer.has('client_max_window_bits')) continue;
      const own = promiseOf(offer, 'server');
      const agent = { noContextTakeover: wish.noContextTakeover, windowBits: wish.maxWindowBits ?? FULL_WINDOW };
      const asked = own.windowBits === FULL_WINDOW ? undefined : own.windowBits;
      const ownPart = format({ noContextTakeover: own.noContextTakeover, maxWindowBits: asked }, 'server');
      const agentPart = format(wish, 'client').slice(NAME.length);
      return { deflate: new TestDeflate(own, agent), answer: ownPart + agentPart };
    }
  }
  return null;
}

type Offer = ReadonlyMap<string, string | true>;

function parametersOf(header: string | undefined): Offer[] {
  const extensions = parseExtensions(header ?? '') ?? [];
  return extensions.filter(({ name }) => name === NAME).map(({ parameters }) => parameters);
}

function promiseOf(parameters: Offer, side: 'server' | 'client'): SideParameters {
  const bits = parameters.get(`${side}_max_window_bits`);
  return {
    noContextTakeover: parameters.has(`${side}_no_context_takeover`),
    windowBits: typeof bits === 'string' ? Number(bits) : FULL_WINDOW,
  };
}
