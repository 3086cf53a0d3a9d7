import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WINDOW_MS = 10_000;

/** How late this process's event loop runs. */
@Injectable()
export class EventLoop implements OnApplicationShutdown {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private since = performance.now();

  constructor() {
    this.histogram.enable();
  }

  /** 99th percentile in ms over at most the last ten seconds that somebody asked about. */
  lagMs(): number {
    // The histogram holds whole intervals: on time is RESOLUTION_MS. It is empty (NaN, or 0) before the first one.
    const lag = Math.max(0, (this.histogram.percentile(99) || 0) / 1e6 - RESOLUTION_MS);
    if (performance.now() - this.since > WINDOW_MS) {
      this.histogram.reset();
      this.since = performance.now();
    }
    return Math.round(lag);
  }

  onApplicationShutdown(): void {
    this.histogram.disable();
  }
}
