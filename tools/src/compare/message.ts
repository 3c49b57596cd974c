/** The number of digits at the start of each message, which are its ID. */
const DIGITS = 8;

/** A text that starts with the ID of the message. @param bytes its size, at least 8 */
export function messageText(id: number, bytes: number): string {
  return String(id).padStart(DIGITS, '0').padEnd(bytes, 'x');
}

/** A text that resembles what applications send: JSON records with varying values. @param bytes its minimum size */
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
