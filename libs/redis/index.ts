export { readDirectReplies } from './src/direct-replies.js';
export { encode } from './src/encode.js';
export { PlainCommand, type Answered, type Argument } from './src/plain-command.js';
export { PushReader, type Pushed } from './src/push-reader.js';
export { parseTarget, sentinelOptions, tlsOptions, type Endpoint, type Target } from './src/target.js';
export { retryDelayMs } from './src/retry-delay.js';
