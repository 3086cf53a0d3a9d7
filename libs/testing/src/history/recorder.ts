import type { WireClient } from '../wire-client.js';
import { Chronicle } from './chronicle.js';
import { RecordedClient } from './recorded-client.js';

/** Writes down what clients send and see. */
export class HistoryRecorder extends Chronicle {
  private clients = 0;

  /** From now on what goes over this connection is recorded; the client must not have sent anything yet. */
  record(client: WireClient): RecordedClient {
    return new RecordedClient(`connection-${++this.clients}`, client, this);
  }
}
