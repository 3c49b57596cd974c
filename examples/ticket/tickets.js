import { randomBytes } from 'node:crypto';

/** A user who asks for more than this loses the oldest ticket. */
const MAX_UNUSED = 10;

/**
 * Tickets of one process. Each is for one user and one path, is valid for a short time, and once. Processes that share the work keep
 * them in Redis: `SET ticket:… user PX 10000`, and `GETDEL ticket:…`.
 */
export class Tickets {
  #lifetime;
  /** The tickets that were not used, by the text in the URL. */
  #unused = new Map();
  /** The texts of each user, from the oldest to the latest. */
  #ofUser = new Map();

  /** `lifetime` is in milliseconds. */
  constructor({ lifetime }) {
    this.#lifetime = lifetime;
  }

  issue(user, path) {
    const ticket = randomBytes(24).toString('base64url');
    const timer = setTimeout(() => this.#delete(ticket), this.#lifetime);
    this.#unused.set(ticket, { user, path, timer: timer.unref() });
    const own = this.#ofUser.get(user) ?? new Set();
    this.#ofUser.set(user, own.add(ticket));
    if (own.size > MAX_UNUSED) this.#delete(own.values().next().value);
    return ticket;
  }

  /** Returns the user of a ticket for this path, or undefined. The ticket is not valid afterwards, whatever the path. */
  redeem(ticket, path) {
    const found = this.#delete(ticket);
    return found?.path === path ? found.user : undefined;
  }

  #delete(ticket) {
    const found = this.#unused.get(ticket);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    this.#unused.delete(ticket);
    const own = this.#ofUser.get(found.user);
    own.delete(ticket);
    if (own.size === 0) this.#ofUser.delete(found.user);
    return found;
  }
}
