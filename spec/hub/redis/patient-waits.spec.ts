import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PatientWaits } from '../../../src/hub/redis/patient-waits.ts';

const TIMES = { delay: 1000, maxDelay: 1000 };
const never = (): Promise<never> => new Promise(() => {});

describe('PatientWaits', () => {
  it('leaves no timer that keeps the process alive when it is closed', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const waits = new PatientWaits(TIMES);
    const waiting = [waits.within(5000, never()), waits.pause(1), waits.rest(5000)];
    waits.close();
    await expect(waiting[0]).rejects.toThrow('The log is closed');
    await Promise.all(waiting.slice(1));
    await expect(waits.within(5000, never())).rejects.toThrow('The log is closed');
    await waits.rest(5000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
