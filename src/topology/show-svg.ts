/**
 * A topology as a picture: a column for each data centre, local clusters above, aggregate clusters below, an arrow for each mirror. It stands
 * alone (no fonts, no scripts) and follows the reader's light or dark setting.
 */
import type { LiveCluster } from './live-cluster.ts';
import { stateText } from './show-text.ts';
import { spreadTopics } from './spread.ts';
import type { Cluster, Mirror, Topology } from './topology.ts';
import { trafficKinds } from './traffic-kind.ts';

type Box = Readonly<{ x: number; y: number; cluster: Cluster }>;

const box = { width: 148, height: 76, gap: 16 };
const centre = { padding: 20, head: 34, gap: 36 };
const margin = 24;
const titleHeight = 44;
const betweenRows = 150; // room for the arrows
const legendHeight = 40;
const arcRoom = 24; // for arrows between aggregate clusters, which hang out of the data centres
const beside = 14; // of the two directions between clusters of one row

export function topologySvg(topology: Topology, live: readonly LiveCluster[]): string {
  const columns = layOut(topology);
  const boxes = columns.flatMap((column) => column.boxes);
  const width = columns.length === 0 ? 2 * margin : columns.at(-1)!.x + columns.at(-1)!.width + margin;
  const bottom = rowTop('aggregate') + box.height + centre.padding;
  const legendTop = bottom + legendHeight + (hasArcBelow(topology) ? arcRoom : 0);
  const height = legendTop + margin;
  const { places } = spreadTopics(topology);
  const names = (id: string): string[] =>
    places.filter(({ cluster }) => cluster === id).map(({ topicName }) => topicName);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Topology ${escaped(topology.name)}">`,
    style,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="${margin}" y="${margin + 18}">${escaped(topology.name)}</text>`,
    ...columns.map(({ name, x, width: columnWidth }) => centreSvg(name, x, columnWidth, bottom)),
    ...topology.mirrors.map((mirror) => arrowSvg(mirror, boxes)),
    ...boxes.map((each) => boxSvg(each, names(each.cluster.id), live)),
    legendSvg(legendTop, topology),
    '</svg>',
    '',
  ].join('\n');
}

function hasArcBelow({ clusters, mirrors }: Topology): boolean {
  const aggregates = clusters.filter(({ role }) => role === 'aggregate').map(({ id }) => id);
  return mirrors.some(({ from, to }) => aggregates.includes(from) && aggregates.includes(to));
}

function rowTop(role: Cluster['role']): number {
  const top = margin + titleHeight + centre.head;
  return role === 'local' ? top : top + box.height + betweenRows;
}

/** Boxes of a row stand by kind, those of fewer clusters in the middle of their column. */
function layOut({ dataCentres, clusters }: Topology) {
  let x = margin;
  return dataCentres.map(({ name }) => {
    const own = clusters.filter(({ dataCentre }) => dataCentre === name);
    const rows = (['local', 'aggregate'] as const).map((role) => ({
      role,
      row: own.filter((each) => each.role === role),
    }));
    const widthOf = (count: number): number => count * box.width + Math.max(0, count - 1) * box.gap;
    const width = widthOf(Math.max(1, ...rows.map(({ row }) => row.length))) + 2 * centre.padding;
    const left = x;
    const boxes = rows.flatMap(({ role, row }) => {
      const start = left + (width - widthOf(row.length)) / 2;
      return row.map((cluster, i): Box => ({ x: start + i * (box.width + box.gap), y: rowTop(role), cluster }));
    });
    x += width + centre.gap;
    return { name, x: left, width, boxes };
  });
}

function centreSvg(name: string, x: number, width: number, bottom: number): string {
  const y = margin + titleHeight;
  return [
    `<rect class="centre" x="${x}" y="${y}" width="${width}" height="${bottom - y}" rx="10"/>`,
    `<text class="name" x="${x + centre.padding}" y="${y + 22}">${escaped(name)}</text>`,
  ].join('\n');
}

function boxSvg({ x, y, cluster }: Box, topics: readonly string[], live: readonly LiveCluster[]): string {
  const state = live.find(({ id }) => id === cluster.id);
  const mark =
    state === undefined ? '' : `<circle class="${state.state}" cx="${x + box.width - 14}" cy="${y + 16}" r="5"/>\n`;
  const told =
    state === undefined
      ? `${topics.length} topic${topics.length === 1 ? '' : 's'}`
      : stateText(state, topics).replace(/^up: /, '');
  const line = (className: string, dy: number, text: string): string =>
    `<text class="${className}" x="${x + 12}" y="${y + dy}">${escaped(shortened(text))}</text>`;
  return [
    `<g><title>${escaped(`${cluster.id} on ${cluster.bootstrapServers}: ${topics.join(', ')}`)}</title>`,
    `<rect class="cluster ${cluster.kind}" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6"/>`,
    `${mark}${line('kind', 21, cluster.role === 'local' ? cluster.kind : `${cluster.kind}, all`)}`,
    line('small', 43, cluster.bootstrapServers),
    line('small', 62, told),
    '</g>',
  ].join('\n');
}

