/** The columns of a join's row. */
import type { JoinType } from '../../model/plan.ts';
import { withNullable } from '../../model/types.ts';
import type { RelationField } from './scope.ts';

export type PairingJoin = Exclude<JoinType, 'semi' | 'anti'>;

/** The columns of both sides; those of a side that may be left out are nullable. */
export function joinedFields(
  join: PairingJoin,
  left: readonly RelationField[],
  right: readonly RelationField[],
): RelationField[] {
  const padded = (fields: readonly RelationField[], may: boolean): RelationField[] =>
    fields.map((field) => ({ ...field, type: may ? withNullable(field.type, true) : field.type }));
  return [...padded(left, join === 'right' || join === 'full'), ...padded(right, join === 'left' || join === 'full')];
}

/** As `joinedFields`; semi and anti joins give left rows. */
export function outputFields(
  join: JoinType,
  left: readonly RelationField[],
  right: readonly RelationField[],
): readonly RelationField[] {
  return join === 'semi' || join === 'anti' ? left : joinedFields(join, left, right);
}

/** Of a right side whose time says nothing of the joined row. */
export function withoutTime(field: RelationField): RelationField {
  return { ...field, rowtime: false, proctime: false, window: null };
}
