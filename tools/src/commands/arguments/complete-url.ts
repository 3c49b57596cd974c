/** Adds the scheme to a URL without one, such as `localhost:8080`: that with TLS for port 443. Returns any other text as it is. */
export function completeUrl(text: string, scheme: 'ws' | 'http'): string {
  // In "localhost:8080", "localhost" is no scheme. A scheme of a Unix domain socket has no "//" after it.
  if (/^[a-z][a-z\d+.-]*:(\/\/|\D)/i.test(text) || !URL.canParse(`http://${text}`)) return text;
  const { port } = new URL(`http://${text}`);
  return `${scheme}${port === '443' ? 's' : ''}://${text}`;
}
