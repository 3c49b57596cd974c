import { expect, it } from 'vitest';
import { bundleProgram } from '../../support/bundled-program.ts';
import { ChildProgram } from '../../support/child-program.ts';

it('allocates no object for a frame that is received, also if it is alone in its chunk, and none for a frame that is sent', async () => {
  const program = new ChildProgram(bundleProgram(new URL('../../support/allocations.ts', import.meta.url)), {
    execArgv: ['--min-semi-space-size=64', '--max-semi-space-size=64'],
  });
  expect(await program.ended(), program.output).toBe(0);
  const { received, receivedAlone, sent } = JSON.parse(program.output);
  // The smallest object of V8 has 12 bytes, and an entry of an array 4.
  expect(received).toBeLessThan(4);
  expect(receivedAlone).toBeLessThan(4);
  expect(sent).toBeLessThan(4);
});
