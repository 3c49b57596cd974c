import { WEBSOCKET_SERVERS } from '../harness/agents.ts';
import type { ComparisonResult, Effort } from '../harness/compare.ts';
import { compareEchoes } from '../harness/echoes.ts';

/** 16 connections with many messages in each write. Most of the time is spent in the protocol. */
export async function* pipelined(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { limit, pushwire, ws, wsNative, websocket, faye, bun } = WEBSOCKET_SERVERS;
  const agents = effort.isQuick ? [limit, pushwire, ws] : [limit, pushwire, ws, wsNative, websocket, faye, bun];
  for (const batch of effort.isQuick ? [128] : [16, 128]) {
    for (const payload of effort.isQuick ? [20] : [20, 200]) {
      const comparison = {
        scene: 'pipelined',
        title: `pipelined, ${batch} x ${payload} B`,
        unit: 'messages/s',
        isHigherBetter: true,
        against: [limit.name, ws.name, bun.name],
      };
      yield await compareEchoes(comparison, agents, { connections: 16, payload, batch }, effort);
    }
  }
}
