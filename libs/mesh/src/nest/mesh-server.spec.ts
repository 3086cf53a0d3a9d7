import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { firstValueFrom } from 'rxjs';
import { byKey, instance, MeshClient, MeshServer, type MeshNode } from '#mesh';
import { eventually } from '#testing';
import { LocalMesh, turns } from '../../test/local-mesh.js';
import { App, heard } from '../../test/nest-app.js';

const soon = { timeoutMs: 2_000 };

describe('the mesh as a Nest transport', () => {
  let mesh: LocalMesh;
  let client: MeshNode;
  let node: MeshNode;
  let server: MeshServer;
  let app: INestMicroservice;
  const logged: string[] = [];

  const boot = async (): Promise<void> => {
    const keep = (...parts: unknown[]): void => void logged.push(parts.map(String).join(' '));
    const logger = { log: () => undefined, warn: keep, error: keep };
    node = mesh.make('router-01', ['router']).node;
    server = new MeshServer(node);
    app = await NestFactory.createMicroservice(App, { strategy: server, logger });
    await app.listen();
  };

  beforeEach(async () => {
    heard.length = 0;
    logged.length = 0;
    mesh = new LocalMesh();
    await boot();
    client = (await mesh.join('gateway-01', ['gateway'])).node;
    await turns();
  });
  afterEach(async () => {
    await app.close();
    await mesh.stop();
  });

  const ask = (pattern: string, data: unknown, trace?: string): Promise<unknown> =>
    client.ask(byKey('router', 'k'), pattern, data, trace === undefined ? soon : { ...soon, trace });

  test('answers with what a handler returns, promises, or streams at last', async () => {
    expect(await Promise.all(['value', 'promise', 'observable'].map((pattern) => ask(pattern, 1)))).toEqual([2, 2, 2]);
    expect(await ask('nothing', 1)).toBeUndefined();
  });

  test('gives a handler the context of its packet', async () => {
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(await ask('context', null, trace)).toEqual([true, 'context', 'gateway:gateway-01', trace]);
    expect(await ask('context', null)).toEqual([true, 'context', 'gateway:gateway-01', undefined]);
  });

  test('runs guards, interceptors, pipes, filters and request-scoped controllers', async () => {
    expect(await ask('guarded', { from: 'alice' })).toBe('come in');
    await expect(ask('guarded', { from: 'eve' })).rejects.toMatchObject({ code: 'remote', remoteCode: 'forbidden' });
    expect(await ask('intercepted', 5)).toEqual({ pattern: 'intercepted', value: 5 });
    expect(await ask('piped', { text: 'abc' })).toBe('ABC');
    await expect(ask('filtered', 1)).rejects.toMatchObject({
      remoteCode: 'out_of_range',
      message: 'too far',
      retryAfterMs: 7,
    });
    expect([await ask('scoped', 1), await ask('scoped', 1)]).toEqual([1, 1]);
  });

  test('tells the asker a refusal with its code, and of anything else only that it failed', async () => {
    for (const how of ['rpc', 'mesh', 'observable']) {
      await expect(ask('refuse', how)).rejects.toMatchObject({
        name: 'MeshError',
        code: 'remote',
        remoteCode: 'overloaded',
        message: 'Mailbox full',
        retryAfterMs: 250,
      });
    }
    expect(logged).toEqual([]);
    for (const how of ['text', 'error']) {
      await expect(ask('refuse', how)).rejects.toMatchObject({ remoteCode: 'internal', message: 'Internal error' });
    }
    expect(logged.filter((line) => line.includes('a secret detail'))).toHaveLength(1);
  });

  test('takes events, all handlers of a pattern, and survives one that throws', async () => {
    client.tell(byKey('router', 'k'), 'explode', 1);
    client.tell(byKey('router', 'k'), 'note', 'a');
    client.tell(byKey('router', 'k'), 'note', 'b');
    await eventually(() => expect(heard.map(String).toSorted()).toEqual(['a', 'b', 'too a', 'too b']));
    expect(logged.filter((line) => line.includes('in an event'))).toHaveLength(1);
  });

  test('calls a batched handler once a frame and lets it answer each request', async () => {
    const asks = [1, -1, 3].map((n) => ask('double', n));
    expect(await Promise.allSettled(asks)).toMatchObject([
      { value: 2 },
      { reason: { remoteCode: 'negative', message: 'Below zero', retryAfterMs: 5 } },
      { value: 6 },
    ]);
    expect(heard).toEqual([3]);
  });

  test('fails what a batched handler that throws has not answered', async () => {
    const asks = [1, 2, 3].map((n) => ask('half', n));
    expect(await Promise.allSettled(asks)).toMatchObject([
      { value: 1 },
      { reason: { remoteCode: 'unavailable', message: 'Engine away' } },
      { reason: { remoteCode: 'unavailable', message: 'Engine away' } },
    ]);
  });

  test('hands a batched event handler the payloads of a frame', async () => {
    for (const n of [1, 2, 3]) client.tell(byKey('router', 'k'), 'notes', n);
    await eventually(() => expect(heard).toEqual([['gateway:gateway-01', 1, 2, 3]]));
  });

  test('joins on listen and leaves on close', async () => {
    expect(node.connected).toBe(true);
    expect(await firstValueFrom(server.status)).toBe('connected');
    expect(server.unwrap()).toBe(node);
    await app.close();
    await turns();
    expect(node.connected).toBe(false);
    expect(client.members('router')).toEqual([]);
  });

  test('fails to listen where the id is taken', async () => {
    await expect(boot()).rejects.toThrow(/"router-01" is held by another live instance/);
  });

  test('tells of others to whoever listens on the server', async () => {
    const told: string[] = [];
    server.on('joined', ({ id }) => told.push(`${id} joined`));
    server.on('left', ({ id }, reason) => told.push(`${id} ${reason}`));
    const other = await mesh.join('gateway-02', ['gateway']);
    await turns();
    await other.node.leave();
    await turns();
    expect(told).toEqual(['gateway-02 joined', 'gateway-02 left']);
  });

  test('serves a Nest client: send asks, emit tells, errors are MeshErrors', async () => {
    const other = mesh.make('gateway-03', ['gateway']).node;
    const proxy = new MeshClient(other, (data: { to: string }) => byKey('router', data.to), soon);
    const fixed = new MeshClient(other, instance('router', 'router-01'));
    const nobody = new MeshClient(other, byKey('presence', 'k'));
    expect(await firstValueFrom(fixed.send('value', 1))).toBe(2);
    expect(await firstValueFrom(proxy.send('guarded', { to: 'bob', from: 'alice' }))).toBe('come in');
    await expect(firstValueFrom(fixed.send('refuse', 'rpc'))).rejects.toMatchObject({ remoteCode: 'overloaded' });
    await expect(firstValueFrom(nobody.send('value', 1))).rejects.toMatchObject({ code: 'no_member' });
    fixed.emit('note', 'emitted');
    await eventually(() => expect(heard).toContain('emitted'));
    const unheard = nobody.emit('note', 'lost');
    await expect(firstValueFrom(unheard)).rejects.toMatchObject({ code: 'no_member' });
    fixed.setOnDispatchHook((packet) => Object.assign(packet, { metadata: { traceparent: '00-a-b-01' } }));
    expect(await firstValueFrom(fixed.send('context', {}))).toContain('00-a-b-01');
    expect(fixed.unwrap()).toBe(other);
    fixed.close();
  });
});
