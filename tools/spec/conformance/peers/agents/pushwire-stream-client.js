import { EventSource } from 'pushwire';
import { driveEventSource } from './stream-drive.js';

driveEventSource('pushwire', EventSource);
