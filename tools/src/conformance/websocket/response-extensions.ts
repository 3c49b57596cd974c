import { PARAMETER_NAMES, type ParameterFault, parameterFault } from './deflate-parameters.ts';
import { parseExtensions } from './extensions.ts';

const DEFLATE = 'permessage-deflate';
/**
 * What is wrong with the Sec-WebSocket-Extensions of a response; empty if nothing is. The tester offers permessage-deflate, or
 * nothing.
 */
export function extensionsFault(answer: string | undefined, hasOffered: boolean): string {
  const fault = answer === undefined ? '' : faultIn(answer, hasOffered);
  return fault === '' ? '' : `${fault}; received ${JSON.stringify(answer)}`;
}

function faultIn(answer: string, hasOffered: boolean): string {
  const extensions = parseExtensions(answer);
  if (extensions === null) return 'the response has malformed extensions; expected the grammar of RFC 6455 §9.1';
  const expected = hasOffered ? `at most ${DEFLATE}` : 'none';
  if (!hasOffered || extensions.some(({ name }) => name !== DEFLATE)) {
    return `the response has an extension that was not offered; expected ${expected} (RFC 6455 §9.1)`;
  }
  if (extensions.length > 1) return `the response has ${DEFLATE} more than once; expected it once (RFC 7692 §5)`;
  const wrong = parameterFault(extensions[0]!, 'response');
  return wrong === undefined ? '' : TEXTS[wrong.fault](wrong.name);
}

const TEXTS: Readonly<Record<ParameterFault['fault'], (name: string) => string>> = {
  repeated: (name) => `the response has ${name} more than once; expected it once (RFC 7692 §7.1)`,
  unknown: () => `the response has an unknown parameter; expected ${PARAMETER_NAMES.join(', ')} (RFC 7692 §7.1)`,
  'has a value': (name) => `${name} has a value; expected none (RFC 7692 §7.1.1)`,
  'invalid value': (name) => `${name} has an invalid value; expected 8 to 15 without leading zeros (RFC 7692 §7.1.2)`,
};
