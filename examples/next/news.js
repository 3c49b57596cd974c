import { EventChannel } from 'pushwire';

/** Next.js bundles the routes separately from the server. Both share only global objects. */
globalThis.news ??= new EventChannel();

export const { news } = globalThis;
