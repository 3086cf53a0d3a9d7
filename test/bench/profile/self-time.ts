/** Self times of a CPU profile (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). */

export interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Self {
  readonly name: string;
  /** Where it stands: a file of ours, a package, a part of Node, or how V8 calls what is none of these. */
  readonly place: string;
  readonly share: number;
}

const IDLE = '(idle)';

/** `file:///…/dist/libs/mesh/src/core.js` → `libs/mesh/src/core`; a file in node_modules → its package; none: native code, or V8's own. */
export function placeOf(url: string, name: string): string {
  if (url === '') return name.startsWith('(') ? name : 'native';
  const packages = url.split('/node_modules/');
  if (packages.length > 1) {
    const [first = '', second = ''] = (packages.at(-1) ?? '').split('/');
    return first.startsWith('@') ? `${first}/${second}` : first;
  }
  const own = url.split('/dist/')[1];
  return own?.replace(/\.js$/, '') ?? url;
}

type Frame = Profile['nodes'][number]['callFrame'];

/** What a function is called in the tables. */
const labelOf = ({ functionName, url, lineNumber }: Frame): string =>
  `${functionName || '(anonymous)'}${url === '' ? '' : `:${lineNumber + 1}`}`;

/** Time of each node in which the process was not idle. */
function timesOf({ nodes, samples, timeDeltas }: Profile): ReadonlyMap<number, number> {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === IDLE).map(({ id }) => id));
  const times = new Map<number, number>();
  samples.forEach((id, i) => {
    if (!idle.has(id)) times.set(id, (times.get(id) ?? 0) + (timeDeltas[i + 1] ?? 0));
  });
  return times;
}

function shares(profile: Profile, micros: ReadonlyMap<string, number>, times: ReadonlyMap<number, number>): Self[] {
  const frames = new Map(profile.nodes.map(({ callFrame }) => [keyOf(callFrame), callFrame]));
  const busy = [...times.values()].reduce((a, b) => a + b, 0);
  return [...micros]
    .map(([key, time]) => {
      const frame = frames.get(key) as Frame;
      return { name: labelOf(frame), place: placeOf(frame.url, frame.functionName), share: time / busy };
    })
    .sort((a, b) => b.share - a.share);
}

const keyOf = (frame: Frame): string => `${frame.url} ${labelOf(frame)}`;

/** Shares of the time that the process was not idle, largest first. */
export function selfTimes(profile: Profile): Self[] {
  const times = timesOf(profile);
  const micros = new Map<string, number>();
  for (const { id, callFrame } of profile.nodes)
    micros.set(keyOf(callFrame), (micros.get(keyOf(callFrame)) ?? 0) + (times.get(id) ?? 0));
  return shares(profile, micros, times);
}

/** As `selfTimes`, with all that each function calls. */
export function totalTimes(profile: Profile): Self[] {
  const times = timesOf(profile);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const micros = new Map<string, number>();
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const node = nodes.get(id);
    if (!node) return 0;
    const key = keyOf(node.callFrame);
    const below = new Set(above).add(key);
    let time = times.get(id) ?? 0;
    for (const child of node.children ?? []) time += visit(child, below);
    // One that calls itself is counted once.
    if (!above.has(key)) micros.set(key, (micros.get(key) ?? 0) + time);
    return time;
  };
  const [root] = profile.nodes;
  if (root) visit(root.id, new Set());
  return shares(profile, micros, times);
}

/** The same, summed up by place. */
export function byPlace(selves: readonly Self[]): readonly { readonly place: string; readonly share: number }[] {
  const places = new Map<string, number>();
  for (const { place, share } of selves) places.set(place, (places.get(place) ?? 0) + share);
  return [...places].map(([place, share]) => ({ place, share })).sort((a, b) => b.share - a.share);
}
