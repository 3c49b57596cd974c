import process from 'node:process';
import { driveEventSource } from './stream-drive.js';

globalThis.process = process;
driveEventSource('deno', EventSource);
