import { readCertificates } from './read-certificates.ts';
import { UsageError } from './usage-error.ts';

/** The options of commands that connect to a server: which header fields they send, and which certificates they trust. */
export const ACCESS_OPTIONS = {
  header: { type: 'string', multiple: true, default: [] as string[] },
  ca: { type: 'string' },
  insecure: { type: 'boolean', default: false },
} as const;

/** Parses header fields in the form that curl uses, `Name: value`. The values of a repeated name are joined. */
export function headerOptions(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`--header must have the form "Name: value"; received "${line}"`);
    }
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** The TLS options of a client, from the values of --ca and --insecure. */
export async function tlsOptions(
  ca: string | undefined,
  insecure: boolean,
): Promise<{ ca?: Buffer; rejectUnauthorized?: false }> {
  return {
    ...(ca === undefined ? {} : { ca: await readCertificates('ca', ca) }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}
