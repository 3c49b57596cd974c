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

type PageOptions = Pick<BrowserContextOptions, 'colorScheme' | 'viewport'>;

/**
 * Returns a function that opens a page for a test. The tests of a file take turns with one page: a new one takes half a second
 * of CPU time.
 */
export function useChromium(): (url: string, options?: PageOptions) => Promise<Page> {
  const browser = useBrowser();
  const idle: Page[] = [];
  return async (url, { colorScheme = null, viewport } = {}) => {
    const page = idle.pop() ?? (await browser().newPage({ ignoreHTTPSErrors: true }));
    onTestFinished(async () => {
      page.removeAllListeners();
      // Closes the connections of the page.
      await page.goto('about:blank');
      idle.push(page);
    });
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport ?? { width: 1280, height: 720 });
    await page.goto(url);
    return page;
  };
}
