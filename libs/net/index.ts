export { readByStream, readDirectly, readerOf, readToListeners } from './src/direct-reads.js';
export { UnhurriedReading } from './src/unhurried.js';
