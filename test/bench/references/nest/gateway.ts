/**
 * Reference: a Nest 12 gateway as its documentation shows one: platform-ws, a ValidationPipe before what clients send, and Nest's own Redis transport to
 * a router. Stores nothing, promises nothing; a message that carries an id is answered once the router has it.
 */
import 'reflect-metadata';
import { Controller, Inject, Module, UsePipes, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxy,
  ClientsModule,
  EventPattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { IsOptional, IsString, Length, MaxLength } from 'class-validator';
import { map, type Observable } from 'rxjs';
import type { WebSocket } from 'ws';
import { deliverTo, redisOptions, type Message, type Placed } from './messages.js';

const self = process.env['INSTANCE_ID'] ?? '';
const users = new WeakMap<WebSocket, string>();
const sockets = new Map<string, WebSocket>();

class Registration {
  @IsString()
  @Length(1, 128)
  readonly userId!: string;
}

class Sent {
  @IsString()
  @Length(1, 128)
  readonly to!: string;

  @IsString()
  @MaxLength(65_536)
  readonly content!: string;

  @IsOptional()
  @IsString()
  @MaxLength(128)
  readonly id?: string;
}

@UsePipes(new ValidationPipe({ exceptionFactory: (errors) => new WsException(errors) }))
@WebSocketGateway()
class PlainGateway {
  constructor(@Inject('ROUTER') private readonly router: ClientProxy) {}

  @SubscribeMessage('register')
  register(@MessageBody() { userId }: Registration, @ConnectedSocket() socket: WebSocket): object {
    users.set(socket, userId);
    sockets.set(userId, socket);
    const placed: Placed = { userId, gateway: self };
    this.router.emit('place', placed);
    return { event: 'registered' };
  }

  @SubscribeMessage('message')
  message(@MessageBody() { to, content, id }: Sent, @ConnectedSocket() socket: WebSocket): Observable<object> | void {
    const message: Message = { from: users.get(socket) ?? '', to, content, id, timestamp: Date.now() };
    if (id === undefined) return void this.router.emit('send', message);
    return this.router.send('accept', message).pipe(map(() => ({ event: 'accepted', data: { id } })));
  }

  handleDisconnect(socket: WebSocket): void {
    sockets.delete(users.get(socket) ?? '');
  }
}

@Controller()
class Delivery {
  @EventPattern<Record<string, Message>>(deliverTo(self))
  deliver(@Payload() message: Message): void {
    sockets.get(message.to)?.send(JSON.stringify({ event: 'message', data: message }));
  }
}

@Module({
  imports: [ClientsModule.register([{ name: 'ROUTER', transport: Transport.REDIS, options: redisOptions() }])],
  controllers: [Delivery],
  providers: [PlainGateway],
})
class GatewayModule {}

const app = await NestFactory.create(GatewayModule, { logger: ['error'] });
app.useWebSocketAdapter(new WsAdapter(app));
app.connectMicroservice<MicroserviceOptions>({ transport: Transport.REDIS, options: redisOptions() });
await app.startAllMicroservices();
// Left to connect by itself it would publish out of order.
await app.get<ClientProxy>('ROUTER').connect();
await app.listen(Number(process.env['PORT']), '127.0.0.1');
