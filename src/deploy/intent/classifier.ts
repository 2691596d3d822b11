/**
 * A guess at what a sentence is about, from examples: TF-IDF over single words, pairs of words and runs of three and four letters, then softmax
 * regression. Deterministic: the same examples give the same guesses.
 */

export type Example<L extends string> = Readonly<{ text: string; label: L }>;
export type Guess<L extends string> = Readonly<{ label: L; probability: number }>;

const rounds = 30;
const learningRate = 1;
const decay = 1e-4; // of weights, a step: rare features don't grow without bound
const unknownFeature = -1;

type Vector = Readonly<{ features: Int32Array; values: Float64Array }>;

export class Classifier<L extends string> {
  readonly #labels: readonly L[];
  readonly #features = new Map<string, number>();
  readonly #rarity: number[] = [];
  /** A row a label, a column a feature, and one more for the bias. */
  readonly #weights: Float64Array[];

  constructor(examples: readonly Example<L>[]) {
    this.#labels = [...new Set(examples.map(({ label }) => label))];
    this.#count(examples);
    this.#weights = this.#labels.map(() => new Float64Array(this.#rarity.length + 1));
    this.#train(
      examples.map(({ text, label }) => ({ vector: this.#vector(text), label: this.#labels.indexOf(label) })),
    );
  }

  /** Most likely first. Words of no example count against all. */
  guess(text: string): readonly Guess<L>[] {
    const probabilities = this.#probabilities(this.#vector(text));
    const guesses = this.#labels.map((label, index) => ({ label, probability: probabilities[index]! }));
    return guesses.sort((left, right) => right.probability - left.probability);
  }

  #count(examples: readonly Example<L>[]): void {
    const seen: number[] = [];
    for (const { text } of examples) {
      for (const name of new Set(featuresOf(text))) {
        const feature = this.#features.get(name) ?? this.#features.size;
        this.#features.set(name, feature);
        seen[feature] = (seen[feature] ?? 0) + 1;
      }
    }
    this.#rarity.push(...seen.map((count) => Math.log((1 + examples.length) / (1 + count)) + 1));
  }

  #vector(text: string): Vector {
    const counts = new Map<number, number>();
    let unknown = 0;
    for (const name of featuresOf(text)) {
      const feature = this.#features.get(name) ?? unknownFeature;
      if (feature === unknownFeature) unknown++;
      else counts.set(feature, (counts.get(feature) ?? 0) + 1);
    }
    const features = Int32Array.from(counts.keys());
    const values = Float64Array.from(counts, ([feature, count]) => (1 + Math.log(count)) * this.#rarity[feature]!);
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, unknown));
    return { features, values: values.map((value) => value / length) };
  }

  #probabilities({ features, values }: Vector): number[] {
    const scores = this.#weights.map((row) => {
      let score = row[row.length - 1]!;
      for (let at = 0; at < features.length; at++) score += row[features[at]!]! * values[at]!;
      return score;
    });
    const highest = Math.max(...scores);
    const powers = scores.map((score) => Math.exp(score - highest));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  }

  #train(examples: readonly Readonly<{ vector: Vector; label: number }>[]): void {
    for (let round = 0; round < rounds; round++) {
      for (const { vector, label } of examples) {
        const probabilities = this.#probabilities(vector);
        for (const [index, row] of this.#weights.entries()) {
          const step = learningRate * ((index === label ? 1 : 0) - probabilities[index]!);
          const { features, values } = vector;
          for (let at = 0; at < features.length; at++) {
            const feature = features[at]!;
            row[feature]! += step * values[at]! - decay * row[feature]!;
          }
          row[row.length - 1]! += step * 0.1;
        }
      }
    }
  }
}

function featuresOf(text: string): string[] {
  const words = text.split(' ').filter((word) => word !== '');
  const pairs = words.slice(1).map((word, index) => `${words[index]!} ${word}`);
  const letters = words.flatMap((word) => [...runs(` ${word} `, 3), ...runs(` ${word} `, 4)]);
  return [...words, ...pairs, ...letters];
}

function runs(text: string, length: number): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => `#${text.slice(at, at + length)}`);
}
