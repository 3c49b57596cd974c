import { WEBSOCKET_SERVERS } from '../harness/agents.ts';
import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareEchoes } from '../harness/echoes.ts';

const SIZES: readonly (readonly [title: string, bytes: number])[] = [
  ['20 B', 20],
  ['1 KiB', 1024],
  ['16 KiB', 16 * 1024],
  ['1 MiB', 1024 * 1024],
];

/** 64 connections with one message in flight on each. Most of the time is spent in system calls. */
export async function* echo(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { limit, pushwire, ws, wsNative, websocket, faye, bun } = WEBSOCKET_SERVERS;
  for (const [title, payload] of effort.isQuick ? SIZES.slice(0, 1) : SIZES) {
    const comparison = {
      scene: 'echo',
      title: `echo, ${title}`,
      unit: 'messages/s',
      isHigherBetter: true,
      against: [limit.name, wsNative.name, ws.name],
    };
    const agents = effort.isQuick ? [limit, pushwire, ws] : [limit, pushwire, ws, wsNative, websocket, faye, bun];
    yield await compareEchoes(comparison, agents, { connections: 64, payload, batch: 1 }, effort);
  }
}
