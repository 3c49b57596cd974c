import { news } from '../../news.js';

export default function handler(_request, response) {
  response.json({ streams: news.size, sockets: globalThis.webSockets.clients.size });
}
