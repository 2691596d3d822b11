/** The names of part files through their life: being written, prepared, visible. */

/** `part-<run>-<subtask>-<start>-<number>`: no two writers, and no two attempts of one, share a name. */
export function partName(runId: string, subtaskIndex: number, startedMs: number, number: number): string {
  return `part-${runId.slice(0, 8)}-${subtaskIndex}-${startedMs.toString(36)}-${number}`;
}

/** Belongs to no checkpoint yet: after a crash it is nobody's. */
export function inProgressName(name: string, jobTag: string): string {
  return `.${name}.${jobTag}.inprogress`;
}

export function isInProgress(fileName: string, jobTag: string): boolean {
  return fileName.startsWith('.part-') && fileName.endsWith(`.${jobTag}.inprogress`);
}

/** Written whole; a checkpoint may name it. */
export function pendingName(name: string): string {
  return `.${name}.pending`;
}
