import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from './external-programs.ts';

/** A Chromium for the tests of a file. */
export function useBrowser(): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
  });
  afterAll(() => browser.close());
  return () => browser;
}

/** As above; returns a function that opens a separate page for a test. */
export function useChromium(): (url: string, options?: BrowserContextOptions) => Promise<Page> {
  const browser = useBrowser();
  return async (url, options) => {
    const context = await browser().newContext({ ignoreHTTPSErrors: true, ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };
}
