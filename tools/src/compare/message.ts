/** Digits at the start of each message: which one it is. */
const DIGITS = 8;

/** A text of so many bytes that says which message it is. @param bytes 8 or more */
export function messageText(id: number, bytes: number): string {
  return String(id).padStart(DIGITS, '0').padEnd(bytes, 'x');
}

/** A text of at least so many bytes, as applications send it: records in JSON whose values change. */
export function recordText(id: number, bytes: number): string {
  let text = `${String(id).padStart(DIGITS, '0')}[`;
  for (let record = 0; text.length < bytes; record++) {
    const value = Math.imul(id * 31 + record, 0x9e3779b1) >>> 0;
    text += `${record === 0 ? '' : ','}{"symbol":"P${value % 97}","price":${(value % 1_000_000) / 100},"volume":${value % 8191},"side":"${value % 2 === 0 ? 'buy' : 'sell'}"}`;
  }
  return `${text}]`;
}

export function messageId(text: string): number {
  return Number(text.slice(0, DIGITS));
}
