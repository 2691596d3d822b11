/**
 * Calls `work` for each item, so many at a time; the results are in the order of the items. After a failure no further one is begun, and it
 * is thrown when those under way are over.
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  const stop = (error: unknown): never => {
    next = items.length;
    throw error;
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, () => lane().catch(stop)));
  for (const done of lanes) if (done.status === 'rejected') throw done.reason;
  return results;
}
