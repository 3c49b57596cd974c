const SOCKETS = 5;

/** The milliseconds between two messages of a WebSocket. */
const PAUSE = 100;

/** WebSockets that send messages, so that there is something to see. */
export class Traffic {
  #address = new URL('echo', location.href.replace(/^http/, 'ws'));
  #sockets = new Set();
  #timers = new Set();

  start() {
    for (let count = 0; count < SOCKETS; count++) this.#open();
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    for (const socket of this.#sockets) {
      socket.onclose = null;
      socket.close();
    }
    this.#sockets.clear();
  }

  #open() {
    const socket = new WebSocket(this.#address);
    this.#sockets.add(socket);
    const timer = setInterval(() => {
      // While the server does not keep up, there is nothing new to say.
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount === 0) socket.send('hello');
    }, PAUSE);
    this.#timers.add(timer);
    socket.onclose = () => {
      clearInterval(timer);
      this.#timers.delete(timer);
      this.#sockets.delete(socket);
      // The server is starting again, or its limit is reached.
      const later = setTimeout(() => {
        this.#timers.delete(later);
        this.#open();
      }, 2000);
      this.#timers.add(later);
    };
  }
}
