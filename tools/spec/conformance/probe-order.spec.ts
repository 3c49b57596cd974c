import { expect, it } from 'vitest';
import { startEchoServer } from '../../../spec/support/sockets.ts';
import { CATALOGUE } from '../../src/conformance/catalogue.ts';
import { selectCases } from '../../src/conformance/selection.ts';
import { probeServer } from '../../src/conformance/websocket/probe-server.ts';

it('cases with a time limit of their own run last, so that a slow server is not too late for the others', async () => {
  const { url } = await startEchoServer();
  const cases = selectCases(CATALOGUE, ['9.7.1', '10.1.1', '9.8.1', '1.1.1', '17.1.1'], []);
  const order: string[] = [];
  const onResult = ({ id }: { readonly id: string }): void => void order.push(id);
  const results = await probeServer(url, cases, { concurrency: 1, timeLimit: 30_000, onResult });
  expect(order).toEqual(['1.1.1', '10.1.1', '17.1.1', '9.7.1', '9.8.1']);
  expect(results.map(({ id }) => id)).toEqual(cases.map(({ id }) => id));
});
