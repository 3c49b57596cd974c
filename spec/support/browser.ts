import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { inject, onTestFinished } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The endpoint of the Chromium that all specs of the project share. */
    readonly chromium: string;
  }
}

/** The connection of this process, which lasts as long as the process. */
let connection: Promise<Browser> | undefined;

/** The pages that no test uses. Vitest runs many files in a process, and a new page takes half a second of CPU time. */
const idle: Page[] = [];

/** Opens a page that no other test uses. The caller closes it. */
export async function newPage(): Promise<Page> {
  connection ??= chromium.connect(inject('chromium'));
  return (await connection).newPage({ ignoreHTTPSErrors: true });
}

/** Takes a page, which may have been used by other tests, also of other files. The caller returns it. */
export async function takePage(): Promise<Page> {
  return idle.pop() ?? newPage();
}

/** Leaves the page as a new one. Closes its connections. */
export async function returnPage(page: Page): Promise<void> {
  page.removeAllListeners();
  await page.goto('about:blank');
  await page.context().clearCookies();
  idle.push(page);
}

type PageOptions = Pick<BrowserContextOptions, 'colorScheme' | 'viewport'>;

/** Opens a URL in a page, until the end of the test. */
export async function open(url: string, { colorScheme = null, viewport }: PageOptions = {}): Promise<Page> {
  const page = await takePage();
  onTestFinished(() => returnPage(page));
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize(viewport ?? { width: 1280, height: 720 });
  await page.goto(url);
  return page;
}
