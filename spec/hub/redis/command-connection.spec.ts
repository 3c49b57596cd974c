import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandConnection } from '../../../src/hub/redis/command-connection.ts';
import type { OwnConnection } from '../../../src/hub/redis/redis-client.ts';

const TIMES = { timeout: 20, patience: 5, delay: 1, maxDelay: 2 };

type Send = () => Promise<unknown>;

/** A connection that opens each of these, one after the other. A string is the error with which it does not open. */
function openCommands(connections: readonly (Send | string)[], times = TIMES) {
  const called: string[] = [];
  let opened = 0;
  const commands = new CommandConnection((): OwnConnection => {
    const number = ++opened;
    const does = connections[number - 1] ?? 'no more';
    return {
      async open() {
        called.push(`open ${number}`);
        if (does === 'never') await never();
        if (typeof does === 'string') throw new Error(does);
      },
      send: (_key, [name]) => {
        called.push(`${name} ${number}`);
        return (does as Send)();
      },
      destroy: () => void called.push(`destroy ${number}`),
    };
  }, times);
  onTestFinished(() => commands.close());
  return { commands, called, send: (name: string) => commands.send('key', [name]) };
}

const answer: Send = async () => 'reply';
const never: Send = () => new Promise(() => {});
const failWith =
  (message: string): Send =>
  () =>
    Promise.reject(new Error(message));

describe('CommandConnection', () => {
  it('opens a connection when it is first needed, and keeps it', async () => {
    const { called, send } = openCommands([answer]);
    expect(called).toEqual([]);
    expect(await Promise.all([send('A'), send('B')])).toEqual(['reply', 'reply']);
    await send('C');
    expect(called).toEqual(['open 1', 'A 1', 'B 1', 'C 1']);
  });

  it('replaces a connection on which a command is not answered', async () => {
    const { called, send } = openCommands([never, answer]);
    const message = 'Redis did not answer within 20 ms';
    const sent = [send('A'), send('B')];
    for (const each of sent) await expect(each).rejects.toThrow(message);
    expect(await send('C')).toBe('reply');
    expect(called).toEqual(['open 1', 'A 1', 'B 1', 'destroy 1', 'destroy 1', 'open 2', 'C 2']);
  });

  it.each(['Socket closed unexpectedly', 'READONLY You can not write against a read only replica.'])(
    'replaces a connection after the error %s',
    async (message) => {
      const { called, send } = openCommands([failWith(message), answer]);
      await expect(send('A')).rejects.toThrow(message);
      await send('B');
      expect(called).toEqual(['open 1', 'A 1', 'destroy 1', 'open 2', 'B 2']);
    },
  );

  it('rejects all commands for the reason for which it has replaced a connection', async () => {
    let disconnect = (_error: Error): void => {};
    const sends: Send[] = [never, () => new Promise((_resolve, reject) => (disconnect = reject))];
    const { called, send } = openCommands([() => sends.shift()!(), answer]);
    const first = send('A');
    const second = send('B');
    await expect(first).rejects.toThrow('Redis did not answer within 20 ms');
    disconnect(new Error('Disconnects client'));
    await expect(second).rejects.toThrow('Redis did not answer within 20 ms');
    expect(called.slice(0, 4)).toEqual(['open 1', 'A 1', 'B 1', 'destroy 1']);
  });

  it('keeps a connection on which the server answers with an error', async () => {
    const { called, send } = openCommands([failWith('OOM no')]);
    await expect(send('A')).rejects.toThrow('OOM no');
    await expect(send('B')).rejects.toThrow('OOM no');
    expect(called).toEqual(['open 1', 'A 1', 'B 1']);
  });

  it('sends a command on another connection if it was not sent, and once', async () => {
    const { called, send } = openCommands([failWith('The client is closed'), answer]);
    expect(await send('A')).toBe('reply');
    expect(called).toEqual(['open 1', 'A 1', 'destroy 1', 'open 2', 'A 2']);
    const closed = openCommands([failWith('The client is closed'), failWith('The client is closed'), answer]);
    await expect(closed.send('A')).rejects.toThrow('The client is closed');
  });

  it('tries to connect for as long as a command may take', async () => {
    const { called, send } = openCommands(['no', 'never', answer], { ...TIMES, timeout: 5000 });
    expect(await send('A')).toBe('reply');
    expect(called).toEqual(['open 1', 'destroy 1', 'open 2', 'destroy 2', 'open 3', 'A 3']);
  });

  it('rejects pending commands if it cannot connect, and tries again for the next command', async () => {
    const { commands, called, send } = openCommands(['never'], { ...TIMES, timeout: 5 });
    const sent = [send('A'), send('B')];
    for (const each of sent) await expect(each).rejects.toThrow('Redis cannot be reached: ');
    const count = called.length;
    const next = expect(send('C')).rejects.toThrow('Redis cannot be reached: no more');
    await next;
    expect(called.length).toBeGreaterThan(count);
    commands.close();
  });

  it('rejects with the reason of an earlier attempt if the time for the last one was too short', async () => {
    const { send } = openCommands(['refused', 'never'], { ...TIMES, patience: 5000 });
    await expect(send('A')).rejects.toThrow('Redis cannot be reached: refused');
  });

  it('rejects pending commands when it is closed', async () => {
    const waiting = openCommands([never]);
    const sent = waiting.send('A');
    while (!waiting.called.includes('A 1')) await new Promise(setImmediate);
    waiting.commands.close();
    await expect(sent).rejects.toThrow('The log is closed');
    await expect(waiting.send('B')).rejects.toThrow('The log is closed');
    expect(waiting.called).toEqual(['open 1', 'A 1', 'destroy 1', 'destroy 1']);
  });

  it('opens nothing after it was closed', async () => {
    for (const does of ['never', 'no', answer]) {
      const { commands, called, send } = openCommands([does], {
        ...TIMES,
        delay: 10_000,
        maxDelay: 10_000,
        timeout: 5000,
      });
      const sent = send('A');
      if (does === 'no') while (!called.includes('destroy 1')) await new Promise(setImmediate);
      commands.close();
      await expect(sent).rejects.toThrow('The log is closed');
      expect(called).toEqual(['open 1', 'destroy 1']);
      await expect(send('B')).rejects.toThrow('The log is closed');
    }
  });
});
