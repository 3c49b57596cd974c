import { EventChannel } from 'pushwire';

/** The server and the routes are bundled apart: what both use is kept by the process. */
globalThis.news ??= new EventChannel();

export const { news } = globalThis;
