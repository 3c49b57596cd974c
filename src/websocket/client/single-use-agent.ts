import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/**
 * Creates an agent for one connection. The connection leaves HTTP after the handshake, so no agent could manage it. If
 * `net.connect()`, `tls.connect()` or the option `lookup` throws, the request emits the error, as in `ws`. For example, an invalid
 * certificate file must not make the constructor of a WebSocket throw.
 */
export function singleUseAgent(secure: boolean): HttpAgent {
  const agent = secure ? new HttpsAgent() : new HttpAgent();
  const createConnection: HttpAgent['createConnection'] = agent.createConnection;
  agent.createConnection = (options, callback) => {
    try {
      return createConnection.call(agent, options, callback);
    } catch (error) {
      process.nextTick(callback!, error);
      return undefined;
    }
  };
  return agent;
}
