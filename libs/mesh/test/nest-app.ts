import {
  Catch,
  Controller,
  Injectable,
  Module,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { concat, map, of, throwError, timer, type Observable } from 'rxjs';
import { MeshContext, MeshRefusal, type MeshRequest } from '#mesh';
import { turns } from './local-mesh.js';

/** What its event handlers and batches were given. */
export const heard: unknown[] = [];

@Injectable()
class NotForEve implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const data: { from?: string } = context.switchToRpc().getData();
    return data.from !== 'eve';
  }
}

@Injectable()
class Wrap implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { pattern } = context.switchToRpc().getContext<MeshContext>();
    return next.handle().pipe(map((value: unknown) => ({ pattern, value })));
  }
}

@Injectable()
class Upper implements PipeTransform<{ text: string }> {
  transform(value: { text: string }): { text: string } {
    return { text: value.text.toUpperCase() };
  }
}

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError, _host: ArgumentsHost): Observable<never> {
    return throwError(() => ({ code: 'out_of_range', message: error.message, retryAfterMs: 7 }));
  }
}

@Controller()
class Singles {
  @MessagePattern('value')
  value(@Payload() data: number): number {
    return data + 1;
  }

  @MessagePattern('promise')
  async promise(@Payload() data: number): Promise<number> {
    await turns(1);
    return data + 1;
  }

  @MessagePattern('observable')
  observable(@Payload() data: number): Observable<number> {
    return concat(of(data), timer(1).pipe(map(() => data + 1)));
  }

  @MessagePattern('nothing')
  nothing(): void {}

  @MessagePattern('context')
  context(@Ctx() context: MeshContext): unknown {
    return [context instanceof MeshContext, context.pattern, context.from.address, context.trace];
  }

  @UseGuards(NotForEve)
  @MessagePattern('guarded')
  guarded(): string {
    return 'come in';
  }

  @UseInterceptors(Wrap)
  @MessagePattern('intercepted')
  intercepted(@Payload() data: number): number {
    return data;
  }

  @UsePipes(Upper)
  @MessagePattern('piped')
  piped(@Payload() data: { text: string }): string {
    return data.text;
  }

  @UseFilters(RangeFilter)
  @MessagePattern('filtered')
  filtered(): unknown {
    throw new RangeError('too far');
  }

  @MessagePattern('refuse')
  refuse(@Payload() how: string): unknown {
    const refusal = { code: 'overloaded', message: 'Mailbox full', retryAfterMs: 250 };
    if (how === 'rpc') throw new RpcException(refusal);
    if (how === 'mesh') throw new MeshRefusal('overloaded', 'Mailbox full', 250);
    if (how === 'observable') return throwError(() => new RpcException(refusal));
    if (how === 'text') throw new RpcException('a secret text');
    throw new Error('a secret detail');
  }

  @EventPattern('note')
  note(@Payload() data: unknown): void {
    heard.push(data);
  }

  @EventPattern('note')
  noteToo(@Payload() data: unknown): void {
    heard.push(`too ${String(data)}`);
  }

  @EventPattern('explode')
  explode(@Payload() _data: unknown): void {
    throw new Error('in an event');
  }
}

@Controller()
class Batches {
  @MessagePattern('double', undefined, { batch: true })
  double(requests: MeshRequest<number, number>[]): void {
    heard.push(requests.length);
    for (const request of requests) {
      if (request.data < 0) request.fail('negative', 'Below zero', 5);
      else request.reply(request.data * 2);
    }
  }

  @MessagePattern('half', undefined, { batch: true })
  async half(@Payload() requests: MeshRequest<number, number>[]): Promise<void> {
    requests[0]?.reply(1);
    await turns(1);
    throw new RpcException({ code: 'unavailable', message: 'Engine away' });
  }

  @EventPattern('notes', undefined, { batch: true })
  notes(@Payload() payloads: unknown[], @Ctx() context: MeshContext): void {
    heard.push([context.from.address, ...payloads]);
  }
}

@Controller({ path: '', scope: Scope.REQUEST })
class PerRequest {
  private count = 0;

  @MessagePattern('scoped')
  scoped(): number {
    return ++this.count;
  }
}

@Module({ controllers: [Singles, Batches, PerRequest] })
export class App {}
