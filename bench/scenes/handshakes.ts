import { startLoad, startServer, WEBSOCKET_SERVERS } from '../harness/agents.ts';
import { type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';

const LIMIT = { name: 'bare upgrade', file: 'bare-upgrade' };

/** Opening handshakes, 32 at once; each connection is reset when it is open. */
export async function* handshakes(effort: Effort): AsyncGenerator<ComparisonResult> {
  const { pushwire, ws, websocket, faye, bun } = WEBSOCKET_SERVERS;
  const agents = effort.isQuick ? [LIMIT, pushwire, ws] : [LIMIT, pushwire, ws, websocket, faye, bun];
  const contenders = await Promise.all(
    agents.map(async (description): Promise<Contender & { stop(): void }> => {
      const server = await startServer(description, {});
      const measure = async (): Promise<number> => {
        const generator = startLoad('handshakes', { port: server.port, atOnce: 32, seconds: effort.seconds });
        await generator.line();
        const { rate } = JSON.parse(await generator.line()) as { rate: number };
        generator.stop();
        return rate;
      };
      return { name: description.name, measure, stop: () => server.stop() };
    }),
  );
  const comparison = { scene: 'handshakes', title: 'opening handshakes', unit: 'handshakes/s', isHigherBetter: true };
  yield await compare({ ...comparison, against: [LIMIT.name, 'ws'] }, contenders, effort);
  for (const contender of contenders) contender.stop();
}
