import type { WebSocket } from '../../../src/index.ts';
import type { WebSocketClientScenario } from '../scenario.ts';
import type { Endpoint, Package } from './endpoint.ts';

export function webSocketClient(pushwire: Package, scenario: WebSocketClientScenario, port: number): Endpoint {
  const { options, does } = scenario;
  const open = new Set<WebSocket>();
  for (let count = 0; count < scenario.connections; count++) {
    const socket = new pushwire.WebSocket(`ws://127.0.0.1:${port}/`, { closeTimeout: 500, ...options });
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    if (does === 'echo')
      socket.on('message', (data, isBinary) => void socket.send(data as Buffer, { binary: isBinary }));
  }
  return {
    port: 0,
    counted() {
      // A client has no metrics. Its options limit what it holds.
      const { maxPayload = 0, maxBackpressure = 0 } = options;
      return open.size * (maxPayload + maxBackpressure);
    },
    open: () => open.size,
    busy: () => false,
    end() {
      for (const socket of open) socket.terminate();
    },
  };
}
