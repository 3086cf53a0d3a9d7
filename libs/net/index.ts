export { readByStream, readToListeners } from './src/direct-reads.js';
export { BY_STREAM, writeNow, writesDirectly } from './src/direct-writes.js';
export { peerAddressOf } from './src/handle.js';
export { OptionKinds } from './src/option-kinds.js';
export { UnhurriedReading } from './src/unhurried.js';
