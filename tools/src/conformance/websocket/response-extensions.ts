import { parseExtensions } from './extensions.ts';

const DEFLATE = 'permessage-deflate';
/** The parameters of a response, and what their values must match; null for those that take none. RFC 7692 §7.1. */
const PARAMETERS: Readonly<Record<string, RegExp | null>> = {
  server_no_context_takeover: null,
  client_no_context_takeover: null,
  server_max_window_bits: /^([89]|1[0-5])$/,
  client_max_window_bits: /^([89]|1[0-5])$/,
};

/**
 * What is wrong with the Sec-WebSocket-Extensions of a response; empty if nothing is. The tester offers permessage-deflate, or
 * nothing.
 */
export function extensionsFault(answer: string | undefined, hasOffered: boolean): string {
  if (answer === undefined) return '';
  return faultIn(answer, hasOffered) === '' ? '' : `${faultIn(answer, hasOffered)}; received ${JSON.stringify(answer)}`;
}

function faultIn(answer: string, hasOffered: boolean): string {
  const extensions = parseExtensions(answer);
  if (extensions === null) return 'the response has malformed extensions; expected the grammar of RFC 6455 §9.1';
  const expected = hasOffered ? `at most ${DEFLATE}` : 'none';
  if (!hasOffered || extensions.some(({ name }) => name !== DEFLATE)) {
    return `the response has an extension that was not offered; expected ${expected} (RFC 6455 §9.1)`;
  }
  if (extensions.length > 1) return `the response has ${DEFLATE} more than once; expected it once (RFC 7692 §5)`;
  const { parameters, repeated } = extensions[0]!;
  if (repeated !== undefined) return `the response has ${repeated} more than once; expected it once (RFC 7692 §7.1)`;
  for (const [name, value] of parameters) {
    const pattern = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (pattern === undefined) {
      return `the response has an unknown parameter; expected ${Object.keys(PARAMETERS).join(', ')} (RFC 7692 §7.1)`;
    }
    if (pattern === null && value !== true) return `${name} has a value; expected none (RFC 7692 §7.1.1)`;
    if (pattern !== null && (value === true || !pattern.test(value))) {
      return `${name} has an invalid value; expected 8 to 15 without leading zeros (RFC 7692 §7.1.2)`;
    }
  }
  return '';
}