const longestLine = 20; // characters that fit into a box

function shortened(text: string): string {
  return text.length <= longestLine ? text : `${text.slice(0, longestLine - 1)}…`;
}

/** Down from a local cluster to an aggregate; between clusters of one row in an arc below it. */
function arrowSvg(mirror: Mirror, boxes: readonly Box[]): string {
  const from = boxes.find(({ cluster }) => cluster.id === mirror.from)!;
  const to = boxes.find(({ cluster }) => cluster.id === mirror.to)!;
  const apart = from.y !== to.y ? 0 : from.x < to.x ? beside : -beside;
  const [x1, x2] = [from.x + box.width / 2 + apart, to.x + box.width / 2 - apart];
  const [y1, y2] = [from.y + (from.y <= to.y ? box.height : 0), to.y + (from.y < to.y ? -3 : box.height + 3)];
  const bend = from.y === to.y ? betweenRows * (from.x < to.x ? 0.4 : 0.28) : (y2 - y1) / 2;
  const path = `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 + (from.y === to.y ? bend : -bend)} ${x2} ${y2}`;
  const kind = from.cluster.kind;
  return `<path class="arrow ${kind}" d="${path}" marker-end="url(#${kind})"><title>${escaped(mirror.name)}</title></path>`;
}

function legendSvg(y: number, { clusters }: Topology): string {
  return trafficKinds
    .filter((kind) => clusters.some((cluster) => cluster.kind === kind))
    .map((kind, i) => {
      const x = margin + i * 120;
      return `<path class="arrow ${kind}" d="M${x} ${y - 4} h22"/><text class="small" x="${x + 30}" y="${y}">${kind}</text>`;
    })
    .join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Told apart by readers who do not see red or green, on light and on dark. */
const colours = { queueing: '#0072b2', metrics: '#009e73', logs: '#b8860b', tracking: '#cc5a9e' } as const;

const style = [
  '<style>',
  'text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2430 }',
  '.title { font-size: 18px; font-weight: 600 } .name { font-size: 14px; font-weight: 600 } .kind { font-weight: 600 }',
  '.small { font-size: 11px; fill: #565d6d }',
  '.page { fill: #ffffff } .centre { fill: #f4f6f9; stroke: #ccd2dc } .cluster { fill: #ffffff; stroke-width: 1.5 }',
  '.arrow { fill: none; stroke-width: 1.6; opacity: 0.85 }',
  '.up { fill: #009e73 } .unreachable { fill: #d55e00 }',
  ...trafficKinds.map((kind) => `.${kind} { stroke: ${colours[kind]} }`),
  '@media (prefers-color-scheme: dark) {',
  'text { fill: #e6e9ef } .small { fill: #a5adbd } .page { fill: #14171d } .centre { fill: #1b2027; stroke: #363d49 }',
  '.cluster { fill: #232a33 } }',
  '</style>',
  '<defs>',
  ...trafficKinds.map(
    (kind) =>
      `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="${colours[kind]}"/></marker>`,
  ),
  '</defs>',
].join('\n');
