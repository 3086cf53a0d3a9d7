/**
 * Loaded into a measured process (`--import`): the first SIGUSR2 starts V8's CPU profiler, the second stops it and writes what it saw to
 * PROFILE_FILE, so that a profile holds the load and nothing of the start.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

const INTERVAL_MICROS = 200;
const session = new Session();
let running = false;

function start(): void {
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROS });
  session.post('Profiler.start');
}

function stop(): void {
  session.post('Profiler.stop', (error, result) => {
    if (error) throw error;
    writeFileSync(process.env['PROFILE_FILE'] ?? 'profile.cpuprofile', JSON.stringify(result.profile));
  });
}

process.on('SIGUSR2', () => {
  running = !running;
  if (running) start();
  else stop();
});
