/**
 * The protocols without I/O: bytes in, frames, messages and events out, and the other way round.
 * For tests, proxies, fuzzers, and transports that pushwire does not know.
 */
export * from './sse/wire/event-encoder.ts';
export * from './sse/wire/event-parser.ts';
export * from './websocket/handshake/accept-key.ts';
export * from './websocket/handshake/deflate-negotiation.ts';
export * from './websocket/handshake/extension.ts';
export * from './websocket/handshake/header.ts';
export * from './websocket/handshake/request.ts';
export * from './websocket/handshake/response.ts';
export * from './websocket/wire/close-code.ts';
export * from './websocket/wire/connection.ts';
export * from './websocket/wire/frame.ts';
export * from './websocket/wire/frame-decoder.ts';
export * from './websocket/wire/frame-encoder.ts';
export * from './websocket/wire/mask.ts';
export * from './websocket/wire/message-decoder.ts';
export * from './websocket/wire/opcode.ts';
export * from './websocket/wire/permessage-deflate.ts';
export * from './websocket/wire/sliding-window.ts';
export * from './websocket/wire/utf8.ts';
export * from './websocket/wire/violation.ts';
