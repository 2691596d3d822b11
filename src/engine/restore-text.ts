/** A restore report as a short table for people. */
import type { NodeFate, RestoreReport } from './restore-report.ts';

const maxLines = 24; // a job of hundreds of operators says the rest in numbers
const maxPartLength = 120;

/** A line for each node, what is lost last, before what there is to do about it; at the most `maxLines`. */
export function restoreLines({ nodes }: RestoreReport): string[] {
  const order: readonly NodeFate['fate'][] = ['kept', 'new', 'changed', 'dropped'];
  const sorted = order.flatMap((fate) => nodes.filter((node) => node.fate === fate));
  const shown = sorted.length <= maxLines ? sorted : sorted.slice(1 - maxLines);
  const lines = shown.map((node) => `  ${node.fate.padEnd(8)} ${lineOf(node)}`);
  return shown.length === sorted.length ? lines : [`  … ${sorted.length - shown.length} more`, ...lines];
}

function lineOf(node: NodeFate): string {
  switch (node.fate) {
    case 'kept':
      return node.bytes === 0 ? node.name : `${node.name}, ${node.bytes} bytes`;
    case 'new':
      return `${node.name}: starts empty`;
    case 'changed':
      return `${node.name}, ${node.bytes} bytes: ${node.tables
        .map(
          ({ table, found, expected }) =>
            `table '${table}' has (${found}), expected ${expected === null ? 'none' : `(${expected})`}`,
        )
        .join('; ')}`;
    case 'dropped': {
      const parts = Object.entries(node.parts ?? {}).map(([name, text]) => `${name} ${shortened(text)}`);
      const nearest = node.nearest === null ? [] : [nearestText(node.nearest)];
      return `${node.name}: ${[...parts, heldText(node), ...nearest].join('; ')}`;
    }
  }
}

function heldText({ holds, bytes }: Extract<NodeFate, { fate: 'dropped' }>): string {
  switch (holds) {
    case 'positions':
      return 'the positions that it has read';
    case 'commit':
      return 'rows that it may have yet to show';
    case 'state':
      return `${bytes} bytes`;
  }
}

function nearestText({ name, changed }: Readonly<{ name: string; changed: readonly string[] }>): string {
  return `nearest now: ${name}${changed.length === 0 ? '' : `, changed: ${changed.join(', ')}`}`;
}

function shortened(text: string): string {
  return text.length <= maxPartLength ? text : `${text.slice(0, maxPartLength)}…`;
}
