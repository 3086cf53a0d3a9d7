import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { CONFIG, Metrics, Stats } from '#service';
import type { GatewayConfig } from '../config.js';
import { Counters } from '../connection/counters.js';
import { Heartbeat } from '../connection/heartbeat.js';
import { Registry } from '../connection/registry.js';
import type { SessionActor } from '../connection/session.js';
import { Subscribers } from '../connection/subscribers.js';
import { Addresses } from '../limits/addresses.js';
import { LIMIT } from '../limits/limits.js';
import { Overload } from '../limits/overload.js';
import { Watches } from '../watching/watches.js';

/** What waits in this gateway now, over all connections. */
interface Queues {
  /** Frames that wait to be handled. */
  mailboxes: number;
  /** Bytes of frames that wait to be handled, or of which a send is under way. */
  inboundBytes: number;
  /** Bytes that wait for the kernel to take them. */
  outboundBytes: number;
  /** Sends that wait for a router's answer. */
  inFlightSends: number;
}

/** The gateway's part of /stats and /metrics. */
@Injectable()
export class GatewayStats implements OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    private readonly stats: Stats,
    private readonly metrics: Metrics,
    private readonly registry: Registry<SessionActor>,
    private readonly counters: Counters,
    private readonly heartbeat: Heartbeat,
    private readonly subscribers: Subscribers,
    private readonly watches: Watches,
    private readonly addresses: Addresses,
    private readonly overload: Overload,
  ) {}

  onModuleInit(): void {
    this.contribute();
    this.exposeGauges();
    this.exposeCounters();
  }

  private contribute(): void {
    const { stats, registry, counters } = this;
    stats.add('gatewayId', () => this.config.INSTANCE_ID);
    stats.add('connections', () => registry.connections);
    stats.add('users', () => registry.users);
    stats.add('accepted', () => counters.accepted);
    stats.add('delivered', () => counters.delivered);
    stats.add('closed', () => Object.fromEntries(counters.closed));
    stats.add('refused', () => Object.fromEntries(counters.refused));
    stats.add('limited', () => Object.fromEntries(this.limited()));
    stats.add('addresses', () => this.addresses.size);
    stats.add('load', () => ({
      overloaded: this.overload.active,
      times: this.overload.times,
      ...this.overload.strain,
    }));
    stats.add('errors', () => Object.fromEntries(counters.errors));
    stats.add('sweeps', () => this.heartbeat.sweeps);
    stats.add('subscriptions', () => this.subscribers.size);
    stats.add('watched', () => this.watches.size);
    stats.add('queues', () => this.queues());
  }

  private queues(): Queues {
    const sum: Queues = { mailboxes: 0, inboundBytes: 0, outboundBytes: 0, inFlightSends: 0 };
    for (const { connection } of this.registry.all()) {
      sum.mailboxes += connection.flow.length;
      sum.inboundBytes += connection.flow.bytes;
      sum.outboundBytes += connection.unsentBytes;
      sum.inFlightSends += connection.flow.inFlight;
    }
    return sum;
  }

  /** What clients ran into, by limit. */
  private limited(): ReadonlyMap<string, number> {
    const { refused } = this.watches;
    return refused === 0 ? this.counters.limited : new Map([...this.counters.limited, [LIMIT.watches, refused]]);
  }

  private exposeGauges(): void {
    const { registry, overload } = this;
    this.gauge('addresses', 'Addresses with a connection here', () => this.addresses.size);
    this.gauge('overloaded', '1: new connections are refused', () => Number(overload.active));
    this.gauge('lag_ms', 'How late the event loop is, again and again', () => overload.strain.lagMs);
    this.gauge('memory_percent', 'Memory in use, of that which is shortest', () => overload.strain.memoryPercent);
    this.gauge('connections', 'Open connections', () => registry.connections);
    this.gauge('users', 'Users with a connection here', () => registry.users);
    this.gauge('subscriptions', 'Conversations that are open here', () => this.subscribers.size);
    this.gauge('watched', 'Users that are watched from here', () => this.watches.size);
    this.gauge('mailbox_frames', 'Frames that wait to be handled', () => this.queues().mailboxes);
    this.gauge(
      'inbound_bytes',
      'Bytes of frames that wait to be handled or answered',
      () => this.queues().inboundBytes,
    );
    this.gauge('outbound_bytes', 'Bytes that wait for slow sockets', () => this.queues().outboundBytes);
    this.gauge('sends_in_flight', 'Messages that wait for a router', () => this.queues().inFlightSends);
  }

  private exposeCounters(): void {
    const { counters } = this;
    this.total('accepted', 'Messages of clients here that were stored', () => counters.accepted);
    this.total('delivered', 'Messages written to clients here', () => counters.delivered);
    this.total('heartbeat_sweeps', 'Times that all connections were looked at', () => this.heartbeat.sweeps);
    this.totals('closed', 'Connections ended', 'code', () => counters.closed);
    this.totals('upgrades_refused', 'Upgrades refused', 'status', () => counters.refused);
    this.totals('limited', 'Limits that clients ran into', 'reason', () => this.limited());
    this.total('overloads', 'Times that it was overloaded', () => this.overload.times);
    this.totals('errors', 'Errors answered', 'code', () => counters.errors);
  }

  private gauge(name: string, help: string, value: () => number): void {
    const metric = new Gauge({
      name: `switchboard_gateway_${name}`,
      help,
      registers: [],
      collect() {
        this.set(value());
      },
    });
    this.metrics.registerMetric(metric);
  }

  private total(name: string, help: string, value: () => number): void {
    const metric = new Counter({
      name: `switchboard_gateway_${name}_total`,
      help,
      registers: [],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
    this.metrics.registerMetric(metric);
  }

  private totals(name: string, help: string, label: string, values: () => ReadonlyMap<number | string, number>): void {
    const metric = new Counter({
      name: `switchboard_gateway_${name}_total`,
      help,
      labelNames: [label],
      registers: [],
      collect() {
        this.reset();
        for (const [key, value] of values()) this.inc({ [label]: String(key) }, value);
      },
    });
    this.metrics.registerMetric(metric);
  }
}
