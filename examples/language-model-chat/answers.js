import { randomUUID } from 'node:crypto';
import { EventParserStream } from 'pushwire';
import { Hub, MemoryLog } from 'pushwire/hub';

/** The most answers that are written at a time, and the most that are kept. */
const [MAX_RUNNING, MAX_KEPT] = [50, 200];
/** The most events of an answer, and the milliseconds for which they are kept. */
const [MAX_EVENTS, MAX_AGE] = [20_000, 3_600_000];
const TOPIC = 'answer';

/**
 * The answers of the model. Each has its own hub, so that any number of clients can read it, and resume. A log that all answers share
 * would remove the beginning of one answer while others are written.
 *
 * - `token`: a piece of the text
 * - `done`: the answer is complete. `stopped`: a client has stopped it, or no client has read it. `failed`: the provider has failed
 */
export class Answers {
  #provider;
  #grace;
  /** By id, the oldest first: the hub, the controller that stops it, the promise of its end, and the timer if no client reads it. */
  #kept = new Map();
  #running = 0;
  #isClosed = false;

  /**
   * @param provider `url`, and if it needs them, `model` and `key`
   * @param grace    the milliseconds for which an answer continues when no client reads it
   */
  constructor(provider, grace) {
    this.#provider = provider;
    this.#grace = grace;
  }

  /** Starts an answer. Resolves with its id, and the position before its first token. */
  async start(messages) {
    if (this.#isClosed || this.#running >= MAX_RUNNING) {
      throw Object.assign(new Error('Too many answers'), { status: 503 });
    }
    this.#running++;
    const id = randomUUID();
    const hub = new Hub({ log: new MemoryLog({ count: MAX_EVENTS, age: MAX_AGE }) });
    const answer = { hub, controller: new AbortController(), isRunning: true, written: undefined, timer: undefined };
    this.#kept.set(id, answer);
    this.#forget();
    const position = await hub.publish(TOPIC, { event: 'start', data: '' });
    answer.written = this.#write(answer, messages).catch((error) => {
      console.error('An answer is lost: %s', error.message);
    });
    this.#wait(answer);
    return { id, position };
  }

  /** Stops an answer. What was written stays. */
  stop(id) {
    this.#kept.get(id)?.controller.abort();
  }

  /** Stops all answers. Resolves when their readers have been notified. */
  async close() {
    this.#isClosed = true;
    const all = [...this.#kept.values()];
    for (const { controller } of all) controller.abort();
    await Promise.all(all.map(({ written }) => written));
    await Promise.all(all.map(({ hub }) => hub.shutdown({ timeout: 5000 })));
  }

  has(id) {
    return this.#kept.has(id);
  }

  /** Sends an answer to a client, from the position on. */
  read(stream, id, lastEventId) {
    const answer = this.#kept.get(id);
    // False during the shutdown: the client reconnects to another process.
    if (!answer.hub.subscribe(stream, TOPIC, { lastEventId })) return stream.close();
    clearTimeout(answer.timer);
    stream.on('close', () => {
      // A client that has lost its connection reconnects in a moment.
      if (answer.hub.count(TOPIC) === 0) this.#wait(answer);
    });
  }

  /** Stops an answer that no client has read for a while: tokens cost money. */
  #wait(answer) {
    clearTimeout(answer.timer);
    if (answer.isRunning) answer.timer = setTimeout(() => answer.controller.abort(), this.#grace);
  }

  /** Removes the oldest complete answers. */
  #forget() {
    for (const [id, { hub, isRunning }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) return;
      if (isRunning) continue;
      this.#kept.delete(id);
      void hub.shutdown();
    }
  }

  async #write(answer, messages) {
    const { hub, controller } = answer;
    let end = { event: 'done', data: '' };
    try {
      for await (const token of complete(this.#provider, messages, controller.signal)) {
        await hub.publish(TOPIC, { event: 'token', data: token });
      }
    } catch (error) {
      end = controller.signal.aborted ? { event: 'stopped', data: '' } : { event: 'failed', data: reasonOf(error) };
    } finally {
      clearTimeout(answer.timer);
      answer.isRunning = false;
      this.#running--;
    }
    await hub.publish(TOPIC, end);
  }
}

/** What the provider says, or has done. Its text is for the reader. */
class ProviderError extends Error {}

/** Other errors are for the log of the server: they may name hosts, files or keys. */
function reasonOf(error) {
  if (error instanceof ProviderError) return error.message;
  console.error('The provider cannot be read: %s', error.cause?.message ?? error.message);
  return 'The provider cannot be reached, or its answer cannot be read';
}

/** Asks the provider, and yields the tokens of its event stream. */
async function* complete(provider, messages, signal) {
  const { url, model, key } = provider;
  const headers = { 'Content-Type': 'application/json', ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  const body = JSON.stringify({ model, messages, stream: true });
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  if (!response.ok) throw new ProviderError(`The provider has answered with status ${response.status}`);
  for await (const { data } of response.body.pipeThrough(new EventParserStream())) {
    if (data === '[DONE]') return;
    const { error, choices } = JSON.parse(data);
    if (error !== undefined) throw new ProviderError(error.message);
    // Some events have no text: the last one of an answer, and one that counts its tokens.
    const token = choices?.[0]?.delta?.content;
    if (token) yield token;
  }
  throw new ProviderError('The provider has ended before its answer was complete');
}
