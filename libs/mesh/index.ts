export * from './src/carrier.js';
export * from './src/lease-store.js';
export * from './src/mesh.js';
