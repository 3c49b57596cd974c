import { driveBrowserLike } from './drive.js';

driveBrowserLike('bun', WebSocket);
