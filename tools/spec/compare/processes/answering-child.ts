/** A child process that answers calls, for calls.spec.ts. */
import { answerCalls } from '../../../src/compare/processes/calls.ts';

export interface AnsweringOperations {
  sum(values: readonly number[]): number;
  later(value: unknown): Promise<unknown>;
  fail(message: string): never;
  end(code: number): never;
  wait(nothing: undefined): Promise<never>;
}

answerCalls<AnsweringOperations>({
  sum: (values) => values.reduce((total, value) => total + value, 0),
  later: async (value) => value,
  fail(message) {
    throw new Error(message);
  },
  end: (code) => process.exit(code),
  wait: () => new Promise(() => {}),
});
