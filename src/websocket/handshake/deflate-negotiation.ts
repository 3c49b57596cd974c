import type { Extension } from './extension.ts';

/** The name of the extension, RFC 7692 §7. @internal */
export const PERMESSAGE_DEFLATE = 'permessage-deflate';

/** @internal */
export const MIN_WINDOW_BITS = 8;
/** @internal */
export const MAX_WINDOW_BITS = 15;

/** The parameters in effect on a connection, RFC 7692 §7.1. */
export interface DeflateParameters {
  /** Whether the server compresses each message with an empty window. */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client compresses each message with an empty window. */
  readonly clientNoContextTakeover: boolean;
  /** 8 to 15. The window of the server has at most `2 ** serverMaxWindowBits` bytes. */
  readonly serverMaxWindowBits: number;
  /** 8 to 15. The window of the client has at most `2 ** clientMaxWindowBits` bytes. */
  readonly clientMaxWindowBits: number;
}

/** The preferences of one side (RFC 7692 §7.1). The names are those of `ws`. Default of each member: no preference. */
export interface DeflatePreferences {
  /**
   * In a server: true to use no context takeover; false to decline offers that require this.
   * In a client: true to require that the server uses no context takeover. Default: no preference.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * In a server: true to require that the client uses no context takeover.
   * In a client: true to offer to use no context takeover; false to fail the handshake if the server requires it.
   * Default: no preference.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * 8 to 15 bits. In a server: the size of its window; false to decline offers that limit it. In a client: the limit for the
   * server's window. Default: no preference.
   */
  readonly serverMaxWindowBits?: number | false | undefined;
  /**
   * 8 to 15 bits. In a server: the limit for the client's window; offers that do not allow a limit are declined. In a client:
   * the size of its window, or true to accept any limit. Default in a client: true.
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
}

/** The parameters of an offer or a response. `true` is a `client_max_window_bits` without a value. */
interface ParsedParameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  clientMaxWindowBits: number | true | undefined;
}

/** An offer that a server accepts: the parameters in effect, and its response. */
export interface Acceptance {
  /** The parameters in effect. */
  readonly parameters: DeflateParameters;
  /** The element of `Sec-WebSocket-Extensions` that accepts the offer. */
  readonly response: Extension;
}

/**
 * Returns the first offer that a server can accept (RFC 7692 §5.1, §7.1), or null if it accepts none. An offer with a
 * parameter that is unknown, invalid or duplicated is declined (§7); the next offer may be acceptable.
 */
export function acceptOffer(offers: readonly Extension[], preferences: DeflatePreferences): Acceptance | null {
  for (const offer of offers) {
    if (offer.name !== PERMESSAGE_DEFLATE) continue;
    const parsed = readParameters(offer, true);
    if (parsed !== null && isAcceptable(parsed, preferences)) return accept(parsed, preferences);
  }
  return null;
}

function isAcceptable(parsed: ParsedParameters, preferences: DeflatePreferences): boolean {
  if (parsed.serverNoContextTakeover && preferences.serverNoContextTakeover === false) return false;
  if (parsed.serverMaxWindowBits !== undefined && preferences.serverMaxWindowBits === false) return false;
  // §7.1.2.2: without the parameter in the offer, the response must not have it.
  return !(typeof preferences.clientMaxWindowBits === 'number' && parsed.clientMaxWindowBits === undefined);
}

