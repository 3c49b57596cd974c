// A client that connects again, with `ws` as its WebSocket.
import ReconnectingWebSocket from 'reconnecting-websocket';
import { reconnect } from '../reconnect.js';
import { exchanged } from '../transcript.js';

await reconnect((url, protocols, options) => new ReconnectingWebSocket(url, protocols, options));
exchanged(
  'text and bytes, also before the connection opens; a close with a code, a reset, a message that is too large, and refused handshakes, each followed by the next connection',
);
