import { expect } from 'vitest';

/** Values of every type. Most of them are wrong for any one option. */
export const VALUES: Readonly<Record<string, unknown>> = {
  '5': 5,
  '"x"': 'x',
  '{}': {},
  '[]': [],
  'a Map': new Map([['name', 'value']]),
  NaN: Number.NaN,
  '-1': -1,
  true: true,
  'a symbol': Symbol('s'),
  null: null,
};

/** The members of VALUES that an option or argument allows. The others must throw synchronously. */
export interface Allowed {
  readonly values: readonly string[];
  readonly why: string;
}

export const NUMBER: Allowed = { values: ['5', 'null'], why: 'a number; null means the default' };
export const FLAG: Allowed = { values: ['true', 'null'], why: 'a boolean; null means the default' };
export const FUNCTION: Allowed = { values: ['null'], why: 'null means the default' };
export const TEXT: Allowed = { values: ['"x"', 'null'], why: 'a string; null means the default' };
export const OBJECT: Allowed = { values: ['{}', 'null'], why: 'an object; null means the default' };
/** An option that node:http or node:tls validates. Node throws its own error, or 'error' and 'close' follow. */
export const NODE: Allowed = { values: Object.keys(VALUES), why: 'Node validates its own options' };

/** The form of an error message: the option, the allowed values, and the received value. */
const FORM =
  /^[\w.[\]]+( [\w.]+)* must be .+; received .+$|^Close code \S+ is (reserved|out of range) \(allowed: .+\)$|^Exactly one of .+ must be given; received .+$/;

/** Expects that each value which is not allowed throws an error of this form. Returns the allowed values. */
export function expectRejected(allowed: Allowed, code: string | RegExp, use: (value: unknown) => unknown): unknown[] {
  for (const [name, value] of Object.entries(VALUES)) {
    if (allowed.values.includes(name)) continue;
    let error: unknown;
    try {
      use(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error, `${name} is rejected`).toMatchObject({
      code: expect.stringMatching(code),
      message: expect.stringMatching(FORM),
    });
  }
  return allowed.values.map((name) => VALUES[name]);
}
