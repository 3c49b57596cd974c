import type { Extension } from './extensions.ts';

const WINDOW_BITS = /^([89]|1[0-5])$/;

/** The parameters of permessage-deflate, and what their values must match; null for those that take none. RFC 7692 §7.1. */
const PARAMETERS: Readonly<Record<string, RegExp | null>> = {
  server_no_context_takeover: null,
  client_no_context_takeover: null,
  server_max_window_bits: WINDOW_BITS,
  client_max_window_bits: WINDOW_BITS,
};

export const PARAMETER_NAMES: readonly string[] = Object.keys(PARAMETERS);

/** What is wrong with a parameter. */
export interface ParameterFault {
  readonly fault: 'repeated' | 'unknown' | 'has a value' | 'invalid value';
  readonly name: string;
}

/** The first fault of the parameters of permessage-deflate; undefined for none. Only an offer may leave out the client's window. */
export function parameterFault(
  { parameters, repeated }: Extension,
  message: 'offer' | 'response',
): ParameterFault | undefined {
  if (repeated !== undefined) return { fault: 'repeated', name: repeated };
  for (const [name, value] of parameters) {
    const pattern = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (pattern === undefined) return { fault: 'unknown', name };
    if (pattern === null && value !== true) return { fault: 'has a value', name };
    const mayBeMissing = message === 'offer' && name === 'client_max_window_bits';
    const isValid = value === true ? mayBeMissing : pattern?.test(value);
    if (pattern !== null && !isValid) return { fault: 'invalid value', name };
  }
  return undefined;
}
