import { WebSocket } from 'ws';
import { ConnectionEndedError, SwitchboardClient } from '#client';
import { CommandError, EXIT } from './exit.js';
import type { Screen } from './screen.js';
import { endedText, lostText } from './wording.js';

/** What every command needs to know. */
export interface SessionOptions {
  readonly gateway: string;
  readonly user: string;
  readonly device?: string;
  readonly token?: string;
  readonly ack?: 'auto' | 'manual';
}

/** A client that says on the screen how its connection fares. The first connection must succeed; later ones are tried for ever. */
export function openClient({ gateway }: SessionOptions, screen: Screen): SwitchboardClient {
  // `ws` says why a connection failed; a platform's own WebSocket does not.
  const client = asUsage(() => new SwitchboardClient(gateway, { WebSocket, retryFirst: false }));
  let lost = false;
  client.on('reconnecting', (event) => {
    screen.status(lostText(event, lost));
    lost = true;
  });
  client.on('registered', ({ gatewayId }) => {
    if (lost) screen.status(`connected again, to ${gatewayId}`);
    lost = false;
  });
  client.on('resync', () => screen.status('older messages are no longer held by the server; some may be missing'));
  client.on('fault', ({ reason }) => screen.status(`the server is at fault: ${reason}`));
  client.on('error', ({ error, code }) => screen.status(`${error} (${code})`));
  return client;
}

/** Registers; CommandError says why that failed. */
export async function register(client: SwitchboardClient, options: SessionOptions): Promise<void> {
  const { gateway, user, device, token, ack } = options;
  try {
    await client.register(user, { device, token, ack });
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message, EXIT.usage, { cause: error });
    if (!(error instanceof ConnectionEndedError)) throw error;
    const { ended } = error;
    const unreachable = ended.code === 1006;
    const text = unreachable ? `cannot reach ${gateway}: ${ended.reason || 'no answer'}` : endedText(ended);
    throw new CommandError(text, unreachable ? EXIT.unreachable : EXIT.failed, { cause: error });
  }
}

function asUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(error.message, EXIT.usage, { cause: error });
    throw error;
  }
}
