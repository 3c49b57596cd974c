/** The wait before an attempt. It doubles each time, and is random, so that not all clients reconnect at once. */
const backoff = (attempt) => Math.min(1000 * 2 ** attempt, 30_000) * (0.5 + Math.random() / 2);

/**
 * An EventSource that can pause, and that reconnects after every failure. EventSource itself reconnects after a lost
 * connection, but not if the response is no event stream: for example, a proxy responds with 502 while the server starts.
 */
export class LiveSource {
  /** The milliseconds without an event after which the connection counts as lost. EventSource itself does not detect this. */
  silence = 10_000;
  #address;
  #names;
  #on;
  #source = null;
  #lastEventId = '';
  #attempt = 0;
  #timer;

  /**
   * @param address of the event stream. The id of the last event is added to it
   * @param names   of the events
   * @param on      functions: `state(name)` for `connecting`, `live` or `interrupted`, and `event(name, data)`
   */
  constructor(address, names, on) {
    this.#address = address;
    this.#names = names;
    this.#on = on;
  }

  open() {
    this.close();
    const query = this.#lastEventId === '' ? '' : `?lastEventId=${encodeURIComponent(this.#lastEventId)}`;
    const source = new EventSource(this.#address + query);
    this.#source = source;
    this.#expectEvents();
    source.onopen = () => {
      this.#on.state('live');
      this.#expectEvents();
    };
    source.onerror = () => {
      this.#on.state('interrupted');
      // CLOSED: it does not reconnect automatically.
      if (source.readyState === EventSource.CLOSED) this.#openLater(backoff(this.#attempt++));
    };
    for (const name of this.#names) {
      source.addEventListener(name, ({ data, lastEventId }) => {
        this.#attempt = 0;
        this.#lastEventId = lastEventId;
        this.#expectEvents();
        this.#on.event(name, JSON.parse(data));
      });
    }
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #expectEvents() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#on.state('interrupted');
      this.open();
    }, this.silence);
  }

  #openLater(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), wait);
  }
}
