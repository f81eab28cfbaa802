/** @file Which of several texts is nearest to a label, in the space of the sentences. */
import type { ImageTextEncoder } from '../conditions/frame-embeddings.js';

export interface Nearest<Candidate> {
  readonly candidate: Candidate;
  /** -1..1; 1 for the label itself. */
  readonly cosine: number;
}

/**
 * The candidate whose text is the label itself, else the one with the highest cosine to it; of equal ones the first.
 * @param candidates at least one
 */
export async function nearestText<Candidate extends { readonly text: string }>(
  label: string,
  candidates: readonly Candidate[],
  encoder: Pick<ImageTextEncoder, 'embedTexts'>,
): Promise<Nearest<Candidate>> {
  const same = candidates.find(({ text }) => text === label);
  if (same !== undefined) return { candidate: same, cosine: 1 }; // a text is nearest to itself
  const [wanted, ...known] = await encoder.embedTexts([label, ...candidates.map(({ text }) => text)]);
  let nearest = candidates[0]!;
  let highest = Number.NEGATIVE_INFINITY;
  known.forEach((embedding, index) => {
    const likeness = cosineOf(embedding, wanted!);
    if (likeness <= highest) return;
    highest = likeness;
    nearest = candidates[index]!;
  });
  return { candidate: nearest, cosine: highest };
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    product += a[index]! * b[index]!;
    ofA += a[index]! ** 2;
    ofB += b[index]! ** 2;
  }
  return product / Math.sqrt(ofA * ofB || 1);
}
