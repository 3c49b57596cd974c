import { type Agent, type ServerAgent, startLoad, startServer } from '../harness/agents.ts';
import { type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';
import { loadRate } from '../harness/load-rate.ts';

const SITES = [
  { name: 'bare http', file: 'site-bare' },
  { name: 'pushwire', file: 'site-pushwire' },
  { name: 'ws and better-sse', file: 'site-peers' },
];

interface SiteCase {
  readonly title: string;
  readonly path: string;
  readonly upgrade?: boolean;
  /** So many WebSockets and event streams get a broadcast ten times a second meanwhile. */
  readonly pushed?: number;
}

/** What autocannon finds on a site with event streams, WebSockets, and pages. */
export async function* site(effort: Effort): AsyncGenerator<ComparisonResult> {
  const pushed = effort.isQuick ? 200 : 1000;
  const cases: readonly SiteCase[] = [
    { title: 'event streams of 100 events', path: '/events?count=100' },
    { title: 'upgrades that are refused', path: '/', upgrade: true },
    { title: 'pages', path: '/' },
    {
      title: `pages, beside broadcasts to ${pushed} of each`,
      path: '/',
      pushed,
    },
  ];
  for (const { title, path, upgrade = false, pushed: count = 0 } of cases) {
    const agents: Agent[] = [];
    const contenders: Contender[] = [];
    for (const description of SITES) {
      const pushes = count > 0 && description.file !== 'site-bare';
      const server: ServerAgent = await startServer(description, { pushes });
      agents.push(server);
      for (const kind of pushes ? ['websocket', 'event-stream'] : []) {
        const load = startLoad('idle', { port: server.port, connections: count, kind, path: '/events' });
        await load.line();
        agents.push(load);
      }
      // Autocannon counts whole seconds.
      const load = { path, upgrade, seconds: Math.max(1, Math.round(effort.seconds)) };
      contenders.push({ name: description.name, measure: () => loadRate('site', server, load) });
    }
    const comparison = { scene: 'site', title: `autocannon: ${title}`, unit: 'requests/s', isHigherBetter: true };
    yield await compare({ ...comparison, against: ['bare http', 'ws and better-sse'] }, contenders, effort);
    for (const agent of agents) agent.stop();
  }
}
