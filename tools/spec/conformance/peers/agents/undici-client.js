import { WebSocket } from 'undici';
import { driveBrowserLike } from './drive.js';

driveBrowserLike('undici', WebSocket);
