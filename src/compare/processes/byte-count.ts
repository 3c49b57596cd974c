/** Bytes that one end of connections has counted. */
export interface ByteCount {
  readonly read: number;
  readonly written: number;
}

export function bytesOf(sockets: Iterable<{ readonly bytesRead: number; readonly bytesWritten: number }>): ByteCount {
  let [read, written] = [0, 0];
  for (const { bytesRead, bytesWritten } of sockets) {
    read += bytesRead;
    written += bytesWritten;
  }
  return { read, written };
}
