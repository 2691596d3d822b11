/** Deployments as a person reads them in a terminal. All of it is text of elsewhere. */
import { type DeploymentView, deploymentId, type HealthCheck } from '../model/deployment.ts';
import { plainText } from '../model/plain-text.ts';
import { countText, durationText } from './human.ts';

const verdicts: readonly HealthCheck['verdict'][] = ['failing', 'warning', 'unknown', 'ok'];
const maxLength = 2_048;

/** The worst verdict of all checks. */
function worstVerdict(health: readonly HealthCheck[]): HealthCheck['verdict'] {
  return verdicts.find((verdict) => health.some((check) => check.verdict === verdict)) ?? 'unknown';
}

/** A line for each, under a head. */
export function deploymentsText(deployments: readonly DeploymentView[], now: number): string {
  if (deployments.length === 0) return 'nothing has been deployed\n';
  const rows = deployments.map((each) => [
    deploymentId(each),
    each.state,
    each.observed?.state ?? '-',
    worstVerdict(each.health),
    lagText(each),
    checkpointText(each, now),
    each.engine,
    plainText(each.error ?? '', 80).split('\n')[0]!,
  ]);
  return table([['JOB', 'STATE', 'ENGINE SAYS', 'HEALTH', 'LAG', 'CHECKPOINT', 'ENGINE', 'ERROR'], ...rows]);
}

export function deploymentText(view: DeploymentView, now: number): string {
  const { release, observed, health, savepoints, error } = view;
  const parameters = Object.entries(release.parameters).map(([name, value]) => `${name}=${value}`);
  const lines = [
    `${deploymentId(view)}: ${view.state}, wanted ${view.wanted}, on ${view.engine}${view.team === null ? '' : `, of ${view.team}`}`,
    `release ${release.number} (${release.digest.slice(0, 12)})${parameters.length === 0 ? '' : `: ${parameters.join(', ')}`}; last stable: ${view.lastStableRelease ?? 'none'}`,
    `job ${view.jobId ?? 'none'}: ${observed?.state ?? 'not seen'}, ${observed?.restarts ?? 0} restarts, lag ${lagText(view)}, checkpoint ${checkpointText(view, now)}`,
    ...health.map((check) => `  ${check.verdict.padEnd(8)} ${check.name}: ${check.text}`),
    ...savepoints.map(({ path, time }) => `savepoint ${path} (${durationText(now - time)} ago)`),
    ...(error === null ? [] : [`error: ${error}`]),
    ...(observed?.exceptions ?? []).slice(0, 3).map(({ text }) => `exception: ${text}`),
  ];
  return `${lines.map((line) => plainText(line, maxLength)).join('\n')}\n`;
}

export function lagTable(deployments: readonly DeploymentView[], now: number): string {
  const rows = deployments.map((each) => [
    deploymentId(each),
    each.observed?.lagRecords == null ? '-' : String(each.observed.lagRecords),
    each.observed?.watermark == null ? '-' : durationText(Math.max(0, now - each.observed.watermark)),
    each.observed?.recordsIn == null ? '-' : countText(each.observed.recordsIn),
    each.observed?.state ?? '-',
  ]);
  return table([['JOB', 'RECORDS BEHIND', 'WATERMARK BEHIND', 'RECORDS READ', 'ENGINE SAYS'], ...rows]);
}

function lagText({ observed }: DeploymentView): string {
  return observed?.lagRecords == null ? '-' : countText(observed.lagRecords);
}

function checkpointText({ observed }: DeploymentView, now: number): string {
  const time = observed?.checkpoints.latestTime ?? null;
  return time === null ? '-' : `${durationText(Math.max(0, now - time))} ago`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
