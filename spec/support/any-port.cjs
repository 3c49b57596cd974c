// Loaded before a program that listens on a port of its own: it gets a free one instead, and tells it to its parent.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnAnyPort(options, ...rest) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, typeof options === 'object' ? { ...options, port: 0 } : 0, ...rest);
};
