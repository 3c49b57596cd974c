import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Example } from '../example.js';
import { checkEnd, checkEvents, checkWebSockets } from '../exchange.js';

const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
await promisify(execFile)(process.execPath, ['../node_modules/next/dist/bin/next', 'build'], { cwd: 'next', env });
const example = await Example.start('next', { env });
example.prefix = '/api';
await checkEvents(example, { 'access-control-allow-origin': 'https://app.example' });
await checkWebSockets(example);
await checkEnd(example);
console.log('events and resume in an API route beside compression, WebSockets, 401, 404, 500, SIGTERM');
