import { Inject, Injectable } from '@nestjs/common';
import { TokenBucket } from 'limiter';
import { ProtocolError } from '#protocol';
import { CONFIG, Metrics, Numbers, Stats } from '#service';
import type { RouterConfig } from '../config.js';

/** After a pause so many seconds' worth of calls may come at once. */
const BURST_SECONDS = 2;

/** There is one key, so there is one bucket for those who have it; those who have not share another, and take nothing from the first. */
type Caller = 'with key' | 'without';

/** How many calls of the server API this router takes per second (`API_RATE_LIMIT`), and how many guesses at its key. */
@Injectable()
export class ApiRate {
  private readonly buckets: Readonly<Record<Caller, TokenBucket>> | undefined;
  private refused = 0;

  constructor(
    @Inject(CONFIG) { API_RATE_LIMIT: limit }: Pick<RouterConfig, 'API_RATE_LIMIT'>,
    stats: Stats,
    metrics: Metrics,
  ) {
    new Numbers('api', stats, metrics).counter('limited', 'Calls refused for their rate', () => this.refused);
    if (limit) this.buckets = { 'with key': bucketOf(limit), without: bucketOf(limit) };
  }

  /** Throws `WS_RATE_LIMITED`. */
  demand(caller: Caller): void {
    const bucket = this.buckets?.[caller];
    if (!bucket || bucket.tryRemoveTokens(1)) return;
    this.refused++;
    throw new ProtocolError('WS_RATE_LIMITED', undefined, Math.max(1, bucket.getWaitTime(1)));
  }
}

/** The library makes it empty; but nobody has called yet. */
function bucketOf(limit: number): TokenBucket {
  const bucketSize = BURST_SECONDS * limit;
  const bucket = new TokenBucket({ bucketSize, tokensPerInterval: limit, interval: 'second' });
  bucket.content = bucketSize;
  return bucket;
}
