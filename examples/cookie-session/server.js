// WebSockets and event streams for users with a session cookie: ORIGIN=https://app.example PORT=8080 node server.js
import { randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';
import express from 'express';
import expressSession, { MemoryStore } from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { EventStream, WebSocketServer } from 'pushwire';

/** The origin of the pages. */
const ORIGIN = process.env.ORIGIN ?? `http://127.0.0.1:${process.env.PORT ?? 8080}`;
/** How long a session lasts, in milliseconds. */
const MAX_AGE = Number(process.env.MAX_AGE ?? 3_600_000);
/** The users, with a hash of the password of each. */
const salt = randomBytes(16);
const users = new Map([['alice', { name: 'alice', hash: scryptSync('correct horse', salt, 32) }]]);
const nobody = { hash: randomBytes(32) };

passport.use(
  new Strategy((name, password, done) => {
    // The time of the answer does not say whether there is such a user.
    const user = users.get(name) ?? nobody;
    scrypt(password, salt, 32, (error, hash) => {
      done(error, !error && timingSafeEqual(hash, user.hash) ? user : false);
    });
  }),
);
passport.serializeUser(({ name }, done) => done(null, name));
passport.deserializeUser((name, done) => done(null, users.get(name) ?? false));

/** Processes that share the work keep the sessions in a store that all of them reach, such as that of connect-redis. */
const store = new MemoryStore();
const readsSession = [
  expressSession({
    store,
    secret: process.env.SESSION_SECRET ?? randomBytes(32).toString('hex'),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: MAX_AGE },
  }),
  passport.session(),
];

/** Programs, and pages of the same origin that open an event stream, send no `Origin`. */
const isOwnPage = (origin) => origin === undefined || origin === ORIGIN;

const app = express();
app.use((request, response, next) => (isOwnPage(request.headers.origin) ? next() : response.sendStatus(403)));
app.use(...readsSession);

app.post('/login', express.json(), passport.authenticate('local'), (_request, response) => {
  response.sendStatus(204);
});

app.post('/logout', (request, response, next) => {
  const { sessionID } = request;
  request.logout((error) => {
    if (error) return next(error);
    endConnections(sessionID);
    response.sendStatus(204);
  });
});

app.get('/events', (request, response) => {
  if (!request.isAuthenticated()) return response.sendStatus(401);
  const stream = EventStream.open(request, response, { retry: 1000 });
  keep(request.sessionID, stream);
  stream.send(`Hello, ${request.user.name}`);
});

const server = app.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log('http://127.0.0.1:%d/', server.address().port);
});

/** Express does not see upgrade requests. The same middleware reads the session of one: it needs no response for that. */
async function userOf(request) {
  for (const middleware of readsSession) {
    await new Promise((resolve, reject) => middleware(request, {}, (error) => (error ? reject(error) : resolve())));
  }
  return request.user;
}

const webSockets = new WebSocketServer({
  server,
  path: '/socket',
  // A browser sends the cookie with an upgrade request from a page of any origin, unless `SameSite` forbids it.
  origin: isOwnPage,
  verifyClient: async ({ req }) => (await userOf(req)) !== undefined,
});
webSockets.on('connection', (socket, { sessionID, user }) => {
  keep(sessionID, socket);
  socket.on('error', (error) => console.error(error.code));
  socket.send(`Hello, ${user.name}`);
});

/** The connections of each session, by its id. */
const connections = new Map();

function keep(sessionID, connection) {
  const ofSession = connections.get(sessionID) ?? new Set();
  connections.set(sessionID, ofSession.add(connection));
  connection.on('close', () => {
    ofSession.delete(connection);
    if (ofSession.size === 0 && connections.get(sessionID) === ofSession) connections.delete(sessionID);
  });
}

function endConnections(sessionID) {
  for (const connection of connections.get(sessionID) ?? []) {
    // 3000 is registered as "Unauthorized". A browser opens the event stream again, receives 401, and stops.
    if (connection instanceof EventStream) connection.close();
    else connection.close(3000, 'logged out');
  }
}

/** Ends the connections of sessions that have expired, or that were ended in another process. */
setInterval(() => {
  for (const sessionID of connections.keys()) {
    store.get(sessionID, (error, session) => {
      if (error) console.error(error);
      else if (session?.passport?.user === undefined) endConnections(sessionID);
    });
  }
}, MAX_AGE / 60).unref();

process.once('SIGTERM', async () => {
  server.close();
  const streams = [...connections.values()].flatMap((ofSession) => [...ofSession]);
  await Promise.all([
    webSockets.shutdown(),
    ...streams.filter((connection) => connection instanceof EventStream).map((stream) => stream.shutdown()),
  ]);
  // What is left: clients that have connected, and sent no complete request.
  server.closeAllConnections();
});
