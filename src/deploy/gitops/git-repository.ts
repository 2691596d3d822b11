/** The few questions that are asked of git, as a child process with a list of arguments: what stood in a commit, and a commit of our own. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EngineError } from '../../model/errors.ts';

export type CommitRequest = Readonly<{
  /** Paths from the repository's root, and what they hold afterwards. */
  files: ReadonlyMap<string, string>;
  message: string;
  /** `Name <address>`. */
  author: string;
}>;

const run = promisify(execFile);
const maxAnswerBytes = 16 * 1024 * 1024;
const timeoutMs = 60_000;
/** Names of commits, branches and tags; what begins with - is an option to git. */
const revision = /^[A-Za-z0-9][\w./^~-]{0,200}$/;

export class GitRepository {
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;

  /** `directory`: the root of the work tree. Of the environment, only what git itself needs is handed on. */
  constructor(directory: string, env: Readonly<Record<string, string | undefined>>) {
    this.#directory = directory;
    const passed = ['PATH', 'HOME'].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
    this.#env = { ...Object.fromEntries(passed), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  }

  /** The full id of a commit. Throws NOT_FOUND. */
  async resolve(rev: string): Promise<string> {
    if (!revision.test(rev)) throw unknownCommit(rev);
    const { code, output } = await this.#git([
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${rev}^{commit}`,
    ]);
    if (code !== 0) throw unknownCommit(rev);
    return output.trim();
  }

  /** Paths of the files below a folder in a commit; none where there is no such folder. */
  async list(commit: string, folder: string): Promise<readonly string[]> {
    const output = await this.#ask(['ls-tree', '-r', '-z', '--name-only', commit, '--', `${folder}/`]);
    return output.split('\0').filter((path) => path !== '');
  }

  /** A file as a commit has it. */
  async show(commit: string, path: string): Promise<string> {
    return await this.#ask(['cat-file', 'blob', `${commit}:${path}`]);
  }

  /** Paths below the folders in which the work tree differs from the commit, and files that git does not know. */
  async differing(commit: string, folders: readonly string[]): Promise<readonly string[]> {
    const [changed, unknown] = await Promise.all([
      this.#ask(['diff', '--name-only', '-z', '--no-ext-diff', commit, '--', ...folders]),
      this.#ask(['ls-files', '-z', '--others', '--exclude-standard', '--', ...folders]),
    ]);
    return [...new Set(`${changed}\0${unknown}`.split('\0'))].filter((path) => path !== '').sort();
  }

  /** The commit on the current branch whose message has such a line; null: there is none. */
  async findCommit(line: string): Promise<string | null> {
    const { code, output } = await this.#git(['log', '-1', '--format=%H', '--fixed-strings', `--grep=${line}`]);
    return code === 0 && output.trim() !== '' ? output.trim() : null; // a branch without a commit is an error to git
  }

  /** Writes the files and commits them alone, whatever else is changed or staged. Resolves with the commit's id. */
  async commit({ files, message, author }: CommitRequest): Promise<string> {
    for (const [path, text] of files) {
      await mkdir(dirname(join(this.#directory, path)), { recursive: true });
      await writeFile(join(this.#directory, path), text);
    }
    const paths = [...files.keys()];
    await this.#ask(['add', '--', ...paths]);
    const [name, address] = [author.replace(/\s*<.*$/, ''), /<([^>]*)>/.exec(author)?.[1] ?? ''];
    const committer = ['-c', `user.name=${name}`, '-c', `user.email=${address}`];
    await this.#ask([...committer, 'commit', '--quiet', '--allow-empty', `--message=${message}`, '--', ...paths]);
    return await this.resolve('HEAD');
  }

  async #ask(args: readonly string[]): Promise<string> {
    const { code, output, fault } = await this.#git(args);
    if (code === 0) return output;
    const command = args.find((arg) => /^[a-z-]+$/.test(arg) && !arg.startsWith('-'));
    if (fault.includes('index.lock')) {
      throw new EngineError('CONFLICT', `git ${command}: another git is at work in ${this.#directory}`, {
        retryable: true,
      });
    }
    throw new EngineError('IO', `git ${command}: ${fault.trim()}`, {
      hint: `The directory ${this.#directory} has to be the root of a git repository.`,
    });
  }

  async #git(args: readonly string[]): Promise<Readonly<{ code: number; output: string; fault: string }>> {
    const options = {
      cwd: this.#directory,
      env: this.#env,
      maxBuffer: maxAnswerBytes,
      timeout: timeoutMs,
      shell: false,
    };
    try {
      const { stdout, stderr } = await run('git', args, options);
      return { code: 0, output: stdout, fault: stderr };
    } catch (cause) {
      const { code, stdout, stderr } = cause as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code === 'number') return { code, output: stdout ?? '', fault: stderr ?? '' };
      throw new EngineError('NOT_FOUND', `git: expected a program that runs, found: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
}

function unknownCommit(rev: string): EngineError {
  return new EngineError('NOT_FOUND', `commit '${rev}': expected a commit of this repository, found none`);
}
