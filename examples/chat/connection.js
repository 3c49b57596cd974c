/** Close codes after which another attempt would end in the same way: RFC 6455 §7.4.1. */
const FOR_GOOD = [1008, 1009];

/** Milliseconds until the server must have answered a message. */
const ANSWER_TIMEOUT = 5000;

/**
 * A connection to a room that reconnects automatically. It continues after the last message that it has received, and sends
 * unacknowledged messages again, each with the same key, so that no client receives it twice.
 */
export class RoomConnection {
  #on;
  #entry;
  #socket;
  #timer;
  #answerTimer;
  #attempt = 0;
  #lastEventId = '';
  /** The texts that are not acknowledged, by their keys, in order. */
  #waiting = new Map();

  /** @param on functions: state(text, reason), message({ key, name, text, time }), settled(key, reason), members(names), typing(name), reset() */
  constructor(name, room, on) {
    this.#entry = { name, room };
    this.#on = on;
    this.#open();
  }

  /** Sends a text now, or when there is a connection. Returns its key. */
  say(text) {
    const key = crypto.randomUUID();
    this.#waiting.set(key, text);
    if (this.#waiting.size === 1) this.#sendNext();
    return key;
  }

  typing() {
    this.#send({ typing: true });
  }

  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#answerTimer);
    this.#socket.onclose = null;
    this.#socket.close();
  }

  #send(message) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #open() {
    this.#on.state('connecting');
    const url = new URL('chat', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => {
      this.#send({ ...this.#entry, lastEventId: this.#lastEventId });
      this.#sendNext();
      this.#on.state('open');
    };
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    this.#socket.onclose = ({ code, reason }) => {
      clearTimeout(this.#answerTimer);
      if (FOR_GOOD.includes(code)) return this.#on.state('refused', reason);
      this.#on.state('waiting');
      // The wait doubles each time, and is random, so that not all clients reconnect at once.
      const delay = Math.min(500 * 2 ** this.#attempt++, 30_000) * (0.5 + Math.random() / 2);
      this.#timer = setTimeout(() => this.#open(), delay);
    };
  }

  #receive(message) {
    this.#attempt = 0;
    if (message.members !== undefined) return this.#on.members(message.members);
    if (message.typing !== undefined) return this.#on.typing(message.typing);
    if (message.acknowledged !== undefined) return this.#settle(message.acknowledged);
    // The server asks the client to wait. The message stays first in the queue.
    if (message.retryAfter !== undefined) return void setTimeout(() => this.#sendNext(), message.retryAfter);
    if (message.refused !== undefined) return this.#settle(message.refused, message.reason);
    if (message.event === 'reset') return this.#begin();
    // The id of a message, or an id without data, which is the position of this client.
    this.#lastEventId = message.id;
    if (message.data !== undefined) this.#on.message(message.data);
  }

  /** The log no longer has the messages since the last one. Reconnects as a new member, who receives the latest messages. */
  #begin() {
    this.#on.reset();
    this.#lastEventId = '';
    this.#socket.close();
  }

  #settle(key, reason) {
    this.#waiting.delete(key);
    this.#on.settled(key, reason);
    this.#sendNext();
  }

  /** Sends the first message that is not acknowledged. The next one follows when it is, so that they stay in order. */
  #sendNext() {
    clearTimeout(this.#answerTimer);
    const [next] = this.#waiting;
    if (next === undefined || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#send({ key: next[0], text: next[1] });
    // A page does not detect that the network is lost. This ends the connection, and opens a new one.
    this.#answerTimer = setTimeout(() => this.#abandon(), ANSWER_TIMEOUT);
  }

  /** Ends a connection whose server does not answer. 'close' would come only after a while. */
  #abandon() {
    const { onclose } = this.#socket;
    this.#socket.onclose = null;
    this.#socket.onmessage = null;
    this.#socket.close();
    onclose({ code: 1006, reason: '' });
  }
}
