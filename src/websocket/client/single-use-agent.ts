import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/**
 * Creates an agent for one connection. The connection leaves HTTP after the handshake, so no agent could manage it. What
 * `net.connect()`, `tls.connect()` or the option `lookup` throws becomes an error of the request, as in `ws`: a certificate that was
 * read from a file, for example, must not make the constructor of a WebSocket throw.
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
