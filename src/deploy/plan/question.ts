/** What can't be told from what was said: asked back, with what may be said in its place. */
export type Question = Readonly<{ kind: 'question'; question: string; candidates: readonly string[] }>;

const maxCandidates = 12;

export function ask(question: string, candidates: readonly string[]): Question {
  return { kind: 'question', question, candidates: [...new Set(candidates)].slice(0, maxCandidates) };
}
