import { EventStream } from 'pushwire';
import { news } from '../../news.js';

export default function handler(request, response) {
  if (request.method === 'POST') {
    response.status(201).json({ id: news.broadcast(request.body) });
    return;
  }
  response.setHeader('Access-Control-Allow-Origin', 'https://app.example');
  news.add(EventStream.open(request, response, { retry: 1000 }));
}
