import { WebSocket } from 'ws';
import { driveBrowserLike } from './drive.js';

driveBrowserLike('ws', WebSocket);
