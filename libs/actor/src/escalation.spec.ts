import { describe, expect, it } from '@jest/globals';
import type { ActorContext, ActorRef, Directive } from '#actor';
import { always, Family, FREELY, Gate, scripted, Stage } from './stage.suite.js';

describe('escalation', () => {
  /** grandparent → parent → child; only the child fails by itself, and what the upper two decide is given. */
  async function run(parentDecides: Directive, grandparentDecides: Directive = 'stop', asynchronous = false) {
    const stage = new Stage();
    const family = new Family();
    const refs: ActorRef<string>[] = [];
    const child = { create: family.create(asynchronous), supervision: always('escalate') };
    const level = (name: string, directive: Directive, under: (context: ActorContext<string>) => void) => ({
      create: scripted<string>({
        started: (context) => {
          family.log.push(`${name} started`);
          under(context);
        },
        stopped: () => void family.log.push(`${name} stopped`),
        receive: (message) => void family.log.push(`${name} ${message}`),
      }),
      supervision: always(directive),
    });
    const parent = level('parent', parentDecides, (context) => void refs.push(context.spawn(child, 'c')));
    const grandparent = level(
      'grandparent',
      grandparentDecides,
      (context) => void refs.push(context.spawn(parent, 'b')),
    );
    refs.push(stage.system.spawn(grandparent, 'a'));
    await stage.settle();
    family.log.length = 0;
    refs.at(-1)!.tell('boom');
    refs.at(-1)!.tell('x');
    await stage.settle();
    return { stage, log: family.log, refs };
  }

  it.each([false, true])('resume: the child goes on (async: %p)', async (asynchronous) => {
    const { log, stage } = await run('resume', 'stop', asynchronous);
    expect(log).toEqual(['1 x']);
    expect(stage.failures.map(({ path, directive }) => [path, directive])).toEqual([
      ['a/b/c', 'escalate'],
      ['a/b', 'resume'],
    ]);
  });

  it('restart: the parent comes back with a new child', async () => {
    expect((await run('restart')).log).toEqual(['1 stopped', 'parent started', '2 started']);
  });

  it('stop: the parent ends, its child before it', async () => {
    expect((await run('stop')).log).toEqual(['1 stopped', 'parent stopped']);
  });

  it('goes through two levels: stop', async () => {
    const { log, stage } = await run('escalate', 'stop');
    expect(log).toEqual(['1 stopped', 'parent stopped', 'grandparent stopped']);
    expect(stage.failures.map(({ path, directive }) => [path, directive])).toEqual([
      ['a/b/c', 'escalate'],
      ['a/b', 'escalate'],
      ['a', 'stop'],
    ]);
    expect(new Set(stage.failures.map(({ error }) => error)).size).toBe(1);
  });

  it('goes through two levels: resume lets both go on', async () => {
    const { log, refs, stage } = await run('escalate', 'resume');
    for (const ref of refs) ref.tell('y');
    await stage.settle();
    expect(log).toEqual(['1 x', expect.stringMatching(/y$/), expect.stringMatching(/y$/), expect.stringMatching(/y$/)]);
  });

  it('goes through two levels: restart', async () => {
    const { log } = await run('escalate', 'restart');
    expect(log).toEqual(['1 stopped', 'parent stopped', 'grandparent started', 'parent started', '2 started']);
  });

  it('of two children at a time is one failure of the parent: its restart ends both', async () => {
    const stage = new Stage();
    const family = new Family();
    let children: ActorRef<string>[] = [];
    const started = (context: ActorContext<string>): void => {
      const child = { create: family.create(), supervision: always('escalate') };
      children = [context.spawn(child), context.spawn(child)];
    };
    let decided = 0;
    const supervision = { ...FREELY, decide: (): Directive => (decided++ === 0 ? 'restart' : 'resume') };
    stage.system.spawn<string>({ create: scripted({ started }), supervision }, 'a');
    await stage.settle();
    for (const child of children) child.tell('boom');
    await stage.settle();
    expect(stage.failures.filter(({ path }) => path === 'a')).toHaveLength(1);
    expect(family.log.slice(2)).toEqual(['1 stopped', '2 stopped', '3 started', '4 started']);
    // And the other's failure is forgotten: what is decided next is about the child that fails next.
    children[0]!.tell('boom');
    children[0]!.tell('x');
    await stage.settle();
    expect(family.log.at(-1)).toBe('3 x');
    expect(decided).toBe(2);
  });

  it('waits while the parent is busy', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const family = new Family();
    let child!: ActorRef<string>;
    const parent = stage.system.spawn<string>({
      create: scripted({
        started: (context) => {
          child = context.spawn({ create: family.create(), supervision: always('escalate') });
        },
        receive: () => gate.passed,
      }),
      supervision: always('resume'),
    });
    parent.tell('x');
    await stage.settle();
    child.tell('boom');
    child.tell('y');
    await stage.settle();
    expect(family.log).toEqual(['1 started']);
    gate.open();
    await stage.settle();
    expect(family.log).toEqual(['1 started', '1 y']);
  });

  it('a child that waits for its supervisor can be stopped', async () => {
    const stage = new Stage();
    const gate = new Gate();
    const family = new Family();
    let child!: ActorRef<string>;
    const parent = stage.system.spawn<string>({
      create: scripted({
        started: (context) => {
          child = context.spawn({ create: family.create(), supervision: always('escalate') });
        },
        receive: () => gate.passed,
      }),
      supervision: always('resume'),
    });
    parent.tell('x');
    await stage.settle();
    child.tell('boom');
    await stage.settle();
    child.stop();
    gate.open();
    await stage.settle();
    expect(family.log).toEqual(['1 started', '1 stopped']);
    expect(child.tell('y')).toBe('dead');
  });
});
