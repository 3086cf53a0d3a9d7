export { SwitchboardClient, connect, type ClientEvents, type RegisterOptions } from './src/client.js';
export { ConnectionEndedError, SendError, StreamOverflowError, type SendFailure } from './src/errors.js';
export type { ClientOptions, Clock } from './src/options.js';
export type { SendOptions } from './src/sender.js';
export type { Ended, Identity, Phase } from './src/connection.js';
export type { Cursor } from './src/cursor.js';
export type { WebSocketConstructor, WebSocketLike } from './src/socket.js';
