import { WebSocket } from 'pushwire';
import { driveBrowserLike } from './drive.js';

driveBrowserLike('pushwire', WebSocket);
