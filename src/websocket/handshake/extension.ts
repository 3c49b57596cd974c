import { isToken } from './header.ts';

/** An element of `Sec-WebSocket-Extensions`: an offer, or what was agreed. */
export interface Extension {
  readonly name: string;
  /** In the order given; a parameter may stand twice. `true` stands for one without a value. */
  readonly parameters: readonly (readonly [name: string, value: string | true])[];
}

/** A token, a quoted string or a separator at the start of what is left; sticky, so that the whole is read in one pass. */
const LEXEME = /[ \t]*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)"|([,;=]))[ \t]*/y;

/**
 * Reads a header field's value, RFC 6455 §9.1:
 *
 *     extension-list  = 1#extension
 *     extension       = extension-token *( ";" extension-param )
 *     extension-param = token [ "=" (token | quoted-string) ]
 *
 * Empty list elements do not count (RFC 2616 §2.1). Returns null for a value that does not conform.
 */
export function parseExtensions(value: string): Extension[] | null {
  const extensions: Extension[] = [];
  const lexemes = new Lexemes(value);
  while (!lexemes.atEnd) {
    if (lexemes.takeSeparator(',')) continue;
    const extension = parseExtension(lexemes);
    if (extension === null || !(lexemes.atEnd || lexemes.takeSeparator(','))) return null;
    extensions.push(extension);
  }
  return extensions.length === 0 ? null : extensions;
}

function parseExtension(lexemes: Lexemes): Extension | null {
  const name = lexemes.takeToken();
  if (name === null) return null;
  const parameters: [string, string | true][] = [];
  while (lexemes.takeSeparator(';')) {
    const parameter = lexemes.takeToken();
    if (parameter === null) return null;
    let value: string | true | null = true;
    if (lexemes.takeSeparator('=')) value = lexemes.takeToken() ?? lexemes.takeQuotedToken();
    if (value === null) return null;
    parameters.push([parameter, value]);
  }
  return { name, parameters };
}

/** Writes a header field's value that `parseExtensions` reads. All names and values must be tokens. */
export function formatExtensions(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, parameters }) =>
      [name, ...parameters.map(([parameter, value]) => (value === true ? parameter : `${parameter}=${value}`))].join(
        '; ',
      ),
    )
    .join(', ');
}

/** Reads one lexeme ahead. */
class Lexemes {
  readonly #text: string;
  #offset = 0;
  #token: string | undefined;
  #quoted: string | undefined;
  #separator: string | undefined;
  /** Nothing is left but what no lexeme matches. */
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

  /** "the value after quoted-string unescaping MUST conform to the 'token' ABNF" */
  takeQuotedToken(): string | null {
    const value = this.#quoted?.replace(/\\(.)/g, '$1');
    return this.#take(value !== undefined && isToken(value) ? value : undefined);
  }

  takeSeparator(separator: string): boolean {
    return this.#take(this.#separator === separator ? separator : undefined) !== null;
  }

  #take(lexeme: string | undefined): string | null {
    if (lexeme === undefined) return null;
    this.#advance();
    return lexeme;
  }

  #advance(): void {
    LEXEME.lastIndex = this.#offset;
    const match = LEXEME.exec(this.#text);
    this.#stuck = match === null;
    this.#token = match?.[1];
    this.#quoted = match?.[2];
    this.#separator = match?.[3];
    if (match !== null) this.#offset = LEXEME.lastIndex;
  }
}
