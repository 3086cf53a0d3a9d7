import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Inject,
  Injectable,
  Module,
  Optional,
  type INestApplicationContext,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Actor,
  ActorModule,
  ActorSystem,
  InjectActorKind,
  VirtualActor,
  type ActorKind,
  type ActorModuleOptions,
  type Failure,
  type ReplyTo,
} from '#actor';
import { eventually } from '#testing';

type Question = ReplyTo<string>;

/** What happened, in order. */
let log: string[] = [];

@Injectable()
class Greeting {
  readonly text = 'hello';
}

/** Shut down last: what actors need to the end. */
@Injectable()
class Store implements OnApplicationShutdown {
  open = true;
  onApplicationShutdown(): void {
    log.push('store closed');
    this.open = false;
  }
}

@Module({ providers: [{ provide: 'mark', useFactory: async () => Promise.resolve('!') }], exports: ['mark'] })
class MarkModule {}

let constructed = 0;

@VirtualActor({ kind: 'greeter' })
class Greeter extends Actor<Question> {
  constructor(
    private readonly greeting: Greeting,
    @Inject('mark') private readonly mark: string,
    private readonly store: Store,
    @Optional() @Inject('absent') private readonly absent?: string,
  ) {
    super();
    constructed++;
  }

  receive(replyTo: Question): void {
    replyTo.tell(`${this.greeting.text} ${this.context.key}${this.mark}${this.absent ?? ''}`);
  }

  override async stopped(): Promise<void> {
    await Promise.resolve();
    log.push(`${this.context.key} stopped, store ${this.store.open ? 'open' : 'closed'}`);
  }
}

@Injectable()
class Asker {
  constructor(@InjectActorKind(Greeter) readonly greeters: ActorKind<Question>) {}

  ask(key: string): Promise<string> {
    return this.greeters.ask<string>(key, (replyTo) => replyTo, 1000);
  }
}

@Module({
  imports: [ActorModule.forFeature([Greeter]), MarkModule],
  providers: [Greeting, Store, Asker],
})
class GreetingModule {}

let app: INestApplicationContext | undefined;

async function start(feature: Type<unknown>, options: ActorModuleOptions = {}): Promise<INestApplicationContext> {
  @Module({ imports: [ActorModule.forRoot(options), feature] })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  return app;
}

afterEach(async () => {
  await app?.close();
  app = undefined;
  log = [];
});

describe('the Nest module', () => {
  it('makes actors of a kind with the dependencies that the importing module has', async () => {
    const asker = (await start(GreetingModule)).get(Asker, { strict: false });
    expect(await asker.ask('bob')).toBe('hello bob!');
  });

  it('makes no actor before the first message, and one per activation', async () => {
    constructed = 0;
    const asker = (await start(GreetingModule)).get(Asker, { strict: false });
    expect(constructed).toBe(0);
    await asker.ask('bob');
    await asker.ask('bob');
    await asker.ask('alice');
    expect(constructed).toBe(2);
  });

  it('keeps two applications in one process apart', async () => {
    const first = await start(GreetingModule);
    await first.get(Asker, { strict: false }).ask('bob');
    const second = await start(GreetingModule);
    expect(second.get(Asker, { strict: false }).greeters.size).toBe(0);
    await first.close();
    expect(await second.get(Asker, { strict: false }).ask('bob')).toBe('hello bob!');
  });
});

describe('wiring faults stop the start and say what is wrong', () => {
  it('names the actor and the dependency that is missing', async () => {
    @Module({ imports: [ActorModule.forFeature([Greeter]), MarkModule], providers: [Store] })
    class WithoutGreeting {}
    await expect(start(WithoutGreeting)).rejects.toThrow(/Greeter \(\?.*Greeting/s);
  });

  it('a class without @VirtualActor', () => {
    class Plain extends Actor<string> {
      receive(): void {}
    }
    expect(() => ActorModule.forFeature([Plain])).toThrow('Plain is not decorated with @VirtualActor({ kind })');
  });

  it('a class that is undefined because two files import each other', () => {
    expect(() => InjectActorKind(undefined as never)).toThrow('do two files import each other?');
  });

  it('a kind that is registered twice', async () => {
    @Module({ imports: [ActorModule.forFeature([Greeter]), MarkModule, GreetingModule], providers: [Greeting, Store] })
    class Twice {}
    await expect(start(Twice)).rejects.toThrow('the actor kind "greeter" is registered already');
  });

  it('injection into properties', async () => {
    @VirtualActor({ kind: 'property' })
    class ByProperty extends Actor<string> {
      @Inject('mark') readonly mark!: string;
      receive(): void {}
    }
    @Module({ imports: [ActorModule.forFeature([ByProperty]), MarkModule] })
    class PropertyModule {}
    await expect(start(PropertyModule)).rejects.toThrow('ByProperty: inject into its constructor');
  });
});

describe('at shutdown', () => {
  it.each(['beforeApplicationShutdown', 'onApplicationShutdown'] as const)('%s stops every actor', async (stopOn) => {
    const context = await start(GreetingModule, { stopOn });
    const asker = context.get(Asker, { strict: false });
    await Promise.all([asker.ask('bob'), asker.ask('alice')]);
    await context.close();
    expect(log.filter((line) => line.includes('stopped'))).toHaveLength(2);
    expect(asker.greeters.tell('bob', undefined as never)).toBe('dead');
  });

  it('actors stopped before it find what closes in onApplicationShutdown still open', async () => {
    const context = await start(GreetingModule, { stopOn: 'beforeApplicationShutdown' });
    await context.get(Asker, { strict: false }).ask('bob');
    await context.close();
    expect(log).toEqual(['bob stopped, store open', 'store closed']);
  });

  it('the app may stop them itself', async () => {
    const context = await start(GreetingModule, { stopOn: 'never' });
    await context.get(Asker, { strict: false }).ask('bob');
    await context.close();
    expect(log).toEqual(['store closed']);
    await context.get(ActorSystem).stop();
    expect(log).toEqual(['store closed', 'bob stopped, store closed']);
  });
});

describe('forRootAsync', () => {
  it('makes the system with options from the container', async () => {
    const failures: Failure[] = [];
    @Module({
      imports: [
        ActorModule.forRootAsync({
          imports: [MarkModule],
          inject: ['mark'],
          useFactory: (mark: string) => ({ onFailure: (failure) => failures.push({ ...failure, error: mark }) }),
        }),
      ],
    })
    class AppModule {}
    app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    class Failing extends Actor<string> {
      override started(): void {
        throw new Error('no');
      }
      receive(): void {}
    }
    const supervision = { decide: () => 'stop' as const, maxRestarts: 0, withinMs: 1, backoffMs: 0, maxBackoffMs: 0 };
    app.get(ActorSystem).spawn({ create: () => new Failing(), supervision }, 'failing');
    await eventually(() => expect(failures).toEqual([{ path: 'failing', error: '!', directive: 'stop' }]));
  });
});
