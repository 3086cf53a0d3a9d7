/** What the specs of the API share: a router on a stage, its API on a real port, and gateways that keep what they are told. */
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ActorModule } from '#actor';
import { GATEWAY, ROLE } from '#contract';
import type { PresenceStatus } from '#engine';
import type { MeshNode } from '#mesh';
import { CLOCK, CONFIG, ENGINE, HANDOVER_MS, Handover, HttpAdapter, MESH, Metrics, Stats } from '#service';
import type { Stage } from '#testing';
import { RouterModule } from '../router.module.js';
import { ApiModule } from './api.module.js';
import { configureApi } from './configure-api.js';

export const KEY = 'a-key-of-twenty-four-char';
const CONFIGURATION = { RECIPIENTS: 'any', SENDER_COPIES: 'off', API_KEY: KEY, MAX_MESSAGE_BYTES: 65_536 };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** HTTP beside the router of the stage, on that one's mesh: what it asks arrives at that router. */
export class ApiOnStage {
  private constructor(
    private readonly app: NestExpressApplication,
    readonly url: string,
  ) {}

  static async start(stage: Stage, config: object = {}): Promise<ApiOnStage> {
    const configuration = { ...CONFIGURATION, ...config };
    const { mesh } = await stage.host(ROLE.router, 'router-01', RouterModule, configuration);
    const app = await NestFactory.create<NestExpressApplication>(root(stage, mesh, configuration), new HttpAdapter(), {
      logger: false,
      abortOnError: false,
    });
    configureApi(app);
    await app.listen(0, '127.0.0.1');
    return new ApiOnStage(app, await app.getUrl());
  }

  /** With the key, and the body (if any) as JSON. */
  call(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    return this.raw(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  }

  async raw(path: string, init: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, init);
    const text = await answer.text();
    const json = /json/.test(answer.headers.get('content-type') ?? '');
    return {
      status: answer.status,
      headers: answer.headers,
      body: json ? (JSON.parse(text) as Answer['body']) : { text },
    };
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

function root(stage: Stage, mesh: MeshNode, config: object): DynamicModule {
  const { clock, gate } = stage;
  return {
    module: class Infrastructure {},
    global: true,
    imports: [ActorModule.forRoot({ clock }), ApiModule],
    providers: [
      { provide: CLOCK, useValue: clock },
      { provide: CONFIG, useValue: config },
      { provide: ENGINE, useValue: gate.engine },
      { provide: MESH, useValue: mesh },
      { provide: HANDOVER_MS, useValue: 0 },
      Handover,
      Stats,
      Metrics,
    ],
    exports: [CLOCK, CONFIG, ENGINE, Handover, MESH, Stats, Metrics],
  };
}

/** A gateway as far as the API sees one. */
export class Edge {
  readonly heard: Record<string, unknown[]> = {};
  private mesh!: MeshNode;

  private constructor(private readonly stage: Stage) {}

  static async start(stage: Stage, id: string): Promise<Edge> {
    const edge = new Edge(stage);
    edge.mesh = await stage.node(ROLE.gateway, id, (node) => {
      for (const pattern of Object.values(GATEWAY))
        node.handle(pattern, { one: ({ data }) => (edge.heard[pattern] ??= []).push(data) });
    });
    return edge;
  }

  leave(): Promise<void> {
    return this.mesh.leave();
  }

  /** What has been told by one pattern so far. */
  of(pattern: string): unknown[] {
    return this.heard[pattern] ?? [];
  }

  async connect(userId: string, connectionId: string, status: PresenceStatus = 'online'): Promise<void> {
    const { id: gatewayId, incarnation } = this.mesh.self;
    await this.stage.engine.presence.register({ userId, connectionId, gatewayId, incarnation, status }, 3);
  }

  async subscribe(conversation: string): Promise<void> {
    const { id: gatewayId, incarnation } = this.mesh.self;
    await this.stage.engine.conversations.subscribe(conversation, { gatewayId, incarnation });
  }
}
