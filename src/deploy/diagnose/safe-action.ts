/**
 * The next steps that a diagnosis may suggest: a closed list of commands that look, or that make a plan, which changes nothing before a
 * person confirms it. None is ever carried out here.
 */
import { deploymentNamePattern } from '../../model/deployment.ts';
import type { JobFacts } from './job-facts.ts';

export const actionNames = [
  'read-logs',
  'read-exceptions',
  'look-at-record',
  'explain-why',
  'explain-restore',
  'lint',
  'plan-scale',
] as const;
export type ActionName = (typeof actionNames)[number];

export type SafeAction = Readonly<{
  name: ActionName;
  /** As it is typed. Names that are not of the catalogue's grammar stay out of it: `JOB` stands for them. */
  command: string;
}>;

const largestScale = 32_768; // parallelism

export function safeAction(name: ActionName, facts: JobFacts): SafeAction {
  return { name, command: commands[name](wordsOf(facts)) };
}

type Words = Readonly<{ job: string; where: string; isDeployed: boolean; twice: number }>;

function wordsOf({ name, deployment, status, observed }: JobFacts): Words {
  const job = deploymentNamePattern.test(name) ? name : 'JOB';
  const environment = deployment?.environment ?? '';
  const where = deploymentNamePattern.test(environment) ? ` --environment ${environment}` : '';
  const parallelism = deployment?.parallelism ?? status?.parallelism ?? observed?.parallelism ?? 1;
  return { job, where, isDeployed: deployment !== null, twice: Math.min(2 * Math.max(1, parallelism), largestScale) };
}

const commands: Readonly<Record<ActionName, (words: Words) => string>> = {
  'read-logs': ({ job, where, isDeployed }) =>
    isDeployed ? `millrace jobs logs ${job}${where}` : `millrace diagnose ${job} --output json`,
  'read-exceptions': ({ job, where, isDeployed }) =>
    isDeployed ? `millrace jobs get ${job}${where} --output json` : `millrace diagnose ${job} --output json`,
  'look-at-record': ({ job, where, isDeployed }) =>
    isDeployed ? `millrace jobs logs ${job}${where}` : `millrace diagnose ${job} --output json`,
  'explain-why': ({ job, where, isDeployed }) =>
    isDeployed ? `millrace diagnose ${job}${where} --output json` : 'millrace explain why',
  'explain-restore': () => 'millrace explain JOB.yaml --restore latest',
  lint: () => 'millrace lint JOB.yaml',
  'plan-scale': ({ job, where, isDeployed, twice }) =>
    isDeployed
      ? `millrace plan scale ${job}${where} --parallelism ${twice}`
      : `millrace run JOB.yaml --parallelism ${twice}`,
};
