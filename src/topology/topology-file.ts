/**
 * Reads a topology file:
 *
 * ```yaml
 * apiVersion: millrace/v1
 * kind: Topology
 * metadata: { name: two-coasts }
 * spec:
 *   dataCentres:
 *     east:
 *       local:
 *         tracking: { bootstrapServers: "east-tracking:9092" }
 *       aggregate:
 *         tracking: { bootstrapServers: "east-all-tracking:9092", from: [east, west] }
 *     west:
 *       local:
 *         tracking: { bootstrapServers: "west-tracking:9092" }
 *   kinds:
 *     tracking:
 *       topics: { page-views: { partitions: 32 }, ad-clicks: {} }
 * ```
 */
import { parseYamlDocument, type YamlDocument, type YamlPath } from '../job/yaml-document.ts';
import { YamlMap } from '../job/yaml-map.ts';
import { isEngineError } from '../model/errors.ts';
import { readSites } from './clusters-file.ts';
import { type Finding, Findings, firstError } from './finding.ts';
import { readKinds } from './kinds-file.ts';
import { checkTopology } from './lint.ts';
import { feedMirrors, type PlacedMirror, readMirrors } from './mirrors-file.ts';
import type { Topology } from './topology.ts';

export type CheckedTopology = Readonly<{
  /** null where a finding is an error. */
  topology: Topology | null;
  findings: readonly Finding[];
}>;

const topologyName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The topology of a file that has no errors; else INVALID_OPTION with the first. `where` begins each message: "topology `a.yaml`". */
export function parseTopology(text: string, where: string): Topology {
  const { topology, findings } = readTopology(text, where);
  const error = firstError(findings);
  if (topology === null || error !== null) throw error!;
  return topology;
}

/** Everything that is to be said of a file, and the topology where it can be used. */
export function readTopology(text: string, where: string): CheckedTopology {
  let document: YamlDocument;
  let root: YamlMap;
  try {
    document = parseYamlDocument(text, where);
    root = new YamlMap(document, where);
  } catch (error) {
    if (!isEngineError(error)) throw error;
    const { message, hint, position } = error;
    return { topology: null, findings: [{ severity: 'error', message, hint, position }] };
  }
  const findings = new Findings(document, where);
  const topology = readRoot(root, findings);
  const all = findings.all();
  return { topology: all.some(({ severity }) => severity === 'error') ? null : topology, findings: all };
}

function readRoot(root: YamlMap, findings: Findings): Topology | null {
  findings.take(() => root.allow(['apiVersion', 'kind', 'metadata', 'spec']), root);
  findings.take(() => root.oneOf('apiVersion', ['millrace/v1']), 'millrace/v1');
  findings.take(() => root.oneOf('kind', ['Topology']), 'Topology');
  const name = readName(root, findings);
  const spec = findings.take(() => root.map('spec'), null);
  if (spec === null) return null;
  findings.take(() => spec.allow(['dataCentres', 'kinds', 'mirrors']), spec);
  const dataCentres = findings.take(() => spec.map('dataCentres'), null);
  const kinds = findings.take(() => spec.map('kinds'), null);
  if (dataCentres === null || kinds === null) return null;
  const sites = readSites(dataCentres, ['spec', 'dataCentres'], findings);
  const { topics, traffic } = readKinds(kinds, ['spec', 'kinds'], findings);
  const written = spec.has('mirrors') ? findings.take(() => spec.map('mirrors'), null) : null;
  const mirrors: readonly PlacedMirror[] = [
    ...feedMirrors(sites, topics, findings),
    ...(written === null ? [] : readMirrors(written, ['spec', 'mirrors'], sites, topics, findings)),
  ];
  const { dataCentres: centres, clusters } = sites;
  const topology = {
    name,
    dataCentres: centres,
    clusters,
    topics,
    traffic,
    mirrors: mirrors.map((each) => each.mirror),
  };
  checkTopology(topology, pathsOf(sites.paths, topics, mirrors), findings);
  return topology;
}

function readName(root: YamlMap, findings: Findings): string {
  const metadata = findings.take(() => root.map('metadata'), null);
  if (metadata === null) return '';
  findings.take(() => metadata.allow(['name', 'team', 'description']), metadata);
  const expected = 'a name of lower-case letters, digits and -, at the most 63, the first no -';
  return findings.take(() => metadata.string('name', { pattern: topologyName, expected }), '');
}

/** Where each thing that has a name is written. */
function pathsOf(
  sites: ReadonlyMap<string, YamlPath>,
  topics: Topology['topics'],
  mirrors: readonly PlacedMirror[],
): (name: string) => YamlPath {
  const paths = new Map<string, YamlPath>([
    ...sites,
    ...topics.map(({ kind, name, virtualName }) => [virtualName, ['spec', 'kinds', kind, 'topics', name]] as const),
    ...mirrors.map(({ mirror, path }) => [`mirror ${mirror.name}`, path] as const),
  ]);
  return (name) => paths.get(name) ?? ['spec'];
}
