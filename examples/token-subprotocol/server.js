// WebSockets for the bearer of a JSON Web Token, which is offered as a subprotocol: jose. PORT=8080 node server.js
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { jwtVerify, SignJWT } from 'jose';
import { WebSocketServer } from 'pushwire';

const SECRET = randomBytes(32);
/** The lifetime of a token in seconds. */
const LIFETIME = Number(process.env.LIFETIME ?? 60);
/** The token is for this service only, and has one algorithm: whoever makes a token must not choose another one. */
const CLAIMS = { audience: 'chat', issuer: 'login', algorithms: ['HS256'], requiredClaims: ['exp', 'sub'] };
/** The prefix of the offer that is the token. A token alone could have the name of a real subprotocol. */
const PREFIX = 'token.';

const server = createServer(async (request, response) => {
  // Your usual login.
  if (request.method !== 'POST' || request.headers.authorization !== 'Bearer secret') {
    return response.writeHead(401).end();
  }
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('alice')
    .setIssuer(CLAIMS.issuer)
    .setAudience(CLAIMS.audience)
    .setExpirationTime(new Date(Date.now() + LIFETIME * 1000))
    .sign(SECRET);
  response.end(token);
});

/** The claims of the token among the offered subprotocols. Undefined if there is none, or none that is valid. */
async function claimsOf({ headers }) {
  const offers = (headers['sec-websocket-protocol'] ?? '').split(',').map((offer) => offer.trim());
  const token = offers.find((offer) => offer.startsWith(PREFIX))?.slice(PREFIX.length);
  if (token === undefined) return undefined;
  try {
    return (await jwtVerify(token, SECRET, CLAIMS)).payload;
  } catch {
    return undefined;
  }
}

const webSockets = new WebSocketServer({
  server,
  // Never the token: the response would repeat it.
  handleProtocols: (protocols) => protocols.has('chat') && 'chat',
  verifyClient: async ({ req }) => {
    req.claims = await claimsOf(req);
    return req.claims !== undefined;
  },
});
webSockets.on('connection', (socket, { claims }) => {
  socket.on('error', (error) => console.error(error.code));
  // The connection lasts no longer than the token. The client comes back with a new one.
  const timer = setTimeout(() => socket.close(3000, 'token expired'), claims.exp * 1000 - Date.now());
  socket.on('close', () => clearTimeout(timer));
  socket.send(`Hello, ${claims.sub}`);
});

server.listen(process.env.PORT ?? 8080, '127.0.0.1', () => {
  console.log('http://127.0.0.1:%d/', server.address().port);
});

process.once('SIGTERM', async () => {
  server.close();
  await webSockets.shutdown();
  server.closeAllConnections();
});
