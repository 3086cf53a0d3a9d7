export { readByStream, readToListeners } from './src/direct-reads.js';
export { peerAddressOf } from './src/handle.js';
export { OptionKinds } from './src/option-kinds.js';
export { UnhurriedReading } from './src/unhurried.js';
