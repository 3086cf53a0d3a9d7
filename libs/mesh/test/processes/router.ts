import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { createMesh, MeshServer, RedisCarrier, type MeshRequest } from '#mesh';
import { RedisTestLeases } from './redis-leases.js';

/**
 * A router of the tests as a process of its own: `router.ts <id> <redis url> mesh|nest`. With `nest` the same controller hangs on Nest's own
 * Redis transport. Every handling is noted in the Redis list `handled`. Prints `ready`.
 */
const [id = '', url = '', transport = 'mesh'] = process.argv.slice(2);
const notes = new Redis(url);

@Controller()
class Router {
  @MessagePattern('work')
  async work(@Payload() data: { n: number }): Promise<{ by: string; n: number }> {
    await notes.rpush('handled', `${data.n} ${id}`);
    return { by: id, n: data.n };
  }

  /** Notes the request, and never answers while the list `hold` names this router. */
  @MessagePattern('hang')
  async hang(@Payload() data: { n: number }): Promise<{ by: string; n: number }> {
    await notes.rpush('handled', `${data.n} ${id}`);
    if ((await notes.get('hold')) === id) await new Promise<never>(() => undefined);
    return { by: id, n: data.n };
  }

  @EventPattern('notice')
  async notice(@Payload() data: unknown): Promise<void> {
    await notes.rpush('handled', `${String(data)} ${id}`);
  }

  /** For measuring: answers from within. */
  @MessagePattern('echo', undefined, { batch: true })
  echo(requests: MeshRequest[]): void {
    for (const request of requests) request.reply({ messageId: 1, timestamp: 1.7e12, duplicate: false });
  }

  @EventPattern('sink', undefined, { batch: true })
  sink(): void {}

  @MessagePattern('usage')
  usage(): unknown {
    return process.cpuUsage();
  }
}

@Module({ controllers: [Router] })
class RouterModule {}

function strategy(): MicroserviceOptions {
  if (transport === 'nest') {
    const { hostname, port } = new URL(url);
    return { transport: Transport.REDIS, options: { host: hostname, port: Number(port) } };
  }
  const leases = new RedisTestLeases(url);
  return {
    strategy: new MeshServer(createMesh({ id, roles: ['router'], carrier: new RedisCarrier({ url }), leases })),
  };
}

const app = await NestFactory.createMicroservice<MicroserviceOptions>(RouterModule, {
  ...strategy(),
  logger: ['error'],
});
await app.listen();
process.stdout.write('ready\n');
