import { handleRejection } from '../../shared/handle-rejection.ts';
import { hookError, warnOnce } from '../../shared/hook-failure.ts';
import { webSocketOption } from '../../shared/option-validation.ts';
import { type Sendable, toPayload } from '../session/message-data.ts';
import { SharedMessage } from '../session/shared-message.ts';
import type { WebSocket } from '../websocket.ts';
import { BROADCAST_NAMES, type BroadcastOptions } from './server-options.ts';

/** As `WebSocketServer.broadcast()`, to the given sockets. */
export function broadcast<Socket extends WebSocket>(
  sockets: Iterable<Socket>,
  data: Exclude<Sendable, Blob>,
  given: BroadcastOptions<Socket>,
): number {
  const options = webSocketOption.options(
    'broadcast()',
    given as BroadcastOptions,
    BROADCAST_NAMES,
  ) as BroadcastOptions<Socket>;
  if ((data as unknown) instanceof Blob) throw webSocketOption.error(TypeError, 'data', 'text or bytes', data);
  const binary = webSocketOption.flag('binary', options.binary, typeof data !== 'string' && typeof data !== 'number');
  const compress = webSocketOption.flag('compress', options.compress, true);
  const compressOnce = webSocketOption.flag('compressOnce', options.compressOnce, false);
  const filter = webSocketOption.callback('filter', options.filter);
  const message = new SharedMessage(toPayload(data), binary, compress, compressOnce);
  let count = 0;
  for (const socket of sockets) {
    if (filter !== undefined && !isSelected(filter, socket, sockets)) continue;
    if (socket._sendShared(message) !== null) count++;
  }
  return count;
}

/** Whether a filter selects a recipient. An error affects only this recipient. The first error emits a process warning. */
function isSelected<Socket>(filter: (socket: Socket) => boolean, socket: Socket, owner: object): boolean {
  try {
    const answer: unknown = filter(socket);
    if (typeof answer === 'object') handleRejection(answer, (cause) => filterFailed(owner, cause));
    return answer === true;
  } catch (cause) {
    filterFailed(owner, cause);
    return false;
  }
}

function filterFailed(owner: object, cause: unknown): void {
  warnOnce(owner, hookError('WS_ERR_HOOK_FAILED', 'filter', cause));
}
