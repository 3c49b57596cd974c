/** A message of JSON records, each slightly different. */
export function orders(index: number, size: number): Buffer {
  const records: string[] = [];
  for (let [length, number] = [0, index * 31]; length < size; number++) {
    const record = JSON.stringify({
      type: 'order-updated',
      id: 4_000_000 + number,
      at: new Date(1_790_000_000_000 + number * 137).toISOString(),
      customer: { id: (number * 7919) % 10_007, name: 'Grete Müßig', tier: 'gold' },
      items: [{ sku: `SKU-${(number * 31) % 997}`, quantity: (number % 5) + 1, price: 1999 + (number % 90) }],
    });
    records.push(record);
    length += record.length + 1;
  }
  return Buffer.from(records.join(',').slice(0, size));
}
