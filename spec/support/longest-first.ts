import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These start first, because they mostly wait. Then the end of a run has no busy core beside an idle one. */
const FIRST = [
  'tools/spec/browser/scenes.spec.ts',
  'tools/spec/browser/conformance.spec.ts',
  'tools/spec/conformance/sse/clients.spec.ts',
  'tools/spec/commands/compare-scenes.spec.ts',
  'tools/spec/commands/conform/self-test.spec.ts',
];

/** Files of one project run one after the other: a process runs only files of one project. */
const PROJECTS = ['browser', 'spec', 'fuzz', 'measured'];

/**
 * The slowest files of each project, roughly in order; files that mostly wait alternate with files that compute. Without results
 * of an earlier run, Vitest starts large files first. Then a slow file could start last, and the run would end with one busy
 * worker.
 */
const LONGEST = [
  'spec/browser/websocket.spec.ts',
  'tools/spec/browser/page.spec.ts',
  'spec/browser/event-source-differential.spec.ts',
  'tools/spec/conformance/pushwire-as-server.spec.ts',
  'tools/spec/commands/conform/runs.spec.ts',
  'tools/spec/conformance/pushwire-as-client.spec.ts',
  'tools/spec/commands/hostile-text.spec.ts',
  'tools/spec/conformance/mutants.spec.ts',
  'spec/documentation.spec.ts',
  'tools/spec/conformance/sse/servers.spec.ts',
  'spec/interoperation/permessage-deflate.spec.ts',
  'spec/attacks/attacks.spec.ts',
  'tools/spec/conformance/robustness.spec.ts',
  'spec/ws-drop-in/types.spec.ts',
  'spec/language-model-chat.spec.ts',
  'spec/interoperation/ws.spec.ts',
  'spec/attacks/memory.spec.ts',
  'spec/sse/server/event-channel.spec.ts',
  'spec/hub/redis/faults-with-redis.spec.ts',
  'spec/websocket/wire/receiving.spec.ts',
  'spec/websocket/session/supervisor.spec.ts',
  'spec/websocket/cost.measured.spec.ts',
  'tools/spec/compare/calibration.measured.spec.ts',
  'spec/websocket/held-memory.measured.spec.ts',
  'fuzz/cost/known-scenarios.measured.spec.ts',
];

/** So many times, some of the longest files are followed by shorter and shorter ones. */
const PASSES = 8;

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const ranks = [...new Set(sorted.map(rankOf))].toSorted((one, other) => one - other);
    return ranks.flatMap((rank) => mixed(sorted.filter((file) => rankOf(file) === rank)));
  }
}

/** The longest files mostly wait, and the others compute. In this order, there are always some of both. */
function mixed<T>(files: readonly T[]): T[] {
  return Array.from({ length: PASSES }, (_, pass) => files.filter((_, index) => index % PASSES === pass)).flat();
}

function rankOf({ moduleId, project }: TestSpecification): number {
  const indexIn = (list: readonly string[]): number => {
    const index = list.findIndex((file) => moduleId.endsWith(file));
    return index === -1 ? list.length : index;
  };
  const first = indexIn(FIRST);
  if (first < FIRST.length) return first;
  const ofProject = FIRST.length + PROJECTS.indexOf(project.name) * (LONGEST.length + 1);
  return ofProject + indexIn(LONGEST);
}
