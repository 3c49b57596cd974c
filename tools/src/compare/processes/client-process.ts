/** The program of the client process. */
import { answerCalls } from './calls.ts';
import { awaitBroadcast, closeCrowd, openCrowd } from './client/crowd.ts';
import { exchange } from './client/exchange.ts';
import { connect, disconnect, takeReceived } from './client/receiving.ts';
import { beginRecovery, takeRecovery } from './client/recovery.ts';
import { measureSetUp } from './client/set-up.ts';
import { closeUpload, upload } from './client/upload.ts';
import type { ClientOperations } from './client-operations.ts';

answerCalls<ClientOperations>({
  measureSetUp,
  connect,
  async disconnect() {
    await Promise.all([disconnect(), closeUpload()]);
  },
  takeReceived,
  exchange,
  upload,
  openCrowd,
  awaitBroadcast,
  closeCrowd,
  beginRecovery,
  takeRecovery,
});
