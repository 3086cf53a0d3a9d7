import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFile } from '@swc/core';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../create-engine.js';

const SOURCES = join(import.meta.dirname, '..');
const LOG = { kind: 'inbox', id: 'alice' } as const;

/**
 * The child. It appends from four sides at once, each message once, reports each accepted one by a synchronous write, and is gone by its
 * own SIGKILL right after the report it was told to die after: no handler runs, nothing is flushed.
 */
const CHILD = `
import { writeSync } from 'node:fs';
import { EmbeddedEngine } from './embedded/embedded-engine.js';
import { DEFAULT_ENGINE_SETTINGS } from './settings.js';
const [directory, round, dieAfter] = process.argv.slice(2);
const engine = new EmbeddedEngine(directory, DEFAULT_ENGINE_SETTINGS);
await engine.start();
let accepted = 0;
async function side(name) {
  for (let i = 0; ; i++) {
    const texts = [0, 1, 2].map((k) => [round, name, i, k].join('/'));
    const entries = texts.map((text) => ({ body: Buffer.from(text), idempotency: { sender: 'bob', id: text } }));
    const { appended, epoch } = await engine.log.append({ kind: 'inbox', id: 'alice' }, entries);
    const report = appended.map(({ messageId, duplicate }, k) => ({ messageId, duplicate, text: texts[k], epoch }));
    writeSync(1, JSON.stringify(report) + '\\n');
    if (++accepted >= Number(dieAfter)) process.kill(process.pid, 'SIGKILL');
    await engine.log.acknowledge({ kind: 'inbox', id: 'alice' }, { device: name, messageId: appended[0].messageId, epoch, status: 'delivered' });
  }
}
await Promise.all(['a', 'b', 'c', 'd'].map(side));
`;

interface Accepted {
  readonly messageId: number;
  readonly duplicate: boolean;
  readonly text: string;
  readonly epoch: string;
}

describe('the embedded engine under kill -9', () => {
  let program: string;
  let directory: string;

  // The engine as plain JavaScript, within the repository so that its packages are found.
  beforeAll(async () => {
    const cache = join(SOURCES, '../../../node_modules/.cache');
    await mkdir(cache, { recursive: true });
    program = await mkdtemp(join(cache, 'switchboard-crash-'));
    directory = await mkdtemp(join(tmpdir(), 'switchboard-crash-'));
    await mkdir(join(program, 'embedded'));
    const embedded = (await readdir(join(SOURCES, 'embedded'))).filter(
      (f) => f.endsWith('.ts') && !f.endsWith('.spec.ts'),
    );
    for (const file of ['port.ts', 'settings.ts', ...embedded.map((name) => join('embedded', name))]) {
      const parser = { syntax: 'typescript' } as const;
      const { code } = await transformFile(join(SOURCES, file), {
        jsc: { parser, target: 'es2022' },
        module: { type: 'es6' },
      });
      await writeFile(join(program, file.replace(/\.ts$/, '.js')), code);
    }
    await writeFile(join(program, 'package.json'), '{"type":"module"}');
    await writeFile(join(program, 'child.js'), CHILD);
  });
  afterAll(async () => {
    await rm(program, { recursive: true, force: true });
    await rm(directory, { recursive: true, force: true });
  });

  async function run(round: number, dieAfter: number, where = directory): Promise<Accepted[]> {
    const args = [join(program, 'child.js'), where, String(round), String(dieAfter)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const signal = await new Promise((done) => child.once('close', (_, by) => done(by)));
    expect(signal).toBe('SIGKILL');
    return output
      .trim()
      .split('\n')
      .flatMap((line) => JSON.parse(line) as Accepted[]);
  }

  it('loses nothing that it accepted, gives no id twice, and keeps epoch, cursors and idempotency', async () => {
    const accepted: Accepted[] = [];
    for (let round = 0; round < 12; round++) accepted.push(...(await run(round, 1 + round * 3)));
    expect(new Set(accepted.map((a) => a.epoch)).size).toBe(1);
    expect(accepted.some((a) => a.duplicate)).toBe(false);

    const engine = createEngine({ kind: 'embedded', directory });
    await engine.start();
    const { entries, lastMessageId, epoch } = await engine.log.read(LOG, 0, 100_000);
    expect(epoch).toBe(accepted[0]?.epoch);
    expect(entries.map((e) => e.messageId)).toEqual(Array.from({ length: lastMessageId }, (_, i) => i + 1));
    const texts = entries.map((e) => e.body.toString());
    expect(new Set(texts).size).toBe(texts.length);
    for (const { messageId, text } of accepted) expect(texts[messageId - 1]).toBe(text);

    const repeated = await engine.log.append(
      LOG,
      accepted.map(({ text }) => ({ body: Buffer.from(text), idempotency: { sender: 'bob', id: text } })),
    );
    expect(repeated.appended.map((a) => [a.messageId, a.duplicate])).toEqual(accepted.map((a) => [a.messageId, true]));
    // A side goes on only when its acknowledgement was answered.
    const idOf = new Map(accepted.map((a) => [a.text, a.messageId]));
    const acknowledged = accepted.map(({ text }) => {
      const [round, side, turn] = text.split('/');
      return idOf.get([round, side, Number(turn) - 1, 0].join('/')) ?? 0;
    });
    const latest = Math.max(...acknowledged);
    expect(latest).toBeGreaterThan(0);
    expect((await engine.log.open(LOG, { limit: 1 })).cursor).toBeGreaterThanOrEqual(latest);
    await engine.stop();
  });

  it('keeps a second process out of its directory until it is gone', async () => {
    const other = await mkdtemp(join(directory, 'other-'));
    const engine = createEngine({ kind: 'embedded', directory: other });
    await engine.start();
    const args = [join(program, 'child.js'), other, '0', '1'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
    let complaint = '';
    child.stderr.on('data', (data: Buffer) => (complaint += data.toString()));
    expect(await new Promise((done) => child.once('close', done))).toBe(1);
    expect(complaint).toContain(
      `is in use by process ${process.pid}: an embedded engine's directory belongs to one process at a time.`,
    );
    await engine.stop();
    expect(await run(0, 1, other)).toHaveLength(3);
  });
});
