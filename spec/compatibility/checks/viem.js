// The webSocket transport of viem, and a small JSON-RPC node: calls, subscriptions, and a reconnection that subscribes again.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createPublicClient, webSocket as transport } from 'viem';
import { WebSocketServer } from 'ws';
import { exchanged, say, sayApart, sayDifferent } from '../transcript.js';

// isows, by which viem finds its class, prefers a global one where Node has it.
globalThis.WebSocket = undefined;

const ADDRESS = `0x${'11'.repeat(20)}`;
const http = createServer();
const node = new WebSocketServer({ noServer: true });
const sockets = [];
http.on('upgrade', (request, socket, head) => {
  if (request.url === '/refused') {
    return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }
  sockets.push(socket);
  node.handleUpgrade(request, socket, head, (webSocket) => node.emit('connection', webSocket, request));
});
const RESULTS = {
  eth_blockNumber: () => '0x10',
  eth_getBalance: ([address]) => `0x${address.slice(-4)}`,
  eth_getCode: () => `0x${'60'.repeat(1_000_000)}`,
  eth_sendRawTransaction: ([transaction]) => `0x${String(transaction.length).padStart(64, '0')}`,
  eth_unsubscribe: () => true,
};
const sayAtNode = sayApart('node');
let subscriptions = 0;
const head = (number) => ({
  jsonrpc: '2.0',
  method: 'eth_subscription',
  params: { subscription: `0x${subscriptions}`, result: { number: `0x${number.toString(16)}` } },
});
node.on('connection', (webSocket) => {
  webSocket.on('message', (data) => {
    const { id, method, params } = JSON.parse(data);
    sayAtNode(method);
    const answer = (what) => webSocket.send(JSON.stringify({ jsonrpc: '2.0', id, ...what }));
    if (method === 'eth_subscribe') {
      answer({ result: `0x${++subscriptions}` });
      for (const number of [1, 2, 3]) webSocket.send(JSON.stringify(head(subscriptions * 100 + number)));
    } else if (method === 'eth_gasPrice') webSocket.close(1013, 'try again later');
    else if (method === 'eth_call') answer({ error: { code: 3, message: 'execution reverted' } });
    else answer({ result: RESULTS[method](params) });
  });
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;
const clientOf = (path, options) =>
  createPublicClient({ transport: transport(`${url}${path}`, { retryCount: 0, ...options }) });
const failure = ({ name, details, cause }) => `${name} ${details} ${cause?.name} ${cause?.type ?? ''}`;

const client = clientOf('/', { reconnect: { attempts: 2, delay: 1 } });
say(`block ${await client.getBlockNumber()}`);
const addresses = Array.from({ length: 30 }, (_, index) => `0x${String(index).padStart(40, '0')}`);
say(`balances ${(await Promise.all(addresses.map((address) => client.getBalance({ address })))).join()}`);
say(`code of ${(await client.getCode({ address: ADDRESS })).length} characters`);
say(`transaction ${await client.sendRawTransaction({ serializedTransaction: `0x${'ab'.repeat(150_000)}` })}`);
await client.call({ to: ADDRESS }).catch((error) => say(`call: ${failure(error)}`));

/** Blocks of a subscription, through two connections: the node resets the first one after three. */
const numbers = [];
await new Promise((resolve) => {
  const stop = client.watchBlockNumber({
    emitOnBegin: false,
    emitMissed: false,
    onBlockNumber: (number) => {
      numbers.push(number);
      if (numbers.length === 3) sockets[0].resetAndDestroy();
      if (numbers.length === 6) resolve(stop());
    },
    onError: (error) => say(`subscription: ${error.name} ${error.details ?? error.shortMessage}`),
  });
});
say(`blocks ${numbers.join()}`);
const { socket } = await client.transport.getRpcClient();
say(`ready state ${socket.readyState}, ${socket.constructor.name}, protocol "${socket.protocol}"`);

/** Runs `end`, which ends the only connection, and resolves with what the node sees of it. */
async function closing(end) {
  const noticed = once([...node.clients][0], 'close');
  await end();
  const [code, reason] = await noticed;
  return `close ${code} ${reason}`.trimEnd();
}
const closeClient = async (client) => (await client.transport.getRpcClient()).close();
sayAtNode(await closing(() => closeClient(client)));

const restless = clientOf('/closing', { reconnect: false });
await restless.getBlockNumber();
const answer = await closing(() =>
  restless.getGasPrice().catch((error) => say(`closed during a call: ${failure(error)}`)),
);
// viem replaces close() of its WebSocket by one without arguments.
sayDifferent('a Close frame is answered with its own code even where an application has replaced `close()`', answer, {
  ws: 'close 1005',
  pushwire: 'close 1013 try again later',
});
await restless.getBalance({ address: ADDRESS }).catch((error) => say(`after it: ${failure(error)}`));
await closeClient(restless);
await clientOf('/refused', { reconnect: false })
  .getBlockNumber()
  .catch((error) => say(`refused: ${failure(error)}`));
const last = clientOf('/last');
say(`again block ${await last.getBlockNumber()}`);
sayAtNode(await closing(() => closeClient(last)));
http.close();
exchanged('calls, an answer of 2 MB, a subscription that survives a reset; a close during a call, a refusal');
