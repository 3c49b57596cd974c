// The socket that the development server of webpack has for its pages: builds, errors, progress, and the origins it refuses.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import webpack from 'webpack';
import WebpackDevServer from 'webpack-dev-server';
import { WebSocket } from 'ws';
import { exchanged, say, watch } from '../transcript.js';

const directory = await mkdtemp(join(tmpdir(), 'webpack-'));
const entry = join(directory, 'page.js');
await writeFile(entry, '');
// No file is watched, and a build reads the program again: so a build takes place when the check asks for it.
const program = join(directory, 'program.txt');
const loader = join(directory, 'loader.cjs');
await writeFile(program, 'document.title = "first";');
await writeFile(
  loader,
  `module.exports = function () {
    this.cacheable(false);
    return require('node:fs').readFileSync(${JSON.stringify(program)}, 'utf8');
  };`,
);
const compiler = webpack({
  mode: 'development',
  context: directory,
  entry,
  output: { path: join(directory, 'out') },
  infrastructureLogging: { level: 'none' },
  stats: 'none',
  module: { rules: [{ test: /page\.js$/, use: loader }] },
  watchOptions: { ignored: /./ },
});
const server = new WebpackDevServer(
  { host: '127.0.0.1', port: 'auto', hot: true, liveReload: false, client: { overlay: true, logging: 'none' } },
  compiler,
);
await server.start();
const { port } = server.server.address();
const tcp = [];
server.server.on('connection', (socket) => tcp.push(socket));

function connect(options = { origin: `http://127.0.0.1:${port}` }, path = '/ws') {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, options);
  socket.types = [];
  socket.on('message', (message) => {
    const { type, data } = JSON.parse(message);
    socket.types.push(type);
    if (['hot', 'error', 'static-changed', 'own'].includes(type)) say(`${type}: ${data}`);
    if (type === 'errors') say(`errors: ${data[0].message.split('\n')[0].replace(/^.*: /, '')}`);
    socket.emit(`message ${type}`);
  });
  return socket;
}
/** Builds again, and records what a page is sent. */
async function build(socket, text, last) {
  await writeFile(program, text);
  socket.types.length = 0;
  const done = once(socket, `message ${last}`);
  server.invalidate();
  await done;
  say(`a build: ${socket.types.join(' ')}`);
}
const page = connect();
await once(page, 'message ok');
say(`a page: ${page.types.join(' ')}`);
await build(page, 'document.title = "second";', 'ok');
await build(page, 'document.title = ;', 'errors');
await build(page, 'document.title = "third";', 'ok');
await build(page, `document.title = "${'x'.repeat(1_000_000)}";`, 'ok');
const bundle = await (await fetch(`http://127.0.0.1:${port}/main.js`)).text();
say(`the bundle has the last program: ${bundle.includes('x'.repeat(1_000_000))}`);
const other = connect();
await once(other, 'message ok');
const both = Promise.all([once(page, 'message own'), once(other, 'message own')]);
server.sendMessage(server.webSocketServer.clients, 'own', 'y'.repeat(10));
await both;
say(`${server.webSocketServer.clients.length} pages`);
// The server pings each second, and terminates a page that does not answer. One page is paused.
other.pause();
const terminated = once(other, 'close');
const ping = once(page, 'ping');
await ping;
while (server.webSocketServer.clients.length > 1) await new Promise((resolve) => setTimeout(resolve, 50));
other.resume();
say(`a page that answers no pings: close ${(await terminated)[0]}`);
say(`the other one: state ${page.readyState}`);

const reset = connect();
await once(reset, 'message ok');
let closed = watch('reset', reset);
tcp.at(-1).resetAndDestroy();
await closed;
await watch('a wrong origin', connect({ origin: 'http://evil.test' }));
await watch('a path that nothing answers', connect({ handshakeTimeout: 100 }, '/other'));
closed = watch('the end of the server', page);
await server.stop();
await closed;
await rm(directory, { recursive: true });
exchanged(
  'the socket of its pages: builds and errors, its own messages, pings and a page that does not answer, a wrong origin, a reset, the end of the server',
);
process.exit(0);
