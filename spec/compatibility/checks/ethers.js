// The WebSocketProvider of ethers, and a small JSON-RPC node: calls, a batch of them, subscriptions, and each way to end.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketProvider } from 'ethers';
import { WebSocketServer } from 'ws';
import { exchanged, say, sayApart } from '../transcript.js';

const CODE = `0x${'60'.repeat(400_000)}`;
const ADDRESS = `0x${'11'.repeat(20)}`;
const http = createServer();
const node = new WebSocketServer({ noServer: true, perMessageDeflate: true });
const sockets = [];
http.on('upgrade', (request, socket, head) => {
  sockets.push(socket);
  if (request.url === '/refused') {
    return socket.end('HTTP/1.1 429 Too Many Requests\r\nContent-Length: 9\r\nConnection: close\r\n\r\nslow down');
  }
  node.handleUpgrade(request, socket, head, (webSocket) => node.emit('connection', webSocket, request));
});
const RESULTS = {
  eth_chainId: () => '0x1',
  eth_blockNumber: () => '0x10',
  eth_getBalance: ([address]) => `0x${address.slice(-4)}`,
  eth_getCode: () => CODE,
  eth_subscribe: ([kind]) => (kind === 'newHeads' ? '0xa1' : '0xa2'),
  eth_unsubscribe: () => true,
};
const sayAtNode = sayApart('node');
node.on('connection', (webSocket, request) => {
  sayAtNode(`upgrade ${request.url} ${request.headers['sec-websocket-extensions'] ? 'compressed' : 'plain'}`);
  webSocket.on('message', (data, isBinary) => {
    const { id, method, params } = JSON.parse(data);
    sayAtNode(`${method}${isBinary ? ' binary' : ''}`);
    const answer = (what) => webSocket.send(JSON.stringify({ jsonrpc: '2.0', id, ...what }));
    if (method === 'eth_call') answer({ error: { code: 3, message: 'execution reverted', data: '0x' } });
    else answer({ result: RESULTS[method](params) });
    if (method === 'eth_subscribe') {
      for (let number = 17; number < 20; number++) {
        const result = params[0] === 'newHeads' ? { number: `0x${number.toString(16)}` } : `0x${'22'.repeat(32)}`;
        const message = { method: 'eth_subscription', params: { subscription: RESULTS[method](params), result } };
        webSocket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
      }
    }
  });
  webSocket.on('close', (code, reason) => sayAtNode(`close ${code} ${reason}`));
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');
const url = `ws://127.0.0.1:${http.address().port}`;

const provider = new WebSocketProvider(url);
say(`chain ${(await provider.getNetwork()).chainId}, ready state ${provider.websocket.readyState}`);
say(`block ${await provider.getBlockNumber()}`);
const balances = Array.from({ length: 30 }, (_, index) => `0x${String(index).padStart(40, '0')}`);
say(`balances ${(await Promise.all(balances.map((address) => provider.getBalance(address)))).join()}`);
say(`code of ${(await provider.getCode(ADDRESS)).length} characters`);
await provider.call({ to: ADDRESS }).catch(({ code, shortMessage }) => say(`call: ${code} ${shortMessage}`));
const heads = [];
await new Promise((resolve) => {
  provider.on('block', (number) => heads.push(number) === 3 && resolve());
});
say(`blocks ${heads.join()}`);
await provider.off('block');
await provider.getBalance(ADDRESS);
const closed = once(provider.websocket, 'close');
await provider.destroy();
const [code, reason] = await closed;
say(`closed ${code} "${reason}"`);

/** A provider whose connection is ended by the node: what the application sees of it. */
async function ended(how) {
  const provider = new WebSocketProvider(url, 1, { staticNetwork: true });
  const { websocket } = provider;
  // The text of a violation is pushwire's own (docs/from-ws.md), its code is that of `ws`.
  websocket.onerror = ({ type, error }) => say(`event ${type}: ${error.code}`);
  await provider.getBlockNumber();
  const closed = new Promise((resolve) => {
    websocket.onclose = resolve;
  });
  const [webSocket] = node.clients;
  const noticed = once(webSocket, 'close');
  how(webSocket, sockets.at(-1));
  const { code, reason, wasClean } = await closed;
  await noticed;
  say(`close ${code} "${reason}" clean ${wasClean} ready state ${websocket.readyState}`);
  websocket.send('late', (error) => say(`send: ${error.message}`));
  await provider.destroy();
}
await ended((webSocket) => webSocket.close(4001, 'the node restarts'));
await ended((_, socket) => socket.resetAndDestroy());
await ended((webSocket) => webSocket.terminate());
await ended((_, socket) => socket.write(Buffer.from([0x83, 0x00])));

const refused = new WebSocketProvider(`${url}/refused`, 1, { staticNetwork: true });
refused.websocket.onerror = ({ message }) => say(`refused: ${message}`);
const { code: refusedCode } = await new Promise((resolve) => {
  refused.websocket.onclose = resolve;
});
say(`refused: close ${refusedCode}`);
await refused.destroy();
http.close();
exchanged(
  'calls, an answer of 800 KB, blocks by subscription; a close with a code, a reset, a refusal, a protocol error',
);
