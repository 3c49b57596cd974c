import { type Agent, type ServerAgent, startLoad, startServer } from '../harness/agents.ts';
import { type ComparisonResult, type Contender, compare, type Effort } from '../harness/compare.ts';
import { loadResult } from '../harness/load-result.ts';

const SITES = [
  { name: 'bare http', file: 'site-bare' },
  { name: 'pushwire', file: 'site-pushwire' },
  { name: 'ws and better-sse', file: 'site-peers' },
];

const PUSHED = 1000;

interface SiteCase {
  readonly title: string;
  readonly path: string;
  readonly upgrade?: boolean;
  /** The number of WebSockets, and of event streams, that receive a broadcast ten times a second during the measurement. */
  readonly pushed?: number;
}

/** Runs autocannon against a site with event streams, WebSockets, and pages. */
export async function* site(effort: Effort): AsyncGenerator<ComparisonResult> {
  const cases: readonly SiteCase[] = [
    { title: 'event streams of 100 events', path: '/events?count=100' },
    { title: 'upgrades that are refused', path: '/', upgrade: true },
    { title: 'pages', path: '/' },
    { title: `pages, during broadcasts to ${PUSHED} of each`, path: '/', pushed: PUSHED },
  ];
  for (const { title, path, upgrade = false, pushed: count = 0 } of effort.isQuick ? cases.slice(0, 1) : cases) {
    const agents: Agent[] = [];
    const contenders: Contender[] = [];
    // The bare server is no limit here: it closes the connection before autocannon has counted the response.
    for (const description of upgrade ? SITES.slice(1) : SITES) {
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
      const measure = async (): Promise<number> => (await loadResult<{ rate: number }>('site', server, load)).rate;
      contenders.push({ name: description.name, measure });
    }
    const comparison = { scene: 'site', title: `autocannon: ${title}`, unit: 'requests/s', isHigherBetter: true };
    yield await compare({ ...comparison, against: ['bare http', 'ws and better-sse'] }, contenders, effort);
    for (const agent of agents) agent.stop();
  }
}
