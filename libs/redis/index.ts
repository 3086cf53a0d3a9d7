export { readDirectReplies } from './src/direct-replies.js';
export { PlainCommand, type Answered, type Argument } from './src/plain-command.js';
export { parseTarget, sentinelOptions, tlsOptions, type Endpoint, type Target } from './src/target.js';
export { retryDelayMs } from './src/retry-delay.js';
