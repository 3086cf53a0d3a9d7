export { SwitchboardClient, connect } from './src/client.js';
export type { ClientEvents, RegisterOptions } from './src/client-events.js';
export { CommandError, ConnectionEndedError, SendError, StreamOverflowError, type SendFailure } from './src/errors.js';
export type { ClientOptions, Clock } from './src/options.js';
export type { SendOptions, Target } from './src/sender.js';
export type { Ended, Identity, Phase } from './src/connection.js';
export type { Cursor } from './src/cursor.js';
export type { TokenSource } from './src/tokens.js';
export type { WebSocketConstructor, WebSocketLike } from './src/socket.js';
