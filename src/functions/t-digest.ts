/**
 * Percentiles, roughly, in a few kilobytes: the merging t-digest (Dunning, Ertl 2019) with the scale function k1. Centroids are small at both
 * ends, where ranks have to be exact, and larger in the middle.
 */

/** Means and weights in turn; what came since the last merge is at the end with weight 1. */
type Digest = number[];

const compression = 200;
const mostPoints = 5 * compression;

export function addToDigest(digest: Digest, value: number): void {
  if (Number.isNaN(value)) return;
  digest.push(value, 1);
  if (digest.length > 2 * mostPoints) compress(digest);
}

export function mergeDigests(digest: Digest | null, other: readonly number[] | null): Digest | null {
  if (other === null) return digest;
  const merged = [...(digest ?? []), ...other];
  if (merged.length > 2 * mostPoints) compress(merged);
  return merged;
}

/** By linear interpolation between the middles of centroids; as PERCENTILE where every centroid is one value. */
export function percentileOf(digest: readonly number[] | null, share: number): number | null {
  const points = sorted(digest ?? []);
  const total = points.reduce((sum, [, weight]) => sum + weight, 0);
  if (total === 0) return null;
  const position = share * (total - 1);
  let before = 0;
  let [lastMean, lastMiddle] = [points[0]![0], 0];
  for (const [mean, weight] of points) {
    const middle = before + (weight - 1) / 2;
    if (position <= middle) {
      return middle === lastMiddle
        ? mean
        : lastMean + ((mean - lastMean) * (position - lastMiddle)) / (middle - lastMiddle);
    }
    before += weight;
    [lastMean, lastMiddle] = [mean, middle];
  }
  return lastMean;
}

function sorted(digest: readonly number[]): (readonly [mean: number, weight: number])[] {
  const points = Array.from({ length: digest.length / 2 }, (_, i) => [digest[2 * i]!, digest[2 * i + 1]!] as const);
  return points.sort(([a], [b]) => a - b);
}

/** Joins neighbours as long as the scale grows by 1 at the most. */
function compress(digest: Digest): void {
  const points = sorted(digest);
  const total = points.reduce((sum, [, weight]) => sum + weight, 0);
  digest.length = 0;
  let [mean, weight, before] = [points[0]![0], points[0]![1], 0];
  for (const [nextMean, nextWeight] of points.slice(1)) {
    const joined = weight + nextWeight;
    if (scale((before + joined) / total) - scale(before / total) <= 1) {
      mean += ((nextMean - mean) * nextWeight) / joined;
      weight = joined;
    } else {
      digest.push(mean, weight);
      before += weight;
      [mean, weight] = [nextMean, nextWeight];
    }
  }
  digest.push(mean, weight);
}

function scale(share: number): number {
  return (compression / (2 * Math.PI)) * Math.asin(2 * Math.min(1, share) - 1);
}
