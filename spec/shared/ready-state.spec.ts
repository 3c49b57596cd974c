import { expect, it } from 'vitest';
import { BrowserWebSocket, EventSource, WebSocket } from '../../src/index.ts';
import { describeReadyState, EventSourceReadyState, ReadyState } from '../../src/shared/ready-state.ts';

it('describes a state by its value and its name', () => {
  expect(Object.values(ReadyState).map(describeReadyState)).toEqual([
    '0 (CONNECTING)',
    '1 (OPEN)',
    '2 (CLOSING)',
    '3 (CLOSED)',
  ]);
});

it('defines the constants of each class', () => {
  expect({ ...WebSocket }).toMatchObject(ReadyState);
  expect({ ...BrowserWebSocket }).toMatchObject(ReadyState);
  expect({ ...EventSource }).toMatchObject(EventSourceReadyState);
});
