import { EventSource } from 'undici';
import { driveEventSource } from './stream-drive.js';

driveEventSource('undici', EventSource);
