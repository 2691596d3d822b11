/** TO_CHANGELOG and FROM_CHANGELOG as lines of a plan. */
import { rowKinds } from '../model/column.ts';
import type { ChangeCode, FromChangelogNode, ToChangelogNode } from '../model/plan.ts';
import type { Field } from '../model/types.ts';
import { formatName } from './format-expression.ts';

export function changelogLine(node: ToChangelogNode | FromChangelogNode): string {
  const names = node.fields.map(({ name }) => formatName(name)).join(', ');
  if (node.kind === 'to_changelog') {
    return `ToChangelog(op=[${opName(node.fields, 0)}], codes=[${codesTo(node.codes)}], fields=[${names}])`;
  }
  const op = opName(node.input.fields, node.column);
  return `FromChangelog(op=[${op}], codes=[${codesFrom(node.codes)}], fields=[${names}])`;
}

function opName(fields: readonly Field[], column: number): string {
  return formatName(fields[column]!.name);
}

function codesTo(codes: readonly ChangeCode[]): string {
  return codes.map(({ code, change }) => `${rowKinds[change]} '${code}'`).join(', ');
}

function codesFrom(codes: readonly ChangeCode[]): string {
  return codes.map(({ code, change }) => `'${code}' ${rowKinds[change]}`).join(', ');
}
