/** The messages that a newcomer receives. */
const SHOWN_TO_NEWCOMERS = 50;
/** The most rooms that are remembered. A room without members is forgotten first. */
const MAX_ROOMS = 1000;

/**
 * Who is in which room, and where in the log a newcomer begins to read. Both are of this process. With several, take the latest messages
 * from a database, and the members from `hub.totalCount()` or a store that all processes reach.
 */
export class Rooms {
  #hub;
  #rooms = new Map();

  constructor(hub) {
    this.#hub = hub;
  }

  /**
   * Lets a client into a room, and sends it the messages since `lastEventId`. Without that, it is new, and receives the latest ones.
   * Returns whether the client is in the room.
   */
  enter(socket, name, room, lastEventId) {
    const { members, starts } = this.#roomOf(room);
    if (!this.#hub.subscribe(socket, topicOf(room), { lastEventId: lastEventId || starts[0] })) return false;
    members.set(socket, name);
    this.#sendMembers(members);
    socket.on('close', () => {
      members.delete(socket);
      this.#sendMembers(members);
    });
    return true;
  }

  /**
   * Adds a message to the log, and resolves with its id. A client that does not know whether its message has arrived sends it again
   * with the same key, and it is in the log once.
   */
  async say(name, room, key, text) {
    const event = {
      event: 'message',
      data: { key, name, text, time: Date.now() },
      idempotencyKey: JSON.stringify([room, name, key]),
    };
    const id = await this.#hub.publish(topicOf(room), event);
    const { starts } = this.#roomOf(room);
    if (!starts.includes(id)) starts.push(id);
    if (starts.length > SHOWN_TO_NEWCOMERS) starts.shift();
    return id;
  }

  /** Sends the others the name of whoever is typing. Nobody needs it later, so it is not in the log. */
  typing(socket, name, room) {
    this.#send(
      [...this.#roomOf(room).members.keys()].filter((other) => other !== socket),
      { typing: name },
    );
  }

  #roomOf(name) {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    if (this.#rooms.size >= MAX_ROOMS) {
      const [empty] = [...this.#rooms].find(([, { members }]) => members.size === 0) ?? [];
      this.#rooms.delete(empty);
    }
    // `starts` has the ids of the latest messages. A newcomer receives what comes after the first of them.
    const room = { members: new Map(), starts: [this.#hub.lastEventId] };
    this.#rooms.set(name, room);
    return room;
  }

  #sendMembers(members) {
    this.#send(members.keys(), { members: [...new Set(members.values())].sort() });
  }

  #send(sockets, message) {
    const text = JSON.stringify(message);
    for (const socket of sockets) {
      // Messages of a slow client wait in the log. This is not worth waiting for.
      if (socket.bufferedAmount < 65_536) socket.send(text);
    }
  }
}

const topicOf = (room) => `rooms/${room}`;
