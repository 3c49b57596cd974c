/** Header fields by lower-case name, with one value for each line. */
export type HeaderFields = Readonly<Record<string, readonly string[] | undefined>>;

/** Reads the `rawHeaders` of node:http: name, value, name, value, … */
export function headerFields(rawHeaders: readonly string[]): HeaderFields {
  const fields: Record<string, string[]> = Object.create(null);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    const values = fields[name];
    if (values === undefined) fields[name] = [rawHeaders[index + 1]!];
    else values.push(rawHeaders[index + 1]!);
  }
  return fields;
}

/** RFC 7230 §3.2.6: tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Whether a text is a token, as subprotocols and names of extensions must be. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The value of a field; undefined if the field is missing or duplicated. @internal */
export function singleValue(fields: HeaderFields, name: string): string | undefined {
  const values = fields[name];
  return values?.length === 1 ? values[0] : undefined;
}

/** The values of all lines of a field: "it MAY be split or combined across multiple lines" (RFC 6455 §9.1). @internal */
export function combinedValue(fields: HeaderFields, name: string): string | undefined {
  return fields[name]?.join(', ');
}

/** The elements of a comma-separated list, without white space around them. Empty ones are ignored (RFC 7230 §7). @internal */
export function listElements(value: string): string[] {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** Whether a list-valued field has an element. The comparison ignores case. @internal */
export function hasElement(fields: HeaderFields, name: string, lowerCaseElement: string): boolean {
  const value = combinedValue(fields, name);
  return value !== undefined && listElements(value).some((element) => element.toLowerCase() === lowerCaseElement);
}
