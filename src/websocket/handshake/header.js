/** Header fields from the form that node:http gives as `rawHeaders`: name, value, name, value, … */
export function headerFields(rawHeaders) {
  const fields = Object.create(null);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    const values = fields[name];
    if (values === undefined) fields[name] = [rawHeaders[index + 1]];
    else values.push(rawHeaders[index + 1]);
  }
  return fields;
}
/** RFC 7230 §3.2.6: tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
export function isToken(text) {
  return TOKEN.test(text);
}
/** The only value of a field, or undefined if the field is missing or stands more than once. */
export function singleValue(fields, name) {
  const values = fields[name];
  return values?.length === 1 ? values[0] : undefined;
}
/** All values of a field as one: "it MAY be split or combined across multiple lines" (RFC 6455 §9.1). */
export function combinedValue(fields, name) {
  return fields[name]?.join(', ');
}
/** The elements of a comma-separated list, trimmed; empty ones do not count (RFC 7230 §7). */
export function listElements(value) {
  return value
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}
/** Whether a list-valued field has this element, in any case. */
export function hasElement(fields, name, lowerCaseElement) {
  const value = combinedValue(fields, name);
  return value !== undefined && listElements(value).some((element) => element.toLowerCase() === lowerCaseElement);
}
