import { describe, expect, it } from 'vitest';
import { openEnds, ROLES } from '../support/ends.ts';
import { closePayload } from '../support/frames.ts';
import { ending } from '../support/sockets.ts';

const VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const INVALID = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

describe.each(ROLES)('RFC 6455 §7.4, status codes, at a %s', (role) => {
  it(`those that may be sent are accepted, echoed, and sent: ${VALID.join(', ')}`, async () => {
    for (const code of VALID) {
      const { socket, peer, send } = await openEnds(role);
      const ended = ending(socket);
      send({ opcode: 8, payload: closePayload(code) });
      expect((await peer.readFrame()).payload).toEqual(closePayload(code));
      peer.end();
      expect(await ended).toEqual({ code, reason: '', errors: [] });

      const other = await openEnds(role);
      other.socket.close(code);
      expect((await other.peer.readFrame()).payload).toEqual(closePayload(code));
    }
  });

  it(`those that must not be sent fail the connection with 1002: ${INVALID.join(', ')}`, async () => {
    for (const code of INVALID) {
      const { socket, peer, send } = await openEnds(role);
      const ended = ending(socket);
      send({ opcode: 8, payload: closePayload(code) });
      expect((await peer.readFrame()).payload).toEqual(closePayload(1002));
      peer.end();
      expect(await ended).toMatchObject({ code: 1006, errors: [{ code: 'WS_ERR_INVALID_CLOSE_CODE' }] });
    }
  });
});
