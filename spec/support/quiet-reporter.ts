import type { TestModule } from 'vitest/node';
import { DefaultReporter } from 'vitest/node';

/**
 * Prints each failure, one line for each project, and a last line that programs can read: `12 passed, 0 failed`. Does not list
 * tests that pass.
 */
export default class QuietReporter extends DefaultReporter {
  constructor() {
    super({ summary: false });
  }

  override printTestModule(): void {}

  override reportTestSummary(): void {}

  override onTestRunEnd(...args: Parameters<DefaultReporter['onTestRunEnd']>): void {
    super.onTestRunEnd(...args);
    const [modules, errors] = args;
    for (const name of new Set(modules.map(({ project }) => project.name))) {
      const own = modules.filter(({ project }) => project.name === name);
      this.log(`${name.padEnd(8)}  ${count(own)} in ${own.length} files`);
    }
    if (errors.length > 0) this.log(`${errors.length} errors outside of tests`);
    this.log(`Duration: ${((this.end - this.start) / 1000).toFixed(0)} s`);
    this.log(count(modules));
  }
}

/** A file that fails outside of its tests, such as one that cannot be loaded, counts as one failure. */
function count(modules: readonly TestModule[]): string {
  const states = modules.flatMap((module) => {
    const tests = [...module.children.allTests()].map((test) => test.result().state);
    return module.state() === 'failed' && !tests.includes('failed') ? [...tests, 'failed'] : tests;
  });
  const numberOf = (state: string): number => states.filter((one) => one === state).length;
  const skipped = numberOf('skipped') > 0 ? `, ${numberOf('skipped')} skipped` : '';
  return `${numberOf('passed')} passed, ${numberOf('failed')} failed${skipped}`;
}
