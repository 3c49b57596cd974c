import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with a line that programs can read: `12 passed, 0 failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string): number => states.filter((other) => other === state).length;
    const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : '';
    // After the summary of the default reporter, which is printed in the same turn.
    setImmediate(() => console.log(`${count('passed')} passed, ${count('failed')} failed${skipped}`));
  }
}
