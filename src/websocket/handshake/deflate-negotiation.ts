import type { Extension } from './extension.ts';

/** The name of the extension, RFC 7692 §7. */
export const PERMESSAGE_DEFLATE = 'permessage-deflate';

export const MIN_WINDOW_BITS = 8;
export const MAX_WINDOW_BITS = 15;

/** What is in force on a connection, RFC 7692 §7.1. */
export interface DeflateParameters {
  /** Whether the server starts each message with an empty window; `clientNoContextTakeover` alike. */
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** The server's messages refer to at most 2 to the power of this many bytes back; `clientMaxWindowBits` alike. */
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** What one side prefers; the names are those of `ws`. */
export interface DeflatePreferences {
  /**
   * A server: true, not to use context takeover itself; false, to decline offers that ask it not to.
   * A client: true, to ask the server not to use it.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * A server: true, to ask the client not to use context takeover.
   * A client: true, to say that it will not; false, to fail if the server asks it not to.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * 8 to 15. A server: its own window; false, to decline offers that limit it. A client: the limit that it asks of the
   * server.
   */
  readonly serverMaxWindowBits?: number | false | undefined;
  /**
   * 8 to 15. A server: the limit that it asks of the client; offers that allow none are declined then. A client: the
   * limit that it offers, or true to offer to keep any. Default of a client: true.
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
}

/** The parameters of one offer or response; `true` is a `client_max_window_bits` without a value. */
interface RawParameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  clientMaxWindowBits: number | true | undefined;
}

/** What a server answers, with what is in force then. */
export interface Acceptance {
  readonly parameters: DeflateParameters;
  readonly response: Extension;
}

/**
 * Chooses the first offer that a server can accept, RFC 7692 §5.1 and §7.1; null to go without the extension. An offer
 * with a parameter that is unknown, invalid or given twice is declined (§7), and the next one looked at.
 */
export function acceptOffer(offers: readonly Extension[], preferences: DeflatePreferences): Acceptance | null {
  for (const offer of offers) {
    if (offer.name !== PERMESSAGE_DEFLATE) continue;
    const raw = readParameters(offer, true);
    if (raw !== null && isAcceptable(raw, preferences)) return accept(raw, preferences);
  }
  return null;
}

function isAcceptable(raw: RawParameters, preferences: DeflatePreferences): boolean {
  if (raw.serverNoContextTakeover && preferences.serverNoContextTakeover === false) return false;
  if (raw.serverMaxWindowBits !== undefined && preferences.serverMaxWindowBits === false) return false;
  // §7.1.2.2: without the parameter in the offer, the response must not have it.
  return !(typeof preferences.clientMaxWindowBits === 'number' && raw.clientMaxWindowBits === undefined);
}

function accept(raw: RawParameters, preferences: DeflatePreferences): Acceptance {
  const serverNoContextTakeover = raw.serverNoContextTakeover || preferences.serverNoContextTakeover === true;
  const clientNoContextTakeover = raw.clientNoContextTakeover || preferences.clientNoContextTakeover === true;
  const serverMaxWindowBits = Math.min(
    raw.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    bits(preferences.serverMaxWindowBits),
  );
  let clientMaxWindowBits = MAX_WINDOW_BITS;
  if (raw.clientMaxWindowBits !== undefined) {
    clientMaxWindowBits = Math.min(bits(raw.clientMaxWindowBits), bits(preferences.clientMaxWindowBits));
  }

  const response: [string, string | true][] = [];
  if (serverNoContextTakeover) response.push(['server_no_context_takeover', true]);
  if (clientNoContextTakeover) response.push(['client_no_context_takeover', true]);
  // §7.1.2.1: an offer that has the parameter is accepted by a response that has it.
  if (raw.serverMaxWindowBits !== undefined || serverMaxWindowBits < MAX_WINDOW_BITS) {
    response.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  }
  if (clientMaxWindowBits < MAX_WINDOW_BITS) response.push(['client_max_window_bits', String(clientMaxWindowBits)]);
  return {
    parameters: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits },
    response: { name: PERMESSAGE_DEFLATE, parameters: response },
  };
}

/** What a client offers. */
export function makeOffer(preferences: DeflatePreferences): Extension {
  const parameters: [string, string | true][] = [];
  const { clientMaxWindowBits = true } = preferences;
  if (preferences.serverNoContextTakeover) parameters.push(['server_no_context_takeover', true]);
  if (preferences.clientNoContextTakeover) parameters.push(['client_no_context_takeover', true]);
  if (typeof preferences.serverMaxWindowBits === 'number') {
    parameters.push(['server_max_window_bits', String(preferences.serverMaxWindowBits)]);
  }
  if (clientMaxWindowBits !== false) {
    parameters.push(['client_max_window_bits', clientMaxWindowBits === true ? true : String(clientMaxWindowBits)]);
  }
  return { name: PERMESSAGE_DEFLATE, parameters };
}

/**
 * What is in force after a server's response, or null if the response is no valid answer to the offer made with these
 * preferences: the client fails the connection then (RFC 7692 §5.1, §7.1).
 */
export function readAcceptance(response: Extension, preferences: DeflatePreferences): DeflateParameters | null {
  const raw = readParameters(response, false);
  if (raw === null) return null;
  const { clientMaxWindowBits: ownLimit = true } = preferences;
  // §7.1.1.1, §7.1.2.1: a server accepts these by saying so; what it says may be stricter, but not laxer.
  if (preferences.serverNoContextTakeover && !raw.serverNoContextTakeover) return null;
  if (typeof preferences.serverMaxWindowBits === 'number') {
    if (raw.serverMaxWindowBits === undefined || raw.serverMaxWindowBits > preferences.serverMaxWindowBits) return null;
  }
  // §7.1.2.2: "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter,
  // the corresponding extension negotiation response to the offer MUST NOT include" it.
  if (raw.clientMaxWindowBits !== undefined && (ownLimit === false || bits(raw.clientMaxWindowBits) > bits(ownLimit))) {
    return null;
  }
  if (preferences.clientNoContextTakeover === false && raw.clientNoContextTakeover) return null;
  return {
    serverNoContextTakeover: raw.serverNoContextTakeover,
    clientNoContextTakeover: raw.clientNoContextTakeover || preferences.clientNoContextTakeover === true,
    serverMaxWindowBits: raw.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    clientMaxWindowBits: Math.min(bits(raw.clientMaxWindowBits), bits(ownLimit)),
  };
}

function bits(value: number | boolean | undefined): number {
  return typeof value === 'number' ? value : MAX_WINDOW_BITS;
}

/** Null for a parameter that is unknown, invalid, or given twice (RFC 7692 §7). */
function readParameters(extension: Extension, isOffer: boolean): RawParameters | null {
  const raw: RawParameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of extension.parameters) {
    if (seen.has(name)) return null;
    seen.add(name);
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== true) return null;
        raw.serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover':
        if (value !== true) return null;
        raw.clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
        if (!isWindowBits(value)) return null;
        raw.serverMaxWindowBits = Number(value);
        break;
      case 'client_max_window_bits':
        // §7.1.2.2: in an offer, it may stand without a value.
        if (value === true && isOffer) raw.clientMaxWindowBits = true;
        else if (isWindowBits(value)) raw.clientMaxWindowBits = Number(value);
        else return null;
        break;
      default:
        return null;
    }
  }
  return raw;
}

/** §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive". */
function isWindowBits(value: string | true): boolean {
  return value !== true && /^([89]|1[0-5])$/.test(value);
}
