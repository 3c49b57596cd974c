import { isToken } from './header.ts';

/** An element of `Sec-WebSocket-Extensions`: an offer of a client, or the response of a server. */
export interface Extension {
  /** The extension token, such as `permessage-deflate`. */
  readonly name: string;
  /** In order, duplicates included. The value of a parameter without a value is `true`. */
  readonly parameters: readonly (readonly [name: string, value: string | true])[];
}

/** A token, a quoted string or a separator, and the white space around it. Sticky: the value is read in one pass. */
const LEXICAL_UNIT = /[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)"|([,;=]))[ \t]*/y;

/**
 * Parses the value of a header field, RFC 6455 §9.1:
 *
 *     extension-list  = 1#extension
 *     extension       = extension-token *( ";" extension-param )
 *     extension-param = token [ "=" (token | quoted-string) ]
 *
 * Empty list elements are ignored (RFC 2616 §2.1). Returns null if the value does not match the grammar.
 */
export function parseExtensions(value: string): Extension[] | null {
  const extensions: Extension[] = [];
  const lexer = new Lexer(value);
  while (!lexer.atEnd) {
    if (lexer.takeSeparator(',')) continue;
    const extension = parseExtension(lexer);
    if (extension === null || !(lexer.atEnd || lexer.takeSeparator(','))) return null;
    extensions.push(extension);
  }
  return extensions.length === 0 ? null : extensions;
}

function parseExtension(lexer: Lexer): Extension | null {
  const name = lexer.takeToken();
  if (name === null) return null;
  const parameters: [string, string | true][] = [];
  while (lexer.takeSeparator(';')) {
    const parameter = lexer.takeToken();
    if (parameter === null) return null;
    let value: string | true | null = true;
    if (lexer.takeSeparator('=')) value = lexer.takeToken() ?? lexer.takeQuotedToken();
    if (value === null) return null;
    parameters.push([parameter, value]);
  }
  return { name, parameters };
}

/** The reverse of `parseExtensions()`. All names and values must be tokens. */
export function formatExtensions(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, parameters }) =>
      [name, ...parameters.map(([parameter, value]) => (value === true ? parameter : `${parameter}=${value}`))].join(
        '; ',
      ),
    )
    .join(', ');
}

/** Splits a value into tokens, quoted strings and separators. It reads one of these units ahead. */
class Lexer {
  readonly #text: string;
  #offset = 0;
  #token: string | undefined;
  #quoted: string | undefined;
  #separator: string | undefined;
  /** Whether the text continues with neither a token, a quoted string nor a separator. */
  #stuck = false;

  constructor(text: string) {
    this.#text = text;
    this.#advance();
  }

  get atEnd(): boolean {
    return this.#stuck && this.#text.slice(this.#offset).trim() === '';
  }

  takeToken(): string | null {
    return this.#take(this.#token);
  }

  /** §9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF". */
  takeQuotedToken(): string | null {
    const value = this.#quoted?.replace(/\\(.)/g, '$1');
    return this.#take(value !== undefined && isToken(value) ? value : undefined);
  }

  takeSeparator(separator: string): boolean {
    return this.#take(this.#separator === separator ? separator : undefined) !== null;
  }

  #take(unit: string | undefined): string | null {
    if (unit === undefined) return null;
    this.#advance();
    return unit;
  }

  #advance(): void {
    LEXICAL_UNIT.lastIndex = this.#offset;
    const match = LEXICAL_UNIT.exec(this.#text);
    this.#stuck = match === null;
    this.#token = match?.[1];
    this.#quoted = match?.[2];
    this.#separator = match?.[3];
    if (match !== null) this.#offset = LEXICAL_UNIT.lastIndex;
  }
}
