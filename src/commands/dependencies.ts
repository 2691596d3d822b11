/** What the commands need of the world. The composition root (cli.ts) puts it together; tests hand in their own. */

import type { LocalDeployService } from '../deploy/deploy-service.ts';
import type { Clock } from '../engine/clock.ts';
import type { JobRequest, RunningJob } from '../engine/job.ts';
import type { CatalogFactory } from '../job/script.ts';
import type { ConnectorRegistry } from '../model/connector.ts';
import type { DataType } from '../model/types.ts';
import type { ControlClient } from './control-client.ts';
import type { OpenDeploy } from './local-deploy.ts';
import type { Terminal } from './terminal.ts';

export type JobToRun = Omit<JobRequest, 'connectors' | 'workerUrl' | 'clock'>;

/** One query over the tables of these catalogs, whose options are as CREATE CATALOG has them. */
export type LakeQuery = Readonly<{
  text: string;
  catalogs: readonly Readonly<{ name: string; options: ReadonlyMap<string, string> }>[];
}>;

export type QueryResult = Readonly<{
  columns: readonly Readonly<{ name: string; type: string }>[];
  rows: readonly (readonly unknown[])[];
}>;

export type Signal = 'SIGINT' | 'SIGTERM';

export type CommandDependencies = Readonly<{
  version: string;
  /** Where the package lies: its example jobs are below it. */
  packageDirectory: string;
  workingDirectory: string;
  env: Readonly<Record<string, string | undefined>>;
  /** IANA name. */
  machineTimeZone: string;
  clock: Clock;
  stdin: () => Promise<string>;
  /** Asks the person at the terminal for a line; null where nobody sits there. */
  prompt: ((question: string) => Promise<string>) | null;
  stdout: Terminal;
  stderr: Terminal;
  connectors: ConnectorRegistry;
  catalogFactory: CatalogFactory;
  /** Metadata columns of a connector's source and sink. */
  metadataColumns: (connector: string) => ReadonlyMap<string, DataType>;
  /** Starts the job in this process. The command owns the data directory. */
  runJob: (job: JobToRun) => RunningJob;
  /** Iceberg tables by name, through DuckDB. */
  queryLake: (query: LakeQuery) => Promise<QueryResult>;
  /** The deploy service in this process, on a data directory and over a control plane. The command closes it. */
  openDeploy: (...of: Parameters<OpenDeploy>) => LocalDeployService | Promise<LocalDeployService>;
  /** Brings a `serve` of a data directory to life that outlives this process, and says so. Resolves when it answers. */
  startServe: (dataDirectory: string, context: CommandContext) => Promise<ControlClient>;
  /** Calls back for each signal until the returned function is called. */
  onSignal: (handler: (signal: Signal) => void) => () => void;
  /** Ends the process at once. */
  exitNow: (code: number) => void;
}>;

/** What a command is made with: the world, and where its exit code goes. */
export type CommandContext = CommandDependencies &
  Readonly<{
    exit: (code: number) => void;
    /** Hides the secrets of the job from every message from now on. */
    hide: (secrets: readonly string[]) => void;
    /** The text without the secrets hidden so far. */
    redact: (text: string) => string;
    /** A line of talk on stderr. */
    say: (text: string) => void;
  }>;
