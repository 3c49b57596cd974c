import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import type {} from './browser.ts';
import { CHROMIUM_ARGUMENTS, findChromium } from './external-programs.ts';

/** Starts one Chromium for all specs of a project. */
export default async function startChromium(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
  project.provide('chromium', server.wsEndpoint());
  return () => server.close();
}
