export { readByStream, readToListeners } from './src/direct-reads.js';
export { UnhurriedReading } from './src/unhurried.js';
