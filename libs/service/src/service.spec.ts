import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Counter } from 'prom-client';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#testing';
import { Readiness } from './health/readiness.js';
import { Metrics } from './observe/metrics.js';
import { Stats } from './observe/stats.js';
import { Service } from './service.js';

/** What an app adds of its own. */
@Injectable()
class Room {
  free = true;
  constructor(stats: Stats, metrics: Metrics, readiness: Readiness) {
    stats.add('rooms', () => ({ free: this.free }));
    readiness.add('room', () => this.free);
    new Counter({ name: 'rooms_let', help: 'Rooms let', registers: [metrics] }).inc(3);
  }
}

@Module({ providers: [Room] })
class RoomModule {}

describe('an app', () => {
  let directory: string;
  let service: Service;
  let url: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchboard-service-'));
  });
  afterEach(async () => {
    await service.close();
    await rm(directory, { recursive: true, force: true });
  });

  const create = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
    const settings = { LOG_LEVEL: 'silent', PORT: '0', INSTANCE_ID: 'it', DATA_DIR: directory, ...env };
    service = await Service.create({ app: 'standalone', roles: ['router'], module: RoomModule, config: [] }, settings);
  };
  const start = async (): Promise<void> => {
    await create();
    await service.start();
    url = await service.app.getUrl();
  };
  const get = async (path: string): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(url + path);
    return { status: answer.status, body: await answer.json() };
  };

  test('that runs is healthy: engine, carrier, event loop, its own checks; live; ready', async () => {
    await start();
    const up = expect.objectContaining({ status: 'up' });
    const details = {
      engine: up,
      carrier: up,
      eventLoop: expect.objectContaining({ status: 'up', lagMs: expect.any(Number) }),
      room: up,
    };
    expect(await get('/health')).toEqual({ status: 200, body: expect.objectContaining({ status: 'ok', details }) });
    expect(await get('/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    const ready = { phase: up, engine: up, carrier: up, room: up };
    expect(await get('/health/ready')).toEqual({ status: 200, body: expect.objectContaining({ details: ready }) });
  });

  test('is not ready where its own check says no, and says which', async () => {
    await start();
    service.app.get(Room).free = false;
    const { status, body } = await get('/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'error', error: { room: { status: 'down', message: 'not ready' } } });
    expect(await get('/health')).toMatchObject({ status: 503, body: { error: { room: { status: 'down' } } } });
    expect((await get('/health/live')).status).toBe(200);
  });

  test('is alive but not ready while it drains', async () => {
    await start();
    service.app.get(Readiness).draining();
    expect((await get('/health/live')).status).toBe(200);
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      body: { error: { phase: { message: 'draining' } } },
    });
    service.app.get(Readiness).serving();
    expect((await get('/health/ready')).status).toBe(503);
  });

  test('is alive but neither healthy nor ready while its engine is away', async () => {
    const port = await freePort();
    await create({
      ENGINE: 'redis',
      CARRIER: 'redis',
      REDIS_URL: `redis://127.0.0.1:${port}`,
      PORT: String(await freePort()),
    });
    const starting = service.start();
    starting.catch(() => undefined);
    await new Promise((listening) => service.app.getHttpServer().once('listening', listening));
    url = await service.app.getUrl();
    expect((await get('/health/live')).status).toBe(200);
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      body: { error: { phase: { message: 'starting' } } },
    });
    expect(await get('/health')).toMatchObject({ status: 503, body: { error: { engine: {}, carrier: {} } } });
    await service.close();
    await expect(starting).rejects.toThrow('aborted');
  });

  test('shows its statistics, merged from whoever has some', async () => {
    await start();
    const { body } = await get('/stats');
    expect(body).toMatchObject({
      app: 'standalone',
      instanceId: 'it',
      uptimeSeconds: expect.any(Number),
      rooms: { free: true },
      mesh: { packetsSent: expect.any(Number), pending: 0 },
      actors: { spawned: 0, deadLetters: 0 },
    });
    expect(() => service.app.get(Stats).add('rooms', () => 0)).toThrow('rooms is there already');
  });

  test('shows its metrics to Prometheus: its own, mesh and actors, the process', async () => {
    await start();
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    for (const line of [/^rooms_let 3$/m, /^switchboard_mesh_packets_sent_total \d+$/m, /^process_cpu_seconds_total /m])
      expect(text).toMatch(line);
  });

  test('does not tell what it is made of, and has no other pages', async () => {
    await start();
    const answer = await fetch(`${url}/nothing`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });
});
