import type { PresenceRecords } from '../log/log.ts';
import type { SendCommand } from './redis-client.ts';
import { readRecordsScript, runScript, writeRecordScript } from './scripts.ts';

/** Records of processes in a hash. They expire by the clock of the server: clocks of processes may differ. */
export class RedisPresence implements PresenceRecords {
  readonly #send: SendCommand;
  readonly #key: string;

  constructor(send: SendCommand, key: string) {
    this.#send = send;
    this.#key = key;
  }

  async write(process: string, record: string, expiry: number): Promise<void> {
    await runScript(this.#send, writeRecordScript, [this.#key], [process, record, String(Math.ceil(expiry))]);
  }

  async remove(process: string): Promise<void> {
    await this.#send(this.#key, ['HDEL', this.#key, process]);
  }

  async read(): Promise<ReadonlyMap<string, string>> {
    const reply = await runScript(this.#send, readRecordsScript, [this.#key], []);
    const texts = (reply as unknown[]).map(String);
    const records = new Map<string, string>();
    for (let index = 0; index < texts.length; index += 2) records.set(texts[index]!, texts[index + 1]!);
    return records;
  }
}
