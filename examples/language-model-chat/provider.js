// Stands for the provider of a language model: an answer is an event stream of JSON, and `[DONE]` at the end.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { EventStream } from 'pushwire';

/** Milliseconds between two tokens. */
const PACE = 30;

/** Starts the provider on a free port, and resolves with the URL for requests and a function that ends it. */
export async function startProvider() {
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}/v1/chat/completions`, close };
}

async function serve(request, response) {
  const { messages } = await json(request);
  const prompt = messages.at(-1).content;
  // What a provider does on a bad day.
  if (prompt === '/busy') return response.writeHead(429).end();
  const stream = EventStream.open(request, response);
  // Whether this side has ended the answer.
  let isComplete = false;
  stream.on('close', () => {
    if (!isComplete) console.log('The provider has stopped: nobody reads the answer.');
  });
  for (const [index, token] of answerTo(prompt, messages.length).entries()) {
    await setTimeout(PACE);
    if (stream.closed) return;
    if (index === 6 && (prompt === '/fail' || prompt === '/cut')) {
      isComplete = true;
      if (prompt === '/cut') return response.destroy();
      stream.send(JSON.stringify({ error: { message: 'The model is overloaded' } }));
      return stream.close();
    }
    stream.send(JSON.stringify({ choices: [{ delta: { content: token } }] }));
  }
  isComplete = true;
  stream.send(JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] }));
  stream.send(JSON.stringify({ choices: [], usage: { total_tokens: 1 } }));
  stream.send('[DONE]');
  stream.close();
}

function answerTo(prompt, count) {
  const text = `You wrote *${prompt}*, and it was message **${count}** of this conversation.

I am not a model: I stand for one, so that you can see how tokens travel.

1. The page sends its messages with \`POST /messages\`, and learns the address of the answer.
2. The server reads my event stream, and publishes each token.
3. The page reads the answer with \`EventSource\`:

\`\`\`js
const source = new EventSource('/answers/…');
source.addEventListener('token', ({ data }) => answer.append(data));
\`\`\`

Reload the page, or end the server's connection, while I write: nothing is lost. Try \`/fail\`, \`/cut\` and \`/busy\`, too.`;
  return text.split(/(?<=\s)/);
}
