import { afterEach, expect, it, vi } from 'vitest';
import { hideProgress, showProgress } from '../../src/terminal/progress-bar.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('shows progress without a terminal: a line at most every ten seconds', () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  const { isTTY } = process.stderr;
  process.stderr.isTTY = false;
  for (let done = 1; done <= 250; done++) {
    vi.advanceTimersByTime(100);
    showProgress(done, 300, `1.1.${done}`);
  }
  hideProgress();
  process.stderr.isTTY = isTTY;
  expect(lines).toEqual(['101 of 300 done, 1.1.101\n', '201 of 300 done, 1.1.201\n']);
});
