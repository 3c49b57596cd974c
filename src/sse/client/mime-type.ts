/** RFC 9110 §5.6.2: the characters of a token, of which a type and a subtype consist. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/;

/** A part of a list between commas. A comma in a quoted string does not end it. */
const PART = /(?:"(?:[^"\\]|\\[\s\S])*(?:"|$)|[^",])+/g;

/**
 * Fetch §2.2.2, "extract a MIME type", as far as its essence: of several fields, or of a list, the last valid type counts.
 * Returns an empty string if there is none.
 *
 * @param contentType the value of Content-Type; the values of several fields are joined with commas
 */
export function mimeTypeEssence(contentType: string): string {
  let essence = '';
  for (const [part] of contentType.matchAll(PART)) {
    const [type = '', subtype = '', ...others] = part.split(';', 1)[0]!.trim().toLowerCase().split('/');
    if (others.length > 0 || !TOKEN.test(type) || !TOKEN.test(subtype)) continue;
    if (type !== '*' || subtype !== '*') essence = `${type}/${subtype}`;
  }
  return essence;
}
