// Preloaded into a server that listens on a fixed port. Makes it listen on a free port, and sends that port to the parent process.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnAnyPort(options, ...rest) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, typeof options === 'object' ? { ...options, port: 0 } : 0, ...rest);
};
