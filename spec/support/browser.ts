import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The endpoint of the Chromium that all specs of the project share. */
    readonly chromium: string;
  }
}

/** Connects the tests of a file to the project's Chromium. */
export function useBrowser(): () => Browser {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.connect(inject('chromium'));
  });
  afterAll(() => browser.close());
  return () => browser;
}

/** Returns a function that opens a page for a test in a new browser context. */
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
