/** The ways to push that are compared. */
export type Technique = 'websocket' | 'event-stream';

/** What tables call them. */
export const TITLES: Readonly<Record<Technique, string>> = {
  websocket: 'WebSocket',
  'event-stream': 'event stream',
};

export const TECHNIQUES: readonly Technique[] = ['websocket', 'event-stream'];
