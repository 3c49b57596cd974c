import { fileURLToPath } from 'node:url';

// The packages of all examples are installed one folder up.
export default { turbopack: { root: fileURLToPath(new URL('..', import.meta.url)) } };
