/** One element of Sec-WebSocket-Extensions. */
export interface Extension {
  readonly name: string;
  /** By name; true for a parameter without a value. */
  readonly parameters: ReadonlyMap<string, string | true>;
  /** The name of a parameter that occurs more than once. */
  readonly repeated?: string | undefined;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
/** A parameter: its name, and its value as a token or as a quoted string. */
const PARAMETER = new RegExp(`^(${TOKEN})(?:[ \\t]*=[ \\t]*(${TOKEN}|${QUOTED}))?$`);
const WHOLE_TOKEN = new RegExp(`^${TOKEN}$`);

/** Whether a text is a token, RFC 9110 §5.6.2. */
export function isToken(text: string): boolean {
  return WHOLE_TOKEN.test(text);
}

/**
 * Parses the value of Sec-WebSocket-Extensions, RFC 6455 §9.1. Empty elements of the list are skipped, as RFC 2616 §2.1
 * demands for `1#`. Returns null for a value that does not match the grammar.
 */
export function parseExtensions(value: string): Extension[] | null {
  const extensions: Extension[] = [];
  for (const element of split(value, ',')) {
    if (element === '') continue;
    const [name = '', ...rest] = split(element, ';');
    const parameters = new Map<string, string | true>();
    let repeated: string | undefined;
    for (const text of rest) {
      const [, parameter, parameterValue] = PARAMETER.exec(text) ?? [];
      if (parameter === undefined) return null;
      const unquoted = parameterValue === undefined ? true : unquote(parameterValue);
      // §9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF".
      if (unquoted !== true && !isToken(unquoted)) return null;
      if (parameters.has(parameter)) repeated ??= parameter;
      parameters.set(parameter, unquoted);
    }
    if (!isToken(name)) return null;
    extensions.push({ name, parameters, ...(repeated !== undefined && { repeated }) });
  }
  return extensions.length === 0 ? null : extensions;
}

/** Splits at a separator outside of quoted strings, and trims the parts. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts = [''];
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[\s\S]/g)) {
    if (piece === separator) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts.map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''));
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
