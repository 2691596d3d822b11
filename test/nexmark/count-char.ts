import type { ScalarUdf } from '../../src/model/user-function.ts';

// COUNT_CHAR of Nexmark's query 14, where it is a Java class: how often a character is in a text.
export const countChar = {
  kind: 'scalar',
  args: ['STRING', 'STRING'],
  returns: 'BIGINT NOT NULL',
  call: (text: string | null, character: string) => (text ?? '').split(character).length - 1,
} satisfies ScalarUdf;
