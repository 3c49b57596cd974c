import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The slowest files, roughly in order; files that mostly wait alternate with files that compute. Without results of an earlier
 * run, Vitest starts large files first. Then a slow file could start last, and the run would end with one busy worker.
 */
const LONGEST = [
  'tools/spec/browser/scenes.spec.ts',
  'tools/spec/browser/conformance.spec.ts',
  'tools/spec/conformance/sse/clients.spec.ts',
  'tools/spec/conformance/pushwire-as-server.spec.ts',
  'spec/browser/websocket.spec.ts',
  'tools/spec/browser/page.spec.ts',
  'spec/browser/event-source.spec.ts',
  'spec/browser/event-source-differential.spec.ts',
  'tools/spec/browser/compare.spec.ts',
  'tools/spec/conformance/pushwire-as-client.spec.ts',
  'tools/spec/commands/hostile-text.spec.ts',
  'tools/spec/conformance/mutants.spec.ts',
  'tools/spec/conformance/sse/servers.spec.ts',
  'tools/spec/commands/conform.spec.ts',
  'tools/spec/commands/compare.spec.ts',
  'tools/spec/conformance/robustness.spec.ts',
  'tools/spec/conformance/handshake.spec.ts',
  'spec/attacks/attacks.spec.ts',
  'spec/interoperation/ws.spec.ts',
  'spec/websocket/session/supervisor.spec.ts',
  'spec/sse/server/event-channel.spec.ts',
  'spec/interoperation/permessage-deflate.spec.ts',
  'spec/ws-drop-in/types.spec.ts',
  'spec/websocket/leaks.spec.ts',
  'spec/websocket/stalls.spec.ts',
  'spec/websocket/wire/receiving.spec.ts',
  'spec/documentation.spec.ts',
  'tools/spec/commands/compare.measured.spec.ts',
  'spec/websocket/cost.measured.spec.ts',
  'spec/attacks/memory.measured.spec.ts',
  'tools/spec/compare/calibration.measured.spec.ts',
];

/** Files of one project run one after the other: a process runs only files of one project. */
const PROJECTS = ['browser', 'tools', 'fuzz', 'spec', 'measured'];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const index = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return index === -1 ? LONGEST.length + PROJECTS.indexOf(project.name) : index;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
