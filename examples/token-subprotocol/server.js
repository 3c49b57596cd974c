// WebSockets and event streams for users with a JWT: KEY=… PORT=8080 node server.js
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';
import { EventStream, WebSocketServer } from 'pushwire';

/** Here, this process issues the tokens. If another service does, jose reads its public keys: `createRemoteJWKSet()`. */
const KEY = Buffer.from(process.env.KEY ?? randomBytes(32).toString('base64url'), 'base64url');
const ISSUER = 'https://app.example';
/** The longest delay of a timer. */
const MAX_DELAY = 2 ** 31 - 1;

/** The claims of a valid token, or undefined. A list of algorithms is required: the token must not choose its own. */
async function claimsOf(token) {
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: 'chat', requiredClaims: ['sub', 'exp'] };
  return (await jwtVerify(token, KEY, options).catch(() => undefined))?.payload;
}

const streams = new Set();
const server = createServer((request, response) => {
  serve(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});

async function serve(request, response) {
  const { method, url, headers } = request;
  if (method === 'POST' && url === '/login') {
    if (headers.authorization !== `Basic ${btoa('alice:secret')}`) return response.writeHead(401).end();
    const token = await new SignJWT({ sub: 'alice', iss: ISSUER, aud: 'chat' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5 minutes')
      .sign(KEY);
    return response.writeHead(200, { 'Cache-Control': 'no-store' }).end(token);
  }
  if (method !== 'GET' || url !== '/events') return response.writeHead(404).end();
  // Programs, and pages that read the stream with `fetch()`, send the token as usual.
  const [, token = ''] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const claims = await claimsOf(token);
  if (claims === undefined) return response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
  const stream = EventStream.open(request, response, { retry: 1000 });
  streams.add(stream);
  stream.on('close', () => streams.delete(stream));
  endAt(claims.exp, stream, () => stream.close());
  stream.send(`Hello, ${claims.sub}`);
}

const webSockets = new WebSocketServer({
  server,
  path: '/socket',
  // The server selects the subprotocol that is not the token: the response would repeat the token.
  handleProtocols: (protocols) => protocols.has('chat') && 'chat',
  verifyClient: async ({ req }) => {
    const protocols = (req.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim());
    const token = protocols.find((protocol) => protocol.startsWith('token.')) ?? '';
    req.claims = await claimsOf(token.slice('token.'.length));
    // A browser ends a connection for which none of its subprotocols was selected.
    return req.claims !== undefined && protocols.includes('chat');
  },
});
webSockets.on('connection', (socket, { claims }) => {
  // 3000 is registered as "Unauthorized".
  endAt(claims.exp, socket, () => socket.close(3000, 'token expired'));
  socket.on('error', (error) => console.error(error.code));
  socket.send(`Hello, ${claims.sub}`);
});

/** Ends a connection when its token expires: `time` is in seconds since 1970. */
function endAt(time, connection, end) {
  const timer = setTimeout(end, Math.min(time * 1000 - Date.now(), MAX_DELAY));
  connection.on('close', () => clearTimeout(timer));
}

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
});

process.once('SIGTERM', async () => {
  server.close();
  await Promise.all([webSockets.shutdown(), ...[...streams].map((stream) => stream.shutdown())]);
  // What is left: clients that have connected, and sent no complete request.
  server.closeAllConnections();
});
