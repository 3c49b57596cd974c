/** The two ways to push that are compared. */
export type Technique = 'websocket' | 'event-stream';

/** Their names in tables. */
export const TITLES: Readonly<Record<Technique, string>> = {
  websocket: 'WebSocket',
  'event-stream': 'event stream',
};

export const TECHNIQUES: readonly Technique[] = ['websocket', 'event-stream'];
