import process from 'node:process';
import { driveBrowserLike } from './drive.js';

globalThis.process = process;
driveBrowserLike('deno', WebSocket);