function accept(parsed: ParsedParameters, preferences: DeflatePreferences): Acceptance {
  const serverNoContextTakeover = parsed.serverNoContextTakeover || preferences.serverNoContextTakeover === true;
  const clientNoContextTakeover = parsed.clientNoContextTakeover || preferences.clientNoContextTakeover === true;
  const serverMaxWindowBits = Math.min(
    parsed.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    windowBits(preferences.serverMaxWindowBits),
  );
  let clientMaxWindowBits = MAX_WINDOW_BITS;
  if (parsed.clientMaxWindowBits !== undefined) {
    clientMaxWindowBits = Math.min(windowBits(parsed.clientMaxWindowBits), windowBits(preferences.clientMaxWindowBits));
  }

  const response: [string, string | true][] = [];
  if (serverNoContextTakeover) response.push(['server_no_context_takeover', true]);
  if (clientNoContextTakeover) response.push(['client_no_context_takeover', true]);
  // §7.1.2.1: if the offer has the parameter, a response that accepts it must have it, too.
  if (parsed.serverMaxWindowBits !== undefined || serverMaxWindowBits < MAX_WINDOW_BITS) {
    response.push(['server_max_window_bits', String(serverMaxWindowBits)]);
  }
  if (clientMaxWindowBits < MAX_WINDOW_BITS) response.push(['client_max_window_bits', String(clientMaxWindowBits)]);
  return {
    parameters: { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits },
    response: { name: PERMESSAGE_DEFLATE, parameters: response },
  };
}

/** Returns the element of `Sec-WebSocket-Extensions` with which a client offers the extension (RFC 7692 §5, §7.1). */
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
 * Returns the parameters that a server's response puts into effect, or null if it is not a valid response to the offer with
 * these preferences: then the client fails the connection (RFC 7692 §5.1, §7.1).
 */
export function readAcceptance(response: Extension, preferences: DeflatePreferences): DeflateParameters | null {
  const parsed = readParameters(response, false);
  if (parsed === null) return null;
  const { clientMaxWindowBits: ownLimit = true } = preferences;
  // §7.1.1.1, §7.1.2.1: a server accepts these parameters by including them. It may choose a smaller window, not a larger.
  if (preferences.serverNoContextTakeover && !parsed.serverNoContextTakeover) return null;
  if (typeof preferences.serverMaxWindowBits === 'number') {
    if (parsed.serverMaxWindowBits === undefined || parsed.serverMaxWindowBits > preferences.serverMaxWindowBits)
      return null;
  }
  // §7.1.2.2: "If a received extension negotiation offer doesn't have the "client_max_window_bits" extension parameter,
  // the corresponding extension negotiation response to the offer MUST NOT include" it.
  if (
    parsed.clientMaxWindowBits !== undefined &&
    (ownLimit === false || windowBits(parsed.clientMaxWindowBits) > windowBits(ownLimit))
  ) {
    return null;
  }
  if (preferences.clientNoContextTakeover === false && parsed.clientNoContextTakeover) return null;
  return {
    serverNoContextTakeover: parsed.serverNoContextTakeover,
    clientNoContextTakeover: parsed.clientNoContextTakeover || preferences.clientNoContextTakeover === true,
    serverMaxWindowBits: parsed.serverMaxWindowBits ?? MAX_WINDOW_BITS,
    clientMaxWindowBits: Math.min(windowBits(parsed.clientMaxWindowBits), windowBits(ownLimit)),
  };
}

/** The window of a parameter; without a number, the largest. */
function windowBits(value: number | boolean | undefined): number {
  return typeof value === 'number' ? value : MAX_WINDOW_BITS;
}

/** Returns null if a parameter is unknown, invalid or duplicated (RFC 7692 §7). */
function readParameters(extension: Extension, isOffer: boolean): ParsedParameters | null {
  const parsed: ParsedParameters = {
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
        parsed.serverNoContextTakeover = true;
        break;
      case 'client_no_context_takeover':
        if (value !== true) return null;
        parsed.clientNoContextTakeover = true;
        break;
      case 'server_max_window_bits':
        if (!isWindowBits(value)) return null;
        parsed.serverMaxWindowBits = Number(value);
        break;
      case 'client_max_window_bits':
        // §7.1.2.2: in an offer, it may have no value.
        if (value === true && isOffer) parsed.clientMaxWindowBits = true;
        else if (isWindowBits(value)) parsed.clientMaxWindowBits = Number(value);
        else return null;
        break;
      default:
        return null;
    }
  }
  return parsed;
}

/** §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive". */
function isWindowBits(value: string | true): boolean {
  return value !== true && /^([89]|1[0-5])$/.test(value);
}
