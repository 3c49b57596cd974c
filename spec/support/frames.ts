/** The tester's frames, which share no code with the encoder and the decoder: an oracle for them. */
export * from '../../tools/src/conformance/websocket/frames.ts';
