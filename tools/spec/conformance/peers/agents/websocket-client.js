import websocket from 'websocket';
import { drive } from './drive.js';

const options = { maxReceivedFrameSize: 64 * 1024 * 1024, maxReceivedMessageSize: 64 * 1024 * 1024 };

function open(url, onMessage) {
  return new Promise((resolve) => {
    const client = new websocket.client(options);
    client.on('connectFailed', resolve);
    client.on('connect', (connection) => {
      connection.on('error', () => {});
      connection.on('close', resolve);
      connection.on('message', (message) => onMessage(connection, message));
    });
    client.connect(url);
  });
}

const echo = (url) =>
  open(url, (connection, { type, utf8Data, binaryData }) => {
    if (type === 'utf8') connection.sendUTF(utf8Data);
    else connection.sendBytes(binaryData);
  });
const ask = async (url) => {
  let answer = '';
  await open(url, (_connection, { utf8Data }) => {
    answer = utf8Data;
  });
  return answer;
};
drive('websocket', echo, ask);
