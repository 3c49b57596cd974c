// Event streams and WebSockets for users with a session: express-session and Passport. PORT=8080 node server.js
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import express from 'express';
import expressSession from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { EventStream, WebSocketServer } from 'pushwire';

const salt = randomBytes(16);
const hash = (password) => scryptSync(password, salt, 32);
const users = new Map([['alice', { id: 'alice', hash: hash('correct horse') }]]);
const nobody = hash('');

passport.use(
  new Strategy((name, password, done) => {
    const user = users.get(name);
    // The time of the answer does not say whether there is such a user.
    const isRight = timingSafeEqual(user?.hash ?? nobody, hash(password));
    done(null, isRight && user !== undefined ? user : false);
  }),
);
passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, users.get(id) ?? false));

// The sessions are in the memory of this process. In production, give it a `store`, such as that of connect-redis.
const session = expressSession({
  secret: process.env.SESSION_SECRET ?? randomBytes(32).toString('hex'),
  resave: false,
  saveUninitialized: false,
  // `secure` if this request came over TLS: then a browser sends the cookie over TLS only.
  cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto' },
});
const login = passport.session();

const app = express();
app.use(session, login);

/** The functions that end the connections of a session, by the id of the session. */
const connections = new Map();

/** Ends a connection when its session ends. */
function untilLogout(connection, { sessionID }, end) {
  const ends = connections.get(sessionID) ?? new Set();
  connections.set(sessionID, ends.add(end));
  connection.on('close', () => {
    ends.delete(end);
    if (ends.size === 0) connections.delete(sessionID);
  });
}

// A form of another site cannot send JSON. That and `sameSite` protect the login and the logout.
app.post('/login', express.json(), passport.authenticate('local'), (request, response) => {
  response.json({ user: request.user.id });
});

app.post('/logout', express.json(), (request, response, next) => {
  const { sessionID } = request;
  request.session.destroy((error) => {
    if (error) return next(error);
    for (const end of [...(connections.get(sessionID) ?? [])]) end();
    response.sendStatus(204);
  });
});

app.get('/events', (request, response) => {
  if (!request.isAuthenticated()) return response.sendStatus(401);
  const stream = EventStream.open(request, response);
  untilLogout(stream, request, () => stream.close());
  stream.send(`Hello, ${request.user.id}`);
});

/** Runs the middleware for an upgrade request, as Express does for other requests. It needs no response. */
const userOf = (request) =>
  new Promise((resolve, reject) => {
    const next = (then) => (error) => (error ? reject(error) : then());
    session(
      request,
      {},
      next(() =>
        login(
          request,
          {},
          next(() => resolve(request.user)),
        ),
      ),
    );
  });

const server = app.listen(process.env.PORT ?? 8080, '127.0.0.1', (error) => {
  if (error) throw error;
  console.log('http://127.0.0.1:%d/', server.address().port);
});

const webSockets = new WebSocketServer({
  server,
  path: '/socket',
  // A browser sends the cookie for pages of every origin. Only those of this server may use it.
  origin: 'same-origin',
  verifyClient: async ({ req }) => (await userOf(req)) !== undefined,
});
webSockets.on('connection', (socket, request) => {
  socket.on('error', (error) => console.error(error.code));
  untilLogout(socket, request, () => socket.close(3000, 'logged out'));
  socket.send(`Hello, ${request.user.id}`);
});

process.once('SIGTERM', async () => {
  server.close();
  await webSockets.shutdown();
  server.closeAllConnections();
});
