import { randomUUID } from 'node:crypto';
import { EventParserStream } from 'pushwire';

/**
 * The answers of the model. Each is a topic of the hub, so that any number of clients may read it, and come back to it:
 *
 * - `token`: a piece of the text
 * - `done`: the answer is complete. `stopped`: somebody has stopped it, or nobody has read it. `failed`: the provider has failed
 */
export class Answers {
  #hub;
  #provider;
  #grace;
  /** Those that are being written: for each topic, the controller that stops it, the promise of its end, and the timer if nobody reads it. */
  #running = new Map();
  /** The ids of the latest answers. The events of older ones are not in the log any more. */
  #known = new Set();

  /**
   * @param provider `url`, and if it needs them, `model` and `key`
   * @param grace    how long an answer goes on that nobody reads, in milliseconds
   */
  constructor(hub, provider, grace) {
    this.#hub = hub;
    this.#provider = provider;
    this.#grace = grace;
  }

  /** Starts an answer. Resolves with its id, and the position before its first token. */
  async start(messages) {
    if (this.#running.size >= MAX_RUNNING) throw Object.assign(new Error('Too many answers'), { status: 503 });
    const id = randomUUID();
    this.#known.add(id);
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.values().next().value);
    const topic = topicOf(id);
    const running = { controller: new AbortController(), written: undefined, timer: undefined };
    this.#running.set(topic, running);
    try {
      const position = await this.#hub.publish(topic, { event: 'start', data: '' });
      running.written = this.#write(topic, messages, running).catch((error) => {
        console.error('An answer is lost: %s', error.message);
      });
      this.#wait(topic, running);
      return { id, position };
    } catch (error) {
      this.#running.delete(topic);
      throw error;
    }
  }

  /** Stops an answer. What was written stays. */
  stop(id) {
    this.#running.get(topicOf(id))?.controller.abort();
  }

  /** Stops all answers. Resolves when their readers know it. */
  async stopAll() {
    const all = [...this.#running.values()];
    for (const { controller } of all) controller.abort();
    await Promise.all(all.map(({ written }) => written));
  }

  has(id) {
    return this.#known.has(id);
  }

  /** Sends an answer to a client, from the position on. */
  read(stream, id, lastEventId) {
    const topic = topicOf(id);
    // False during the shutdown: the client comes back to another process.
    if (!this.#hub.subscribe(stream, topic, { lastEventId })) return stream.close();
    const running = this.#running.get(topic);
    if (running === undefined) return;
    clearTimeout(running.timer);
    stream.on('close', () => {
      // A client that has lost its connection comes back in a moment.
      if (this.#hub.count(topic) === 0) this.#wait(topic, running);
    });
  }

  /** Stops an answer that nobody reads for a while: tokens cost money. */
  #wait(topic, running) {
    clearTimeout(running.timer);
    if (this.#running.get(topic) !== running) return;
    running.timer = setTimeout(() => running.controller.abort(), this.#grace);
  }

  async #write(topic, messages, running) {
    const { signal } = running.controller;
    let end = { event: 'done', data: '' };
    try {
      for await (const token of complete(this.#provider, messages, signal)) {
        await this.#hub.publish(topic, { event: 'token', data: token });
      }
    } catch (error) {
      end = signal.aborted ? { event: 'stopped', data: '' } : { event: 'failed', data: error.message };
    } finally {
      clearTimeout(running.timer);
      this.#running.delete(topic);
    }
    await this.#hub.publish(topic, end);
  }
}

/** The most answers that are written at a time, and the most that are known. */
const [MAX_RUNNING, MAX_KNOWN] = [50, 10_000];

const topicOf = (id) => `answers/${id}`;

/** Asks the provider, and yields the tokens of its event stream. */
async function* complete(provider, messages, signal) {
  const { url, model, key } = provider;
  const headers = { 'Content-Type': 'application/json', ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const body = JSON.stringify({ model, messages, stream: true });
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  if (!response.ok) throw new Error(`The provider has answered with status ${response.status}`);
  for await (const { data } of response.body.pipeThrough(new EventParserStream())) {
    if (data === '[DONE]') return;
    const { error, choices } = JSON.parse(data);
    if (error !== undefined) throw new Error(error.message);
    // Some events have no text: the last one of an answer, and one that counts its tokens.
    const token = choices?.[0]?.delta?.content;
    if (token) yield token;
  }
  throw new Error('The provider has ended before its answer was complete');
}
