import { createParser } from 'eventsource-parser';
import { driveStreams } from './stream-drive.js';

const run = async (url) => {
  const events = [];
  let lastEventId = '';
  const parser = createParser({
    onEvent: ({ event, data, id = lastEventId }) => {
      lastEventId = id;
      events.push({ type: event || 'message', data, lastEventId });
    },
  });
  const decoder = new TextDecoder();
  for await (const chunk of (await fetch(url)).body) parser.feed(decoder.decode(chunk, { stream: true }));
  return events;
};
driveStreams('eventsource-parser', run, false);
