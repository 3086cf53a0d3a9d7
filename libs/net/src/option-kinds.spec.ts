import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { transformFile } from '@swc/core';
import { expect, test } from '@jest/globals';

/** Whether two copies of a socket's options are of one hidden class, before and after V8 has been told of kinds. In a thread: V8 knows nothing there yet. */
const LOOK = `
const { Socket } = require('node:net');
const { parentPort } = require('node:worker_threads');
let copy;
Object.defineProperty(Object.prototype, 'signal', { get() { copy ??= this; } });
const socket = () => new Socket({ allowHalfOpen: true, readable: true, writable: true });
const copied = () => {
  copy = undefined;
  socket();
  return copy;
};
const alike = () => %HaveSameMap(copied(), copied());
for (let n = 0; n < 3_000; n++) socket();
const before = alike();
const kinds = new exports.OptionKinds();
for (let n = 0; n < 256; n++) kinds.socketMade();
parentPort.postMessage({ before, after: alike() });
`;

test('sockets are made by options of one hidden class, which they are not on Node 20 otherwise', async () => {
  setFlagsFromString('--allow-natives-syntax');
  const { code } = await transformFile(fileURLToPath(new URL('option-kinds.ts', import.meta.url)), {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
  });
  const worker = new Worker(`${code}\n${LOOK}`, { eval: true });
  const [seen] = (await once(worker, 'message')) as [unknown];
  await worker.terminate();
  expect(seen).toEqual({ before: !process.version.startsWith('v20.'), after: true });
});
