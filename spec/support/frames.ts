/** The frames of the conformance tester. They share no code with the encoder and the decoder, so they can check them. */
export * from '../../tools/src/conformance/websocket/frames.ts';
