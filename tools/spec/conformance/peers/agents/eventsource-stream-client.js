import { EventSource } from 'eventsource';
import { driveEventSource } from './stream-drive.js';

driveEventSource('eventsource', EventSource);
