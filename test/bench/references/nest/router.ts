/** Reference: the router of the plain Nest gateways; knows where users are, and hands their messages on. */
import 'reflect-metadata';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { deliverTo, redisOptions, type Message, type Placed } from './messages.js';

@Controller()
class PlainRouter {
  private readonly gatewayOf = new Map<string, string>();

  constructor(@Inject('GATEWAYS') private readonly gateways: ClientProxy) {}

  @EventPattern('place')
  place(@Payload() { userId, gateway }: Placed): void {
    this.gatewayOf.set(userId, gateway);
  }

  @EventPattern('send')
  send(@Payload() message: Message): void {
    const gateway = this.gatewayOf.get(message.to);
    if (gateway !== undefined) this.gateways.emit(deliverTo(gateway), message);
  }

  @MessagePattern('accept')
  accept(@Payload() message: Message): object {
    this.send(message);
    return {};
  }
}

@Module({
  imports: [ClientsModule.register([{ name: 'GATEWAYS', transport: Transport.REDIS, options: redisOptions() }])],
  controllers: [PlainRouter],
})
class RouterModule {}

const app = await NestFactory.create(RouterModule, { logger: ['error'] });
app.connectMicroservice<MicroserviceOptions>({ transport: Transport.REDIS, options: redisOptions() });
await app.startAllMicroservices();
await app.get<ClientProxy>('GATEWAYS').connect();
// For the launcher, which waits until it is listened to.
await app.listen(Number(process.env['PORT']), '127.0.0.1');
