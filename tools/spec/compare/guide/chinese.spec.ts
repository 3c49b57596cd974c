import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BROWSER_SCENES } from '../../../src/compare/browser/browser-scenes.ts';
import { SCENES } from '../../../src/compare/scenes/all-scenes.ts';
import { inChinese } from './chinese.ts';

const HAN = '\\p{Script=Han}';
const document = readFileSync(new URL('../../../../docs/websocket-or-event-stream.zh-CN.md', import.meta.url), 'utf8');

it('translates punctuation, and keeps names, numbers and fields', () => {
  expect(inChinese('event stream, new POST')).toBe('事件流，POST 新建连接');
  expect(inChinese('server CPU (µs/message)')).toBe('服务器 CPU（µs/条）');
  expect(inChinese('event stream, retry: 200')).toBe('事件流，retry: 200');
  expect(inChinese('1,744')).toBe('1,744');
});

it.each([...SCENES, ...BROWSER_SCENES].map(({ title }) => title))('translates the title %s', (title) => {
  expect(inChinese(title)).toMatch(new RegExp(HAN, 'u'));
  expect(inChinese(title)).not.toMatch(/[,:;()]/);
});

it('the guide in Chinese has full-width punctuation beside Chinese characters, and spaces beside Latin ones', () => {
  const text = document.replaceAll(/\]\([^)]*\)/g, ']').replaceAll(/`[^`]*`/g, '`code`');
  expect(text.match(new RegExp(`${HAN}[,:;!?()]|[,:;!?()]${HAN}`, 'gu'))).toBeNull();
  expect(text.match(new RegExp(`.?${HAN}[A-Za-z0-9\`]|[A-Za-z0-9\`]${HAN}`, 'gu'))).toBeNull();
});
