// Loaded before a server that listens on a fixed port. It makes the server listen on a free port, and sends that port to the parent.
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnAnyPort(options, ...rest) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, typeof options === 'object' ? { ...options, port: 0 } : 0, ...rest);
};
