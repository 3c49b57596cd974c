// A chat with a language model: node server.js [--port 8080] [--grace 30000]
// With a provider: PROVIDER_KEY=… node server.js --provider https://…/v1/chat/completions --model …
// Answers cost money: add a login, and a limit for each user, before others can reach this server.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { EventStream } from 'pushwire';
import { Answers } from './answers.js';
import { startProvider } from './provider.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    provider: { type: 'string' },
    model: { type: 'string' },
    grace: { type: 'string', default: '30000' },
  },
});

/** The longest request in bytes. */
const MAX_REQUEST = 64 * 1024;

const file = (name, type) => ({ body: readFileSync(new URL(name, import.meta.url)), type: `${type}; charset=utf-8` });
const FILES = {
  '/': file('page.html', 'text/html'),
  '/page.css': file('page.css', 'text/css'),
  '/page.js': file('page.js', 'text/javascript'),
  '/markdown.js': file('markdown.js', 'text/javascript'),
};
/** Whatever the model writes, the page runs only its own script. */
const POLICY = "default-src 'self'; img-src data:; base-uri 'none'; form-action 'self'";

const own = values.provider === undefined ? await startProvider() : undefined;
const provider = { url: values.provider ?? own.url, model: values.model, key: process.env.PROVIDER_KEY };
const answers = new Answers(provider, Number(values.grace));

const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    // For example, the client has left before its request was complete.
    if (response.headersSent) return response.destroy();
    response.writeHead(error.status ?? 500).end(error.status === undefined ? '' : error.message);
  });
});

async function serve(request, response) {
  const [path, query] = request.url.split('?');
  const [, id] = /^\/answers\/([\da-f-]{36})$/.exec(path) ?? [];
  if (request.method !== 'GET' && !isSameOrigin(request)) throw refusal(403, 'This page may not use the model');
  if (path === '/messages' && request.method === 'POST') {
    const { id, position } = await answers.start(await readMessages(request));
    const address = `/answers/${id}?lastEventId=${encodeURIComponent(position)}`;
    return response.writeHead(201, { Location: address }).end();
  }
  if (id !== undefined && request.method === 'DELETE') {
    answers.stop(id);
    return response.writeHead(204).end();
  }
  if (id !== undefined && request.method === 'GET') {
    if (!answers.has(id)) return response.writeHead(404).end();
    const stream = EventStream.open(request, response, { retry: 1000 });
    // A browser that reconnects automatically sends a header. A new EventSource can send its position only in the URL.
    const position = new URLSearchParams(query).get('lastEventId') ?? '';
    return answers.read(stream, id, stream.lastEventId || position);
  }
  if (!Object.hasOwn(FILES, path)) return response.writeHead(404).end();
  const { body, type } = FILES[path];
  const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY };
  response.writeHead(200, headers).end(body);
}

async function readMessages(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_REQUEST) throw refusal(413, `A request has at most ${MAX_REQUEST} bytes`);
    chunks.push(chunk);
  }
  try {
    const { messages } = JSON.parse(Buffer.concat(chunks));
    if (messages.length > 0 && messages.every(isMessage)) return messages;
  } catch {
    // It is no JSON, or has no list of messages.
  }
  throw refusal(400, 'A request is JSON such as {"messages":[{"role":"user","content":"Hello"}]}');
}

/** A browser names the origin of the page. Programs need not. */
function isSameOrigin({ headers }) {
  return headers.origin === undefined || headers.origin.replace(/^https?:\/\//, '') === headers.host;
}

const isMessage = ({ role, content }) => ['user', 'assistant'].includes(role) && typeof content === 'string';
const refusal = (status, message) => Object.assign(new Error(message), { status });

process.once('SIGTERM', async () => {
  server.close();
  await answers.close();
  server.closeAllConnections();
  own?.close();
});

server.listen(Number(values.port), '127.0.0.1', () => {
  console.log('Open http://localhost:%d/', server.address().port);
});
