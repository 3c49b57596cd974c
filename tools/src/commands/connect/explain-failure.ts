import { HandshakeError } from 'pushwire';
import { printableLine } from '../../terminal/printable.ts';
import { explainError } from '../arguments/explain-error.ts';
import { type Advice, explainResponse } from '../arguments/explain-response.ts';

const ADVICE: Advice = {
  wanted: 'WebSocket',
  credentials: '--auth USER:PASSWORD or --header "Authorization: ..."',
  origin: '--origin ORIGIN',
  redirect: '--follow to connect there',
  other: 'Use pushwire listen URL.',
};

const NO_RESPONSE =
  'The server did not answer in time. Check the port, and whether the URL must begin with ws: or wss:. If the server is slow, use --timeout MS.';

/** Returns one line about what the failure of a connection means and what to do. Empty if the error needs no explanation. */
export function explainFailure(error: Error): string {
  if (!(error instanceof HandshakeError)) return explainError(error, 'ws');
  if (error.reason === 'WS_ERR_HANDSHAKE_TIMEOUT') return NO_RESPONSE;
  if (error.reason !== 'WS_ERR_UNEXPECTED_RESPONSE' || error.status === 101) return '';
  return printableLine(explainResponse(error, ADVICE));
}
