import { expect, test } from '@jest/globals';
import { freePort } from '#testing';
import { startEcho } from './autobahn/echo-server.js';
import { OPCODE, closeFrame } from './raw-frames.js';
import { RawPeer } from './raw-peer.js';

test('what Autobahn is run against is the adapter with an echo behind it', async () => {
  const port = await freePort();
  const server = await startEcho(port);
  const peer = await RawPeer.open(port);
  for (const [opcode, payload] of [
    [OPCODE.text, ''],
    [OPCODE.text, 'κόσμε'],
    [OPCODE.binary, '*'.repeat(70_000)],
  ] as const) {
    peer.send({ opcode, payload });
    expect(await peer.next()).toMatchObject({ opcode, payload: Buffer.from(payload) });
  }
  peer.send(closeFrame(1000));
  expect(await peer.closed()).toMatchObject({ code: 1000 });
  peer.destroy();
  await server.stop();
});
