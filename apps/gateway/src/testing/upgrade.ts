import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** The HTTP answer to an upgrade that is refused. Fails if it is let in. */
export const refusedUpgrade = (url: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> =>
  new Promise((done, fail) => {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    socket.on('open', () => {
      socket.terminate();
      fail(new Error('was let in'));
    });
    socket.on('error', fail);
    socket.on('unexpected-response', (_, answer) => {
      answer.resume();
      done(answer);
    });
  });
