/** A hex dump: 16 bytes per line, with the offset before them and the printable ASCII characters after them. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const line = Buffer.from(bytes.subarray(offset, offset + 16));
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const characters = line.toString('latin1').replace(/[^ -~]/g, '.');
    lines.push(`${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${characters}`);
  }
  return lines.join('\n');
}
