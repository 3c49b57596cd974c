// Loaded before a program that listens on a fixed port: replaces it with a free one, and sends that to the parent process.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnAnyPort(options, ...rest) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, typeof options === 'object' ? { ...options, port: 0 } : 0, ...rest);
};
