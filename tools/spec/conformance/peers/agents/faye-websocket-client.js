import faye from 'faye-websocket';
import { driveBrowserLike } from './drive.js';

driveBrowserLike('faye-websocket', faye.Client);
