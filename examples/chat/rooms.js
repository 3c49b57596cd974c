/** The number of messages that a new member receives. */
const SHOWN_TO_NEWCOMERS = 50;
/** The maximum number of rooms in memory. Rooms without members are removed first. */
const MAX_ROOMS = 1000;

/**
 * The members of each room, and the position in the log from which a new member reads. Both belong to this process. With several
 * processes, take the latest messages from a database, and the members from `hub.totalCount()` or a shared store.
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
   * Adds a message to the log, and resolves with its id. If a client does not know whether its message has arrived, it sends it again
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

  /** Sends the name of the member who is typing to the others. It is not needed later, so it is not in the log. */
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
    // `starts` has the ids of the latest messages. A new member receives the messages after the first of them.
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
      // A slow client receives messages later, from the log. This information would then be outdated.
      if (socket.bufferedAmount < 65_536) socket.send(text);
    }
  }
}

const topicOf = (room) => `rooms/${room}`;
