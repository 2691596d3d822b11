/** What is told where nothing is to change: a text, and the same as data. */

import type { ControlPlane } from '../../model/change-plan.ts';
import { type DeploymentView, deploymentId } from '../../model/deployment.ts';
import { diagnose } from '../diagnose/diagnose.ts';
import { diagnosisText } from '../diagnose/diagnosis-text.ts';
import { factsOfDeployment } from '../diagnose/job-facts.ts';
import type { Reading } from './resolver.ts';
import type { Scene } from './scene.ts';
import { shownText, withoutHidden } from './shown-text.ts';

export type Told = Readonly<{ text: string; data: unknown }>;

const logLines = 50;
const diagnosedLines = 200; // of the log
const maxLine = 400; // characters of a log line or an exception

/** `now`: ms since 1970. */
export async function answerReadings(
  readings: readonly Reading[],
  scene: Scene,
  control: ControlPlane,
  now: number,
): Promise<Told> {
  const told: Told[] = [];
  for (const reading of readings) told.push(await answer(reading, scene, control, now));
  if (told.length === 1) return told[0]!;
  return { text: told.map(({ text }) => text).join('\n\n'), data: told.map(({ data }) => data) };
}

async function answer(reading: Reading, scene: Scene, control: ControlPlane, now: number): Promise<Told> {
  const views = scene.deployments.filter((view) => concerns(reading, view));
  switch (reading.verb) {
    case 'list':
      return catalogueList(scene, views);
    case 'lag':
      return told(views, reading, (view) => `${deploymentId(view)}: ${lagText(view)}`);
    case 'logs':
      return await logsOf(views, control, reading);
    case 'diagnose':
      return await diagnosed(views, reading, control, now);
    case 'help':
      return { text: helpText, data: null };
    default:
      return told(views, reading, statusText);
  }
}

function concerns({ job, environment }: Reading, view: DeploymentView): boolean {
  return (job === null || view.job === job) && (environment === null || view.environment === environment);
}

function told(views: readonly DeploymentView[], reading: Reading, line: (view: DeploymentView) => string): Told {
  if (views.length === 0) return { text: nothingThere(reading), data: [] };
  return { text: views.map(line).join('\n'), data: views };
}

function nothingThere({ job, environment }: Reading): string {
  const where = environment === null ? '' : ` in ${environment}`;
  return job === null ? `Nothing is deployed${where}.` : `${job} is not deployed${where}.`;
}

function statusText(view: DeploymentView): string {
  const { release, observed, error } = view;
  const parallelism = release.parallelism === null ? [] : [`parallelism ${release.parallelism}`];
  const facts = [view.state, `on ${view.engine}`, `release #${release.number}`, ...parallelism, lagText(view)];
  const restarts = observed === null || observed.restarts === 0 ? [] : [`${observed.restarts} restarts`];
  return `${deploymentId(view)}: ${[...facts, ...restarts].join(', ')}${error === null ? '' : `: ${shownText(error, maxLine)}`}`;
}

function lagText({ observed }: DeploymentView): string {
  const lag = observed?.lagRecords ?? null;
  return lag === null ? 'lag not known' : `${lag} records behind`;
}

function healthText(view: DeploymentView): string {
  const checks = view.health.map(
    ({ name, verdict, text }) => `  ${verdict.padEnd(8)} ${name}: ${shownText(text, maxLine)}`,
  );
  const faults = (view.observed?.exceptions ?? []).map(({ time, text }) => {
    return `  ${new Date(time).toISOString()} ${shownText(text, maxLine)}`;
  });
  return [statusText(view), ...checks, ...(faults.length === 0 ? [] : ['  Exceptions, newest first:', ...faults])].join(
    '\n',
  );
}

/** The health of each, and what is wrong with it, as far as the control plane sees into its engine. */
async function diagnosed(
  views: readonly DeploymentView[],
  reading: Reading,
  control: ControlPlane,
  at: number,
): Promise<Told> {
  if (views.length === 0) return { text: nothingThere(reading), data: [] };
  const data = await Promise.all(
    views.map(async (view) => {
      const logs = await control.logs(view, diagnosedLines).catch(() => []);
      return { ...view, diagnosis: diagnose(factsOfDeployment(view, { at, status: null, logs })) };
    }),
  );
  const text = data.map((view) => `${healthText(view)}\n${diagnosisText(view.diagnosis).trimEnd()}`).join('\n\n');
  return { text, data };
}

async function logsOf(views: readonly DeploymentView[], control: ControlPlane, reading: Reading): Promise<Told> {
  const [view] = views;
  if (view === undefined) return { text: nothingThere(reading), data: [] };
  const lines = (await control.logs(view, logLines)).map((line) => withoutHidden(line).slice(0, maxLine));
  return { text: lines.length === 0 ? `${deploymentId(view)}: no log lines` : lines.join('\n'), data: lines };
}

function catalogueList(scene: Scene, views: readonly DeploymentView[]): Told {
  const jobs = scene.jobs.map(({ spec }) => ({
    name: spec.name,
    team: spec.team ?? null,
    description: spec.description ?? null,
    deployed: views.filter((view) => view.job === spec.name).map(({ environment, state }) => ({ environment, state })),
  }));
  const lines = jobs.map(({ name, description, deployed }) => {
    const where = deployed.map(({ environment, state }) => `${environment} ${state}`).join(', ') || 'not deployed';
    return `${name}: ${where}${description === null ? '' : ` (${shownText(description)})`}`;
  });
  return { text: lines.join('\n') || 'There are no jobs in the catalogue.', data: jobs };
}

const helpText = `Say what is to happen: deploy, start, stop, restart, scale, pause, resume, roll back or savepoint a job; ask for status, lag, logs or a diagnosis.
Nothing changes before you have seen the plan and confirmed it.
  "deploy creator analytics in staging"
  "scale video events to 8"
  "what is the lag of creator analytics?"`;
